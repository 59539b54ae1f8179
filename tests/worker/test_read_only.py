"""Without `writes` no way to the database lets a strategy write; with it every way does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from bench import Database, SyncDatabase
from bench.databases.address import Address
from tests.worker.helpers import access, opened
from tests.worker.shelf import ITEMS, Item

SQL = "INSERT INTO items (id, name) VALUES (1000, 'new')"


async def by_session(db: Database) -> None:
    async with db.session() as session:
        session.add(Item(id=1000, name="new"))
        await session.commit()


async def by_connection(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(insert(Item).values(id=1000, name="new"))
        await connection.commit()


async def by_autocommit(db: Database) -> None:
    async with db.connection(isolation_level="AUTOCOMMIT") as connection:
        await connection.execute(insert(Item).values(id=1000, name="new"))


async def by_driver(db: Database) -> None:
    async with db.driver() as connection:
        await connection.execute(SQL)
        if db.dialect == "sqlite":
            await connection.commit()


def by_session_plainly(db: SyncDatabase) -> None:
    with db.session() as session:
        session.add(Item(id=1000, name="new"))
        session.commit()


def by_connection_plainly(db: SyncDatabase) -> None:
    with db.connection() as connection:
        connection.execute(insert(Item).values(id=1000, name="new"))
        connection.commit()


def by_driver_plainly(db: SyncDatabase) -> None:
    with db.driver() as connection:
        connection.execute(SQL)
        if db.dialect == "sqlite":
            connection.commit()


WAYS = [
    by_session,
    by_connection,
    by_autocommit,
    by_driver,
    by_session_plainly,
    by_connection_plainly,
    by_driver_plainly,
]


async def items(db: Database) -> Any:
    async with db.connection() as connection:
        return await connection.scalar(select(func.count()).select_from(Item))


async def _write_and_look(address: Address, driver: str, way: Callable[..., Any], *, writes: bool) -> tuple[str, Any]:
    said = ""
    async with opened(way, access(address, driver, writes=writes)) as found:
        try:
            await found.once(None)
        except Exception as error:  # noqa: BLE001 - each driver has its own
            said = str(getattr(error, "orig", error))
    async with opened(items, access(address, driver)) as found:
        return said, await found.once(None)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("way", WAYS)
def test_postgresql_is_read_only_unless_declared(
    shelf_on_postgresql: Address, way: Callable[..., Any], driver: str
) -> None:
    """The server refuses an insert by that way, and no row is added."""
    said, found = asyncio.run(_write_and_look(shelf_on_postgresql, driver, way, writes=False))
    assert "cannot execute INSERT in a read-only transaction" in said
    assert ITEMS == found


@pytest.mark.parametrize("way", WAYS)
def test_sqlite_is_read_only_unless_declared(shelf_on_sqlite: Address, way: Callable[..., Any]) -> None:
    """SQLite refuses an insert by that way, and no row is added."""
    said, found = asyncio.run(_write_and_look(shelf_on_sqlite, "asyncpg", way, writes=False))
    assert "attempt to write a readonly database" == said
    assert ITEMS == found


@pytest.mark.parametrize("way", WAYS)
def test_declared_writes_are_made(written: Address, way: Callable[..., Any]) -> None:
    """Where a scenario declares what it writes, an insert by that way adds its row."""
    assert ("", ITEMS + 1) == asyncio.run(_write_and_look(written, "asyncpg", way, writes=True))


def test_declared_writes_are_made_by_psycopg_too(written_on_postgresql: Address) -> None:
    """The same with `--driver psycopg`."""
    assert ("", ITEMS + 1) == asyncio.run(_write_and_look(written_on_postgresql, "psycopg", by_driver, writes=True))
