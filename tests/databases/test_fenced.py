"""Sessions of somebody's database stay read-only, though a role that may write asks the server to be let out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from bench import Database, SyncDatabase
from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.worker.fencing import WritingError
from tests.databases.helpers import rows, run_statement
from tests.worker.helpers import access, opened

INSERT = "INSERT INTO kept VALUES (2)"
ASKS = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SET default_transaction_read_only = off",
    "BEGIN READ WRITE",
    "/* as ever */ START TRANSACTION READ WRITE",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "DO $$ BEGIN EXECUTE 'SET default_transaction_read_only = off'; END $$",
)
OTHERWISE = "SELECT set_config('default_transaction_' || 'read_only', 'off', false)"
"""The same in words by which no look at a statement tells it."""

Way = Callable[..., Any]


@pytest.fixture(scope="module")
def kept(embedded: PostgresServer) -> Iterator[Address]:
    """Somebody's database, as a role that may do anything."""
    run_statement(embedded._address, "CREATE DATABASE fenced")
    theirs = replace(embedded._address, database="fenced")
    run_statement(theirs, "CREATE TABLE kept AS SELECT 1 AS number")
    yield replace(theirs, is_read_only=True)
    run_statement(embedded._address, "DROP DATABASE fenced WITH (FORCE)")


def call(way: Way, address: Address, driver: str) -> None:
    """Open a strategy, call it once and close it."""

    async def once() -> None:
        async with opened(way, access(address, driver, writes=True)) as found:
            await found.once(None)

    asyncio.run(once())


def by_driver(*statements: str) -> Way:
    """A strategy that says something on the driver's own connection."""

    async def way(db: Database) -> None:
        async with db.driver() as connection:
            for statement in statements:
                await connection.execute(statement)

    return way


def by_driver_plainly(*statements: Any) -> Way:
    """The same, of a plain function."""

    def way(db: SyncDatabase) -> None:
        with db.driver() as connection:
            for statement in statements:
                connection.execute(statement)

    return way


def by_the_driver_of_the_engine(*statements: str) -> Way:
    """The same on the connection that SQLAlchemy has of the driver."""

    async def way(db: Database) -> None:
        async with db.connection() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            for statement in statements:
                await raw.execute(statement)

    return way


def by_the_driver_of_the_engine_plainly(*statements: str) -> Way:
    """The same, of a plain function."""

    def way(db: SyncDatabase) -> None:
        with db.connection() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            for statement in statements:
                raw.execute(statement)

    return way


def by_session(*statements: str) -> Way:
    """A strategy that says something in a session, and commits it."""

    async def way(db: Database) -> None:
        async with db.session() as session:
            for statement in statements:
                await session.execute(text(statement))
            await session.commit()

    return way


WAYS = (
    by_driver,
    by_driver_plainly,
    by_the_driver_of_the_engine,
    by_the_driver_of_the_engine_plainly,
    by_session,
)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("ask", ASKS)
def test_who_asks_to_write_is_refused(kept: Address, driver: str, by: Callable[..., Way], ask: str) -> None:
    """On every connection that the harness hands out, before the server hears of it; and nothing is written."""
    with pytest.raises(WritingError, match=r"^an existing database is never written: its sessions stay read-only$"):
        call(by(ask, INSERT), kept, driver)
    assert [(1,)] == rows(kept, "SELECT * FROM kept")


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("by", WAYS)
def test_who_was_let_out_is_found_out(kept: Address, driver: str, by: Callable[..., Way]) -> None:
    """When its strategy is closed, the server says of each session whether it is read-only still."""
    with pytest.raises(
        WritingError, match="a session of this one was let out of being read-only, and may have written"
    ):
        call(by(OTHERWISE, "COMMIT"), kept, driver)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("by", WAYS)
def test_who_only_reads_is_not_suspected(kept: Address, driver: str, by: Callable[..., Way]) -> None:
    """Settings of its own and read-only transactions are its own affair."""
    call(by("SET work_mem = '5MB'", "SELECT * FROM kept"), kept, driver)


def test_a_statement_that_is_prepared_is_looked_at_too(kept: Address) -> None:
    """Whatever asyncpg sends goes by one of two doors."""

    async def prepared(db: Database) -> None:
        async with db.driver() as connection:
            await (await connection.prepare(ASKS[4])).fetch()

    with pytest.raises(WritingError, match="its sessions stay read-only"):
        call(prepared, kept, "asyncpg")


def test_psycopg_s_own_switch_is_refused(kept: Address) -> None:
    """`read_only = False` would have psycopg say BEGIN READ WRITE."""

    async def by_switch(db: Database) -> None:
        async with db.driver() as connection:
            await connection.set_read_only(False)

    def by_switch_plainly(db: SyncDatabase) -> None:
        with db.driver() as connection:
            connection.read_only = False

    for way in (by_switch, by_switch_plainly):
        with pytest.raises(WritingError, match="leave read_only=False out"):
            call(way, kept, "psycopg")


def test_a_query_that_is_composed_is_looked_at_too(kept: Address) -> None:
    """psycopg's queries are text, bytes, or put together of parts."""
    from psycopg import sql

    composed = sql.SQL("SET {} = off").format(sql.Identifier("default_transaction_read_only"))
    for query in (composed, ASKS[0].encode()):
        with pytest.raises(WritingError, match="its sessions stay read-only"):
            call(by_driver_plainly(query), kept, "psycopg")


def test_the_server_refuses_who_writes_without_asking(kept: Address) -> None:
    """It was told to begin the sessions read-only, the driver's own too."""
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        call(by_driver_plainly(INSERT), kept, "psycopg")
