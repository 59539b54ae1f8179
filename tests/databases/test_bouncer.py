"""PgBouncer in front of a server: what comes through, who comes in, and that it ends with its run."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from bench.databases import bouncer_files
from bench.databases.address import Address
from bench.databases.bouncer import Bouncer, find_program, installed_version, missing, open_bouncer
from bench.databases.connecting import as_parameters, connect
from bench.databases.docker import open_docker
from bench.databases.postgres import PostgresServer
from bench.databases.url import open_url
from bench.errors import DatabaseError
from tests.databases.helpers import Run, eventually, ignore, processes_that_name, rows, run_statement, seed_three
from tests.databases.tls import server_with_tls

pytestmark = pytest.mark.pgbouncer


def started(server: Address) -> Bouncer:
    """A PgBouncer that has just been started, and may not take a connection yet."""
    program, version = find_program(), installed_version()
    assert program is not None
    assert version is not None
    return Bouncer(program, version, server)


def come_in(address: Address) -> None:
    """Connects, and lets go."""
    psycopg.connect(**as_parameters(address)).close()


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    """PgBouncer's binary; where it is not installed the tests are skipped."""
    if find_program() is None:
        pytest.skip(missing("pgbouncer"))


@pytest.fixture(scope="module")
def bouncer(embedded: PostgresServer) -> Iterator[Bouncer]:
    """A PgBouncer in front of the embedded server."""
    with closing(open_bouncer(embedded)) as bouncer:
        yield bouncer


@pytest.fixture(scope="module")
def clone(embedded: PostgresServer) -> Address:
    """A database of three rows on the embedded server."""
    return embedded.clone(embedded.template("behind_it", seed_three))


def test_databases_of_the_server_are_reached_through_it(
    bouncer: Bouncer, embedded: PostgresServer, clone: Address
) -> None:
    """A clone is, and so is another that is made later; both know which they are."""
    later = embedded.clone(embedded.template("behind_it", seed_three))
    for database in (clone, later):
        assert [(3, database.database)] == rows(
            bouncer.to(database), "SELECT count(*), current_database()::text FROM numbers"
        )


def test_nothing_is_written_through_it(bouncer: Bouncer, clone: Address) -> None:
    """Whatever a driver asks for at the start, its transactions are read-only."""
    writing = replace(bouncer.to(clone), options={"options": "-c default_transaction_read_only=off"})
    for address in (bouncer.to(clone), writing):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            run_statement(address, "DELETE FROM numbers")
    assert [(3,)] == rows(clone, "SELECT count(*) FROM numbers")


def test_transactions_are_what_is_pooled(bouncer: Bouncer, clone: Address) -> None:
    """Twenty clients that are not in a transaction have one connection to the server, and the name of the last."""
    clients = [connect(bouncer.to(clone), application_name=f"client {number}") for number in range(20)]
    backends = {client.execute("SELECT pg_backend_pid()").fetchall()[0] for client in clients}
    assert 1 == len(backends)
    assert [("client 19",)] == rows(
        clone, "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'client %'"
    )
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    "wrong", [{"password": "not it"}, {"password": ""}, {"user": "nobody"}], ids=["password", "none", "user"]
)
def test_nobody_else_comes_in(bouncer: Bouncer, clone: Address, wrong: dict[str, str]) -> None:
    """It asks for user and password as the server does; its console has no users at all."""
    with pytest.raises(psycopg.OperationalError, match=r"authentication failed|no password supplied"):
        come_in(replace(bouncer.to(clone), **wrong))
    with pytest.raises(DatabaseError):
        rows(bouncer.to(replace(clone, database="pgbouncer")), "SHOW USERS")


def test_what_it_is_told_is_for_its_own_account_alone(bouncer: Bouncer) -> None:
    """Its directory is closed to others and its files are too; the password is in none, nor in a command line."""
    assert 0o700 == bouncer._directory.stat().st_mode & 0o777
    for name in (bouncer_files.SETTINGS, bouncer_files.USERS, bouncer_files.LOG):
        assert 0o600 == (bouncer._directory / name).stat().st_mode & 0o777
        assert str(bouncer._entrance.password) not in (bouncer._directory / name).read_text()
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(bouncer._directory / bouncer_files.SETTINGS) in listed
    assert str(bouncer._entrance.password) not in listed


def test_a_clone_is_dropped_while_it_is_connected_to_it(embedded: PostgresServer, bouncer: Bouncer) -> None:
    """What it keeps open keeps no database."""
    clone = embedded.clone(embedded.template("behind_it", seed_three))
    assert [(3,)] == rows(bouncer.to(clone), "SELECT count(*) FROM numbers")
    embedded.drop(clone)
    assert clone.database not in {each.name for each in embedded.owned_databases()}


def test_it_ends_when_it_is_closed(embedded: PostgresServer) -> None:
    """Closing returns when no process and no file is left, and may be done twice."""
    bouncer = open_bouncer(embedded)
    assert 2 == len(processes_that_name(bouncer._directory))
    assert bouncer.runs
    bouncer.close()
    bouncer.close()
    assert set() == processes_that_name(bouncer._directory)
    assert not bouncer._directory.exists()


