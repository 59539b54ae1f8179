"""What is counted of a call, and that the server counted as many executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, func, insert, select, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import selectinload

from bench import Database, SyncDatabase
from bench.databases.address import Address
from tests.worker.helpers import access, tally_and_calls, tally_of
from tests.worker.shelf import Child, Item, Parent


async def get(db: Database) -> str:
    async with db.session() as session:
        return (await session.get_one(Parent, 7)).name


async def lazy(db: Database, count: int) -> int:
    async with db.session() as session:
        parents = (await session.scalars(select(Parent).where(Parent.id <= count))).all()
        return sum([len(await parent.awaitable_attrs.children) for parent in parents])


async def selectin(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Parent).where(Parent.id <= count).options(selectinload(Parent.children))
        return sum(len(parent.children) for parent in await session.scalars(statement))


async def insert_many(db: Database, count: int) -> None:
    async with db.connection() as connection:
        await connection.execute(insert(Item), [{"name": f"new {number}"} for number in range(count)])
        await connection.rollback()


async def insert_returning(db: Database, count: int) -> int:
    async with db.connection() as connection:
        statement = insert(Item).returning(Item.id)
        keys = (await connection.scalars(statement, [{"name": f"new {number}"} for number in range(count)])).all()
        await connection.rollback()
        return len(keys)


async def add_all(db: Database, count: int) -> int:
    async with db.session() as session:
        session.add_all([Item(name=f"new {number}") for number in range(count)])
        await session.flush()
        await session.rollback()
        return count


async def add_all_with_keys(db: Database, count: int) -> int:
    async with db.session() as session:
        session.add_all([Item(id=1000 + number, name=f"new {number}") for number in range(count)])
        await session.flush()
        await session.rollback()
        return count


async def update_by_key(db: Database, count: int) -> None:
    async with db.session() as session:
        await session.execute(update(Parent), [{"id": number, "name": "other"} for number in range(1, count + 1)])
        await session.rollback()


async def under_savepoints(db: Database, count: int) -> None:
    async with db.session() as session:
        for number in range(count):
            async with session.begin_nested():
                await session.execute(insert(Item).values(name=f"new {number}"))
        await session.rollback()


async def core(db: Database, count: int) -> int:
    async with db.connection() as connection:
        return len((await connection.execute(select(Parent.id, Parent.name).where(Parent.id <= count))).all())


def get_plainly(db: SyncDatabase) -> str:
    with db.session() as session:
        return session.get_one(Parent, 7).name


def selectin_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        statement = select(Parent).where(Parent.id <= count).options(selectinload(Parent.children))
        return sum(len(parent.children) for parent in session.scalars(statement))


def insert_many_plainly(db: SyncDatabase, count: int) -> None:
    with db.connection() as connection:
        connection.execute(insert(Item), [{"name": f"new {number}"} for number in range(count)])
        connection.rollback()


Counts = tuple[int | None, int | None, int | None, int | None]

COUNTED: list[tuple[Callable[..., Any], int, Counts]] = [
    # (statements, executions, rows, ORM objects)
    (get, 0, (1, 1, 1, 1)),
    (lazy, 50, (51, 51, 150, 150)),
    (selectin, 500, (2, 2, 1500, 1500)),
    (selectin, 501, (3, 3, 1503, 1503)),
    (selectin, 2000, (5, 5, 6000, 6000)),
    (core, 300, (1, 1, 300, 0)),
    (insert_many, 200, (1, 200, 0, 0)),
    (insert_returning, 200, (1, 1, 200, 0)),
    (insert_returning, 2500, (3, 3, 2500, 0)),
    (add_all, 200, (1, 1, 200, 0)),
    (add_all_with_keys, 200, (1, 200, 0, 0)),
    (update_by_key, 100, (1, 100, 0, 0)),
    (under_savepoints, 10, (30, 10, 10, 0)),
]
COUNTED_ON_SQLITE = [
    # It cannot say in which order it gave keys to many rows, and gives the key of one row unasked.
    (strategy, count, {add_all: (200, 200, 200, 0), under_savepoints: (30, 10, 0, 0)}.get(strategy, counts))
    for strategy, count, counts in COUNTED
]
COUNTED_PLAINLY: list[tuple[Callable[..., Any], int, Counts]] = [
    (get_plainly, 0, (1, 1, 1, 1)),
    (selectin_plainly, 501, (3, 3, 1503, 1503)),
    (insert_many_plainly, 200, (1, 200, 0, 0)),
]


def _ids(cases: list[tuple[Callable[..., Any], int, Counts]]) -> list[str]:
    return [f"{strategy.__name__} {count}" for strategy, count, _ in cases]


@pytest.mark.parametrize(("strategy", "count", "expected"), COUNTED, ids=_ids(COUNTED))
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_warm_call_is_counted_as_the_server_counts_it(
    shelf_on_postgresql: Address, driver: str, strategy: Callable[..., Any], count: int, expected: Counts
) -> None:
    """Statements, executions, rows and ORM objects of a warm call; the server counted the same executions."""
    tally, calls = tally_and_calls(strategy, access(shelf_on_postgresql, driver, writes=True), {"count": count})
    assert (*expected, expected[1]) == (tally.statements, tally.executions, tally.rows, tally.orm_objects, calls)
    assert 0 == tally.connections


@pytest.mark.parametrize(("strategy", "count", "expected"), COUNTED_PLAINLY, ids=_ids(COUNTED_PLAINLY))
def test_warm_call_of_a_plain_function_is_counted_as_the_server_counts_it(
    shelf_on_postgresql: Address, strategy: Callable[..., Any], count: int, expected: Counts
) -> None:
    """The same of plain functions, on the synchronous engine."""
    tally, calls = tally_and_calls(strategy, access(shelf_on_postgresql, writes=True), {"count": count})
    assert (*expected, expected[1]) == (tally.statements, tally.executions, tally.rows, tally.orm_objects, calls)


@pytest.mark.parametrize(("strategy", "count", "expected"), COUNTED_ON_SQLITE, ids=_ids(COUNTED_ON_SQLITE))
def test_sqlite_is_counted_alike(
    written_on_sqlite: Address, strategy: Callable[..., Any], count: int, expected: Counts
) -> None:
    """Statements, executions, rows and ORM objects of a warm call on SQLite."""
    tally = tally_of(strategy, access(written_on_sqlite, writes=True), {"count": count})
    assert expected == (tally.statements, tally.executions, tally.rows, tally.orm_objects)


def test_plain_function_on_sqlite_has_no_rows(shelf_on_sqlite: Address) -> None:
    """Python's sqlite3 fetches as it is asked, so that the rows of a plain function on SQLite are unknown, not 0."""
    tally = tally_of(selectin_plainly, access(shelf_on_sqlite), {"count": 501})
    assert (3, 3, None, 1503) == (tally.statements, tally.executions, tally.rows, tally.orm_objects)


