"""Servers that are reached over TCP, and under TLS alone."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bench.databases.account import server_account
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.local import _installed
from bench.errors import DatabaseError
from bench.wire.encryption import own_certificate
from tests.databases.certificates import Certificates, made_certificates
from tests.databases.helpers import eventually, run_statement

SUPERUSER, PASSWORD = "bench", "secret"
ROLES_PASSWORD, KEY_PASSWORD = "pa:ss\\wo%rd@/? x", "key#pass word"


@contextmanager
def server_with_tls() -> Iterator[Address]:
    """A server that listens on loopback and insists on TLS and SCRAM; where no PostgreSQL is installed the test is
    skipped.

    Its certificate, which names 127.0.0.1, is in `sslrootcert`.
    """
    with _home() as home:
        certificate = own_certificate(home)
        options = {"sslmode": "require", "sslrootcert": str(certificate)}
        settings = {"ssl_cert_file": str(certificate), "ssl_key_file": str(home / "tap.key")}
        with _running(home, "hostssl all all 127.0.0.1/32 scram-sha-256\n", settings) as port:
            address = Address("postgresql", "postgres", "127.0.0.1", port, SUPERUSER, PASSWORD, options)
            assert eventually(lambda: _answers(address))
            yield address


@dataclass(frozen=True)
class Guarded:
    """A server that asks for a certificate of the client's too, and a role on it that may create databases.

    Attributes:
        host: What its certificate names; no name service knows it, it is at 127.0.0.1.
        port: Where it listens.
        user: The role.
        password: Its password, with every character that a file or a URL has to escape.
        key_password: What the client's key is encrypted with.
        certificates: The files.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    key_password: str = field(repr=False)
    certificates: Certificates

    @property
    def options(self) -> dict[str, str]:
        """The options of a connection, by libpq's names."""
        return {
            "hostaddr": "127.0.0.1",
            "sslmode": "verify-full",
            "sslrootcert": str(self.certificates.root),
            "sslcert": str(self.certificates.certificate),
            "sslkey": str(self.certificates.key),
            "sslpassword": self.key_password,
        }

    @property
    def address(self) -> Address:
        """The maintenance database, as the role."""
        return Address("postgresql", "postgres", self.host, self.port, self.user, self.password, self.options)


@contextmanager
def guarded_server(
    host: str = "db.invalid",
    user: str = "ann",
    password: str = ROLES_PASSWORD,
    key_password: str = KEY_PASSWORD,
) -> Iterator[Guarded]:
    """A server that is known by a name, and asks for a certificate of the client's and for a password."""
    with _home() as home:
        certificates = made_certificates(home, host=host, user=user, key_password=key_password)
        settings = {
            "ssl_cert_file": str(certificates.server),
            "ssl_key_file": str(certificates.server_key),
            "ssl_ca_file": str(certificates.root),
        }
        hba = "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n"
        with _running(home, hba, settings) as port:
            guarded = Guarded(host, port, user, password, key_password, certificates)
            superuser = replace(guarded.address, user=SUPERUSER, password=PASSWORD)
            assert eventually(lambda: _answers(superuser))
            quoted = password.replace("'", "''")
            run_statement(superuser, f"CREATE ROLE {user} LOGIN CREATEDB PASSWORD '{quoted}'")
            yield guarded


@contextmanager
def _home() -> Iterator[Path]:
    """A directory that the server's account can go into."""
    with tempfile.TemporaryDirectory(prefix="bench-tls-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def _running(home: Path, hba: str, settings: Mapping[str, str]) -> Iterator[int]:
    """A server with TLS on loopback, made there; its port."""
    try:
        binaries = _installed()
    except DatabaseError as error:
        pytest.skip(str(error))
    account, data = server_account(), home / "data"
    (home / "password").write_text(PASSWORD)
    data.mkdir(mode=0o700)
    key = Path(settings["ssl_key_file"])
    key.chmod(0o600)
    account.own(data, key, home / "password")
    made = account.run(
        *(binaries / "initdb", f"--pgdata={data}", f"--username={SUPERUSER}", f"--pwfile={home / 'password'}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
    )
    assert 0 == made.returncode, made.stderr
    (data / "pg_hba.conf").write_text(hba)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    own = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", "ssl": "on", **settings}
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, *[part for one in own.items() for part in ("-c", "=".join(one))]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **account.process_options(),
    )
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


def _answers(address: Address) -> bool:
    try:
        connect(address, application_name="test").close()
    except DatabaseError:
        return False
    return True