def test_it_ends_when_its_run_was_killed(embedded: PostgresServer, start_run: Callable[..., Run]) -> None:
    """SIGKILL leaves a run no time for anything, and PgBouncer and its directory go all the same."""
    run = start_run("embedded", "pgbouncer")
    directory = Path(str(run.clone.host))
    assert 2 == len(processes_that_name(directory))
    assert [("on",)] == rows(run.clone, "SHOW default_transaction_read_only")
    run.kill()
    assert eventually(lambda: not processes_that_name(directory) and not directory.exists())


def test_one_that_ended_by_itself_is_known_to_have(embedded: PostgresServer) -> None:
    """Who asks is told, without a connection."""
    bouncer = open_bouncer(embedded)
    (process,) = processes_that_name(bouncer._directory / bouncer_files.SETTINGS)
    subprocess.run(["kill", "-9", str(process)], check=True)
    assert eventually(lambda: not bouncer.runs)
    bouncer.close()
    assert not bouncer._directory.exists()


def test_version_is_what_the_binary_says() -> None:
    """It is numbers with dots, as requirements are compared with."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", installed_version() or "")


def test_server_that_does_not_let_it_in_is_said(embedded: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the server's, without its place; nothing is left."""
    monkeypatch.setattr("bench.databases.bouncer._verifier", lambda server: None)
    monkeypatch.setattr("bench.databases.bouncer._PATIENCE", 1.0)
    wrong = replace(embedded.reached(embedded.maintenance), password="not it")
    with closing(started(wrong)) as bouncer, pytest.raises(DatabaseError) as refusal:
        bouncer.wait()
    expected = f'PgBouncer {installed_version()} takes no connections: password authentication failed for user "bench"'
    assert expected == str(refusal.value)
    assert not bouncer._directory.exists()


def test_ordinary_role_comes_through_and_is_told_what_it_costs(embedded: PostgresServer) -> None:
    """Whose user may not read what verifies passwords gets in by the password itself, and reads of the difference."""
    run_statement(embedded._address, "CREATE ROLE ordinary LOGIN CREATEDB PASSWORD 'secret'")
    try:
        url = f"postgresql://ordinary:secret@/postgres?host={quote(str(embedded._address.host), safe='')}"
        with open_url(url, {}) as server, closing(open_bouncer(server)) as bouncer:
            assert [("ordinary",)] == rows(bouncer.to(server.maintenance), "SELECT current_user::text")
            assert bouncer.description.endswith("because this user may not read pg_authid")
    finally:
        run_statement(embedded._address, "DROP ROLE ordinary")


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_server_under_tls_is_reached_as_its_url_asks(mode: str) -> None:
    """It comes to a server that insists on TLS, over TCP; drivers come to it on loopback, in the clear."""
    with server_with_tls() as address:
        options = f"sslmode={mode}&sslrootcert={quote(address.options['sslrootcert'], safe='')}"
        url = f"postgresql://bench:secret@127.0.0.1:{address.port}/postgres?{options}"
        with open_url(url, {}) as server, closing(open_bouncer(server)) as bouncer:
            through = bouncer.to(server.maintenance)
            query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert ("127.0.0.1", [(True,)]) == (through.host, rows(through, query))


def test_server_with_another_certificate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It verifies the server in the driver's stead."""
    monkeypatch.setattr("bench.databases.bouncer._PATIENCE", 1.0)
    with server_with_tls() as address, server_with_tls() as other:
        server = replace(address, options={"sslmode": "verify-full", "sslrootcert": other.options["sslrootcert"]})
        with pytest.raises(DatabaseError):
            connect(server, application_name="test")
        with closing(started(replace(server, password=None))) as bouncer, pytest.raises(DatabaseError) as refusal:
            bouncer.wait()
        assert "certificate verify failed" in str(refusal.value)
        assert "127.0.0.1" not in str(refusal.value)


@pytest.mark.docker
def test_server_in_a_container_is_reached_through_it(cache: Path) -> None:
    """It listens on loopback, with rows of the container's server behind it."""
    try:
        server = open_docker(None, {}, say=ignore)
    except DatabaseError as error:
        pytest.skip(str(error))
    with server:
        clone = server.clone(server.template("behind_it", seed_three))
        with closing(open_bouncer(server)) as bouncer:
            through = bouncer.to(clone)
            assert ("127.0.0.1", [(3,)]) == (through.host, rows(through, "SELECT count(*) FROM numbers"))
            with pytest.raises(psycopg.OperationalError, match="authentication failed"):
                come_in(replace(through, password="not it"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"options": "-c work_mem=64MB"}, "PgBouncer hands no `options` on to the server: leave them out of the URL"),
        (
            {"sslmode": "verify-full", "sslcrl": "crl.pem"},
            "PgBouncer knows no list of revoked certificates (sslcrl): leave it out of the URL",
        ),
        (
            {"sslmode": "require", "sslcert": "a.crt", "sslkey": "a.key", "sslpassword": "hush"},
            "PgBouncer reads no key that is encrypted (sslpassword): name one that is not by sslkey",
        ),
    ],
)
def test_url_that_asks_for_what_it_cannot_do_is_refused(options: dict[str, str], expected: str) -> None:
    """Nothing that a URL asks for is silently left out."""
    with pytest.raises(DatabaseError) as refusal:
        bouncer_files.tls_files(Address("postgresql", "d", "example.org", options=options))
    assert expected == str(refusal.value)
