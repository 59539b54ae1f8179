"""A file is restored into the database that was made for it, whatever the environment says of others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.postgres import PostgresServer
from bench.worker.dumps import restore_file
from tests.databases.helpers import run_statement
from tests.databases.tls import Guarded, guarded_server
from tests.worker.helpers import access

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SCRIPT = "CREATE TABLE restored (number int);\n"


def tables(address: Address) -> list[str]:
    """The tables of a database, by name."""
    with connect(address, application_name="test") as connection:
        return [str(name) for (name,) in connection.execute(TABLES).fetchall()]


@pytest.fixture
def pair(postgresql: PostgresServer) -> Iterator[tuple[Address, Address]]:
    """Two empty databases: one to restore into, and one that is somebody's."""
    names = ("restored_here", "not_restored_there")
    for name in names:
        run_statement(postgresql.maintenance, f"CREATE DATABASE {name} TEMPLATE template0")
    here, there = (replace(postgresql.maintenance, database=name) for name in names)
    yield here, there
    for name in names:
        run_statement(postgresql.maintenance, f"DROP DATABASE {name} WITH (FORCE)")


def test_a_service_of_the_user_s_own_is_not_restored_into(
    pair: tuple[Address, Address], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psql would take what a service says before what it is told by other variables."""
    here, there = pair
    script, services = tmp_path / "script.sql", tmp_path / "services"
    script.write_text(SCRIPT)
    lines = {"host": there.host, "port": there.port, "user": there.user, "dbname": there.database}
    services.write_text("\n".join(["[prod]", *(f"{name}={value}" for name, value in lines.items()), ""]))
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGSERVICE", "prod")
    asyncio.run(restore_file(script, access(here, writes=True), lambda line: None))
    assert (["restored"], []) == (tables(here), tables(there))


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """A server that asks for a certificate whose key is encrypted."""
    with guarded_server() as found:
        yield found


def test_a_file_is_restored_with_a_key_that_is_encrypted(guarded: Guarded, tmp_path: Path) -> None:
    """psql has the password of the key by a file that is gone afterwards."""
    script, there = tmp_path / "script.sql", replace(guarded.address, database="restored_with_a_key")
    script.write_text(SCRIPT)
    run_statement(guarded.address, f"CREATE DATABASE {there.database}")
    asyncio.run(restore_file(script, access(there, writes=True), lambda line: None))
    assert ["restored"] == tables(there)