async def stream(db: Database, count: int) -> int:
    async with db.connection() as connection:
        return sum([1 async for _ in await connection.stream(select(Parent).where(Parent.id <= count))])


async def in_parts(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Parent).where(Parent.id <= count).execution_options(yield_per=100)
        return sum([1 async for _ in await session.stream_scalars(statement)])


@pytest.mark.parametrize("strategy", [stream, in_parts])
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_rows_of_a_cursor_on_the_server_are_unknown(
    shelf_on_postgresql: Address, driver: str, strategy: Callable[..., Any]
) -> None:
    """Rows that are fetched in parts later are null; the statement and its execution are counted."""
    tally = tally_of(strategy, access(shelf_on_postgresql, driver), {"count": 1000})
    assert (1, 1, None) == (tally.statements, tally.executions, tally.rows)


def in_parts_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        statement = select(Parent).where(Parent.id <= count).execution_options(yield_per=100)
        return sum(1 for _ in session.scalars(statement))


def test_rows_of_a_plain_function_s_cursor_on_the_server_are_unknown(shelf_on_postgresql: Address) -> None:
    """The same of psycopg's own server cursor."""
    tally = tally_of(in_parts_plainly, access(shelf_on_postgresql), {"count": 1000})
    assert (1, 1, None, 1000) == (tally.statements, tally.executions, tally.rows, tally.orm_objects)


async def mixed(db: Database, count: int) -> int:
    async with db.session() as session:
        await session.scalars(select(Parent).where(Parent.id <= count))
        return sum([1 async for _ in await session.stream_scalars(select(Child).where(Child.id <= count))])


def test_one_unknown_number_of_rows_makes_their_sum_unknown(shelf_on_postgresql: Address) -> None:
    """Rows of which some are unknown are null, not the sum of those that were seen."""
    assert None is tally_of(mixed, access(shelf_on_postgresql), {"count": 10}).rows


async def by_the_driver(db: Database) -> int:
    async with db.driver() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM parents"))


