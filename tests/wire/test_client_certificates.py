"""A server that knows its clients by a certificate, a key that is encrypted and a password: wherever libpq finds those,
both drivers get in, straight and through the tap.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg
import psycopg
import pytest

from bench.databases.address import Address
from bench.databases.url import open_url
from bench.errors import BenchError
from bench.measuring.tap_process import TapProcess
from bench.worker.engines import Access, asyncpg_arguments, psycopg_arguments
from bench.worker.places import Places
from tests.databases.helpers import seed_three
from tests.databases.tls import Guarded, guarded_server

COUNT = "SELECT count(*) FROM numbers"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """The server."""
    with guarded_server() as found:
        yield found


def url_of(guarded: Guarded, **other: str) -> str:
    """The URL that has everything, some of it another than it is."""
    secret, query = quote(guarded.password, safe=""), urlencode(guarded.options | other, quote_via=quote)
    return f"postgresql://{guarded.user}:{secret}@{guarded.host}:{guarded.port}/postgres?{query}"


def escaped(text: str) -> str:
    """As a file of passwords has it."""
    return text.replace("\\", "\\\\").replace(":", "\\:")


def told(source: str, guarded: Guarded, folder: Path, patch: pytest.MonkeyPatch) -> str:
    """Say all of it by a source, and give the URL that leaves it open."""
    options, names = dict(guarded.options), {"user": guarded.user, "dbname": "postgres", "host": guarded.host}
    key_password = options.pop("sslpassword")
    if source == "url":
        return url_of(guarded)
    if source == "environment":
        for name, value in {**options, **names, "port": str(guarded.port), "password": guarded.password}.items():
            patch.setenv({"dbname": "PGDATABASE"}.get(name, f"PG{name.upper()}"), value)
        return f"postgresql://?sslpassword={quote(key_password, safe='')}"
    service, passwords = folder / "services", folder / "passwords"
    lines = {**options, **names, "port": str(guarded.port), "sslpassword": key_password}
    service.write_text("\n".join(["[mine]", *(f"{name}={value}" for name, value in lines.items()), ""]))
    passwords.write_text(f"{guarded.host}:{guarded.port}:*:{guarded.user}:{escaped(guarded.password)}\n")
    passwords.chmod(0o600)
    patch.setenv("PGSERVICEFILE", str(service))
    patch.setenv("PGPASSFILE", str(passwords))
    if source == "service in the URL":
        return "postgresql://?service=mine"
    patch.setenv("PGSERVICE", "mine")
    return "postgresql://"


def by_asyncpg(address: Address, statement: str = COUNT) -> int:
    """What a statement gives by asyncpg, connected as the worker connects it."""

    async def ask() -> int:
        connection = await asyncpg.connect(**asyncpg_arguments(Access(address, "asyncpg", "test", True)))
        try:
            found: int = await connection.fetchval(statement)
            return found
        finally:
            await connection.close()

    return asyncio.run(ask())


def by_psycopg(address: Address, statement: str = COUNT) -> int:
    """The same by psycopg."""
    with psycopg.connect(**psycopg_arguments(Access(address, "psycopg", "test", True))) as connection:
        ((found,),) = connection.execute(statement.encode()).fetchall()
        return int(found)


@pytest.mark.parametrize("source", ["url", "environment", "service in the URL", "service in the environment"])
def test_both_drivers_get_in_by_either_way(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """A clone is made and read, straight and through the tap, whoever has said how to get in."""
    url = told(source, guarded, tmp_path, monkeypatch)
    with open_url(url, {}) as server, TapProcess() as tap:
        clone = server.clone(server.template("known", seed_three))
        through = tap.open_way(server.reached(clone), counting=True).to(clone)
        found = [by(address) for by in (by_asyncpg, by_psycopg) for address in (clone, through)]
    assert [3, 3, 3, 3] == found


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            {"sslpassword": "wrong"},
            "the client's key cannot be read: correct `sslkey`, and give its password by `sslpassword`",
        ),
        (
            {"sslcert": "/nowhere.crt", "sslkey": "/nowhere.key"},
            "the server asks for a certificate of the client's: name it by `sslcert` and `sslkey` in the URL",
        ),
        ({"sslrootcert": "/nowhere.crt"}, "the server's root certificate is not there: name it by `sslrootcert`"),
    ],
    ids=["password of the key", "no certificate", "no root"],
)
def test_what_is_wrong_with_it_is_said(guarded: Guarded, other: dict[str, str], expected: str) -> None:
    """In a line that says what to correct, and names no file."""
    with pytest.raises(BenchError) as caught:
        open_url(url_of(guarded, **other), {})
    assert expected == str(caught.value)


def test_another_name_is_said_to_be_another(guarded: Guarded) -> None:
    """A host whose name the certificate does not have is refused, and neither name is said."""
    with pytest.raises(BenchError) as caught:
        open_url(url_of(guarded).replace(guarded.host, "other.invalid"), {})
    assert "the server's certificate is for another name than the host's: correct the host" == str(caught.value)


def test_asyncpg_verifies_the_name_and_not_the_number(guarded: Guarded) -> None:
    """Reached by its number, a server with the certificate of another name is refused, in words that do not say it."""
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        by_asyncpg(replace(guarded.address, host="other.invalid"), "SELECT 1")
    said = Places().said(caught.value)
    assert "other.invalid" in str(caught.value)
    assert "other.invalid" not in said
    assert "certificate is not valid for …" in said


def test_asyncpg_takes_the_certificates_of_the_system(guarded: Guarded) -> None:
    """With `sslrootcert=system` it verifies by them, and this server is in none of them."""
    options = {**guarded.options, "sslrootcert": "system"}
    with pytest.raises(ssl.SSLCertVerificationError):
        by_asyncpg(replace(guarded.address, options=options), "SELECT 1")


@pytest.mark.parametrize("through", [False, True], ids=["straight", "through the tap"])
def test_a_server_whose_certificate_was_not_revoked_is_let_in(guarded: Guarded, tap: TapProcess, through: bool) -> None:
    """With a list of revoked certificates that has none, both drivers connect by either way."""
    options = {**guarded.options, "sslcrl": str(guarded.certificates.none_revoked)}
    address = replace(guarded.address, options=options)
    if through:
        address = tap.open_way(address, counting=True).to(address)
    assert [1, 1] == [by(address, "SELECT 1") for by in (by_asyncpg, by_psycopg)]


def test_a_server_whose_certificate_was_revoked_is_refused(guarded: Guarded, tap: TapProcess) -> None:
    """Both drivers refuse it, and the tap in their stead."""
    options = {**guarded.options, "sslcrl": str(guarded.certificates.server_revoked)}
    address = replace(guarded.address, options=options)
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        by_asyncpg(address, "SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        by_psycopg(address, "SELECT 1")
    way = tap.open_way(address, counting=True)
    with pytest.raises(psycopg.OperationalError):
        by_psycopg(way.to(address), "SELECT 1")
    assert ("the server's certificate was refused: certificate revoked",) == tap.crossed(way).complaints
