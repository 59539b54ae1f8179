"""What a URL leaves open is found where libpq finds it, and holds for asyncpg too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import psycopg
import pytest

from bench.databases.address import Address
from bench.databases.existing import ExistingDatabase
from bench.databases.postgres import PostgresServer
from bench.databases.url import open_url
from bench.worker.engines import Access, asyncpg_arguments, psycopg_arguments
from tests.databases.helpers import run_statement, seed_three
from tests.databases.test_url import url_of

PASSWORD = "p:a\\s%s 'word"


@pytest.fixture
def role(embedded: PostgresServer) -> Iterator[Address]:
    """The server's address as a role that may create databases."""
    quoted = PASSWORD.replace("'", "''")
    run_statement(embedded._address, f"CREATE ROLE opener LOGIN CREATEDB PASSWORD '{quoted}'")
    yield replace(embedded._address, user="opener", password=PASSWORD)
    run_statement(embedded._address, "DROP DATABASE IF EXISTS bench_left_open")
    run_statement(embedded._address, "DROP OWNED BY opener")
    run_statement(embedded._address, "DROP ROLE opener")


def shown(address: Address, setting: str, *, writes: bool = True) -> tuple[str, str]:
    """A setting as either driver finds it, connected as the worker connects it: asyncpg's, then psycopg's."""

    async def ask() -> str:
        connection = await asyncpg.connect(**asyncpg_arguments(Access(address, "asyncpg", "test", writes)))
        found: str = await connection.fetchval(f"SHOW {setting}")
        await connection.close()
        return found

    with psycopg.connect(**psycopg_arguments(Access(address, "psycopg", "test", writes))) as connection:
        ((found,),) = connection.execute(f"SHOW {setting}".encode()).fetchall()
    return asyncio.run(ask()), str(found)


def service(role: Address, folder: Path, patch: pytest.MonkeyPatch, **more: str) -> None:
    """Write a service file that says all of an address but its password, and name it."""
    lines = {"host": str(role.host), "port": str(role.port), "user": str(role.user), "dbname": "postgres", **more}
    path = folder / "services"
    path.write_text("\n".join(["[mine]", *(f"{name}={value}" for name, value in lines.items()), ""]))
    patch.setenv("PGSERVICEFILE", str(path))
    patch.setenv("PGSERVICE", "mine")


def test_a_service_and_a_file_of_passwords(role: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clone's address has what they say, and both drivers get in with it alone."""
    service(role, tmp_path, monkeypatch)
    passwords, escaped = tmp_path / "passwords", PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    passwords.write_text(f"*:{role.port}:*:{role.user}:{escaped}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    with open_url("postgresql://", {}) as server:
        clone = server.clone(server.template("left_open", seed_three))
        monkeypatch.undo()
        assert (role.host, role.port, role.user, role.password) == (clone.host, clone.port, clone.user, clone.password)
        assert ("opener", "opener") == shown(clone, "session_authorization")


def test_a_password_in_a_service(role: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken to the letter, a per cent sign too."""
    service(role, tmp_path, monkeypatch, password=PASSWORD)
    with open_url("postgresql://", {}) as server:
        assert PASSWORD == server.maintenance.password
        assert "postgres" == server.maintenance.database
        assert {} == server.maintenance.options
        assert Address("postgresql", "") == server.asked


@pytest.mark.parametrize("writes", [True, False])
def test_options_of_the_environment_hold_for_every_session(
    role: Address, monkeypatch: pytest.MonkeyPatch, writes: bool
) -> None:
    """PGOPTIONS is heard by both drivers, in sessions that are read-only too."""
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=77MB")
    with open_url(url_of(role), {}) as server:
        clone = server.clone(server.template("left_open", seed_three))
        monkeypatch.delenv("PGOPTIONS")
        assert ("77MB", "77MB") == shown(clone, "work_mem", writes=writes)
        read_only = "off" if writes else "on"
        assert (read_only, read_only) == shown(clone, "transaction_read_only", writes=writes)


def test_options_of_a_service_hold_where_a_database_is_only_read(
    role: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand beside what makes its sessions read-only, the harness's own too."""
    service(role, tmp_path, monkeypatch, password=PASSWORD, options="-c work_mem=77MB")
    with ExistingDatabase("postgresql://", {}) as server:
        clone = server.clone(server.template("any", seed_three))
        assert ("77MB", "77MB") == shown(clone, "work_mem")
        assert ("on", "on") == shown(clone, "transaction_read_only")
        assert "77MB" == server._admin().execute("SHOW work_mem").fetchall()[0][0]


def test_a_server_that_was_chosen_is_kept(role: Address) -> None:
    """Sessions that are read-only on purpose are not refused where the URL asks for a server that is written to."""
    with open_url(f"{url_of(role)}&target_session_attrs=read-write", {}) as server:
        clone = server.clone(server.template("left_open", seed_three))
        assert ("on", "on") == shown(clone, "transaction_read_only", writes=False)
