"""What a strategy is given: sessions that keep what they loaded, connections, and the driver's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg
import pytest
from sqlalchemy import inspect, text

from bench import Database, SyncDatabase
from bench.databases.address import Address
from tests.worker.helpers import access, opened
from tests.worker.shelf import Parent


def _once(strategy: Callable[..., Any], address: Address, driver: str = "asyncpg", *, writes: bool = False) -> Any:
    async def call() -> Any:
        async with opened(strategy, access(address, driver, writes=writes)) as found:
            return await found.once(None)

    return asyncio.run(call())


async def expired(db: Database) -> list[bool]:
    found = []
    for options in ({}, {"expire_on_commit": True}):
        async with db.session(**options) as session:
            parent = await session.get_one(Parent, 1)
            await session.commit()
            found.append(bool(inspect(parent).expired_attributes))
    return found


def expired_plainly(db: SyncDatabase) -> list[bool]:
    found = []
    for options in ({}, {"expire_on_commit": True}):
        with db.session(**options) as session:
            parent = session.get_one(Parent, 1)
            session.commit()
            found.append(bool(inspect(parent).expired_attributes))
    return found


@pytest.mark.parametrize("strategy", [expired, expired_plainly])
def test_session_expires_nothing_on_commit_unless_asked(
    shelf_on_postgresql: Address, strategy: Callable[..., Any]
) -> None:
    """Objects stay loaded after a commit; a session that was asked with `expire_on_commit=True` expires them."""
    assert [False, True] == _once(strategy, shelf_on_postgresql)


async def isolated(db: Database) -> list[Any]:
    shown = text("SHOW transaction_isolation")
    async with db.connection(isolation_level="SERIALIZABLE") as connection:
        asked = await connection.scalar(shown)
    async with db.connection() as connection:
        return [asked, await connection.scalar(shown)]


def isolated_plainly(db: SyncDatabase) -> list[Any]:
    shown = text("SHOW transaction_isolation")
    with db.connection(isolation_level="SERIALIZABLE") as connection:
        asked = connection.scalar(shown)
    with db.connection() as connection:
        return [asked, connection.scalar(shown)]


@pytest.mark.parametrize("strategy", [isolated, isolated_plainly])
def test_connection_takes_execution_options_for_itself_alone(
    shelf_on_postgresql: Address, strategy: Callable[..., Any]
) -> None:
    """An isolation level holds for the connection that was asked for with it, not for the next."""
    assert ["serializable", "read committed"] == _once(strategy, shelf_on_postgresql)


async def driver_twice(db: Database) -> tuple[bool, type]:
    async with db.driver() as first:
        pass
    async with db.driver() as second:
        return first is second, type(second)


def driver_twice_plainly(db: SyncDatabase) -> tuple[bool, type]:
    with db.driver() as first:
        pass
    with db.driver() as second:
        return first is second, type(second)


@pytest.mark.parametrize(
    ("strategy", "driver", "expected"),
    [
        (driver_twice, "asyncpg", asyncpg.Connection),
        (driver_twice, "psycopg", psycopg.AsyncConnection),
        (driver_twice_plainly, "asyncpg", psycopg.Connection),
    ],
)
def test_driver_s_connection_is_used_again(
    shelf_on_postgresql: Address, strategy: Callable[..., Any], driver: str, expected: type
) -> None:
    """The driver's own connection is opened once and kept for the next use."""
    assert (True, expected) == _once(strategy, shelf_on_postgresql, driver)


async def drivers_at_once(db: Database) -> tuple[bool, int]:
    async with db.driver() as first, db.driver() as second:
        apart = first is not second
    async with db.driver(), db.driver():
        return apart, len(db.driver_connections)


def test_driver_s_connections_at_once_are_two(shelf_on_postgresql: Address) -> None:
    """A second use while the first goes on has a connection of its own; both are kept."""
    assert (True, 2) == _once(drivers_at_once, shelf_on_postgresql)


async def driver_after_an_error(db: Database) -> int:
    with pytest.raises(asyncpg.PostgresError):
        async with db.driver() as connection:
            await connection.execute("SELECT 1 / 0")
    async with db.driver() as connection:
        return int(await connection.fetchval("SELECT 2"))


def test_driver_s_connection_outlives_an_error(shelf_on_postgresql: Address) -> None:
    """After a statement that failed, the next use of the driver goes on."""
    assert 2 == _once(driver_after_an_error, shelf_on_postgresql)


async def dialect(db: Database) -> str:
    return db.dialect


def dialect_plainly(db: SyncDatabase) -> str:
    return db.dialect


@pytest.mark.parametrize("strategy", [dialect, dialect_plainly])
def test_handle_names_its_dialect(
    shelf_on_postgresql: Address, shelf_on_sqlite: Address, strategy: Callable[..., Any]
) -> None:
    """A strategy can ask which database it is on."""
    assert ["postgresql", "sqlite"] == [_once(strategy, shelf_on_postgresql), _once(strategy, shelf_on_sqlite)]
