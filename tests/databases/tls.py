"""A server that is reached over TCP, and under TLS alone."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.databases.account import server_account
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.local import _installed
from bench.errors import DatabaseError
from bench.wire.encryption import own_certificate
from tests.databases.helpers import eventually


@contextmanager
def server_with_tls() -> Iterator[Address]:
    """A server that listens on loopback and insists on TLS and SCRAM; where no PostgreSQL is installed the test is
    skipped.

    Its certificate, which names 127.0.0.1, is in `sslrootcert`.
    """
    try:
        binaries = _installed()
    except DatabaseError as error:
        pytest.skip(str(error))
    account = server_account()
    with tempfile.TemporaryDirectory(prefix="bench-tls-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        certificate = own_certificate(home)
        (home / "password").write_text("secret")
        data = home / "data"
        data.mkdir(mode=0o700)
        (home / "tap.key").chmod(0o600)
        account.own(data, home / "tap.key", home / "password")
        made = account.run(
            *(binaries / "initdb", f"--pgdata={data}", "--username=bench", f"--pwfile={home / 'password'}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
        )
        assert 0 == made.returncode, made.stderr
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_cert_file": str(certificate),
            "ssl_key_file": str(home / "tap.key"),
        }
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *[part for one in settings.items() for part in ("-c", "=".join(one))]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **account.process_options(),
        )
        address = Address(
            *("postgresql", "postgres", "127.0.0.1", port, "bench", "secret"),
            {"sslmode": "require", "sslrootcert": str(certificate)},
        )
        try:
            assert eventually(lambda: _answers(address))
            yield address
        finally:
            server.terminate()
            server.wait()


def _answers(address: Address) -> bool:
    try:
        connect(address, application_name="test").close()
    except DatabaseError:
        return False
    return True