@pytest.mark.parametrize(("warm", "connections"), [(True, 0), (False, 1)])
def test_use_of_the_driver_is_not_seen(shelf_on_postgresql: Address, warm: bool, connections: int) -> None:
    """Of a call on the driver's own connection only the connection is counted; its first call opens it."""
    tally = tally_of(by_the_driver, access(shelf_on_postgresql), warm=warm)
    expected = {"statements": None, "executions": None, "rows": None, "connections": connections, "orm_objects": 0}
    assert expected == tally.counters()


async def by_the_driver_of_a_session(db: Database) -> int:
    async with db.session() as session:
        pooled = await (await session.connection()).get_raw_connection()
        assert pooled.driver_connection is not None
        return int(await pooled.driver_connection.fetchval("SELECT count(*) FROM parents"))


async def by_a_cursor_of_its_own(db: Database) -> int:
    def fetched(connection: Connection) -> int:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT count(*) FROM parents")
        found = cursor.fetchone()
        return int(found[0]) if found else 0

    async with db.connection() as connection:
        await connection.execute(text("SELECT 1"))
        return await connection.run_sync(fetched)


def by_a_plain_cursor(db: SyncDatabase) -> int:
    pooled = db.engine.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute("SELECT count(*) FROM parents")
        found = cursor.fetchone()
        return int(found[0]) if found else 0
    finally:
        pooled.close()


@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("strategy", [by_the_driver_of_a_session, by_a_cursor_of_its_own, by_a_plain_cursor])
def test_what_goes_around_sqlalchemy_is_not_seen(
    shelf_on_postgresql: Address, strategy: Callable[..., Any], warm: bool
) -> None:
    """Statements sent by the driver's own connection or cursor, taken out of a pooled connection, are null."""
    tally = tally_of(strategy, access(shelf_on_postgresql), warm=warm)
    assert (None, None, None) == (
        tally.counters()["statements"],
        tally.counters()["executions"],
        tally.counters()["rows"],
    )


async def by_another_engine(db: Database) -> int:
    engine = create_async_engine(db.engine.url, async_creator=db._connect_driver)
    try:
        async with engine.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(Parent)) or 0
    finally:
        await engine.dispose()


def test_statements_of_another_engine_are_unknown(shelf_on_postgresql: Address) -> None:
    """A call that makes an engine of its own has one connection more, and statements that nobody saw."""
    tally = tally_of(by_another_engine, access(shelf_on_postgresql))
    assert (None, None, None, 1) == tuple(list(tally.counters().values())[:4])


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_first_call_is_seen_whole(shelf_on_postgresql: Address, driver: str) -> None:
    """What SQLAlchemy itself does with the driver's connection when it opens it leaves the counters known."""
    tally = tally_of(get, access(shelf_on_postgresql, driver), warm=False)
    assert (1, 1, 1) == (tally.counters()["statements"], tally.counters()["executions"], tally.counters()["rows"])


@pytest.mark.parametrize("strategy", [get, get_plainly])
def test_connections_opened_in_a_call_are_counted(shelf_on_postgresql: Address, strategy: Callable[..., Any]) -> None:
    """Without a pool every call opens a connection."""
    tally = tally_of(strategy, access(shelf_on_postgresql), engine_options={"poolclass": NullPool})
    assert (1, 1) == (tally.connections, tally.statements)


@pytest.mark.parametrize("strategy", [get, get_plainly])
def test_first_call_opens_the_pool_s_connection(shelf_on_postgresql: Address, strategy: Callable[..., Any]) -> None:
    """A cold call opens the one connection of its pool."""
    assert 1 == tally_of(strategy, access(shelf_on_postgresql), warm=False).connections


async def twice_the_same(db: Database) -> None:
    async with db.connection() as connection:
        for number in (1, 2, 3):
            await connection.execute(select(Parent.name).where(Parent.id == number))
        await connection.execute(text("SELECT 1"))


def test_statements_are_grouped_by_their_text(shelf_on_postgresql: Address) -> None:
    """Each distinct statement is listed once, in the order of its first sending, with how often it was sent."""
    counts = tally_of(twice_the_same, access(shelf_on_postgresql)).statement_counts()
    assert [3, 1] == [one["calls"] for one in counts]
    assert "SELECT 1" == counts[1]["sql"]


def test_nothing_is_counted_once_the_call_is_over(shelf_on_postgresql: Address) -> None:
    """A tally keeps its figures when the strategy is called again without it."""
    first = tally_of(get, access(shelf_on_postgresql))
    tally_of(get, access(shelf_on_postgresql))
    assert (1, 1, 1) == (first.statements, first.executions, first.orm_objects)
