"""The three witnesses agree: cursor events with their parameter sets, the wire and pg_stat_statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import selectinload

from bench import Database, SyncDatabase
from tests.facts.costs import Costs
from tests.facts.library import Entry, Number, Shelf


async def get(db: Database) -> str:
    async with db.session() as session:
        return (await session.get_one(Shelf, 7)).name


async def selectin(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Shelf).where(Shelf.id <= count).options(selectinload(Shelf.books))
        return sum(len(shelf.books) for shelf in await session.scalars(statement))


async def lazy(db: Database, count: int) -> int:
    async with db.session() as session:
        shelves = (await session.scalars(select(Shelf).where(Shelf.id <= count))).all()
        return sum([len(await shelf.awaitable_attrs.books) for shelf in shelves])


async def add_all(db: Database, count: int) -> int:
    async with db.session() as session:
        session.add_all([Entry(id=1000 + key, word=f"new {key}") for key in range(count)])
        await session.flush()
        await session.rollback()
        return count


async def core_executemany(db: Database, count: int) -> int:
    async with db.connection() as connection:
        await connection.execute(insert(Entry), [{"id": 1000 + key, "word": f"new {key}"} for key in range(count)])
        await connection.rollback()
        return count


async def update_by_key(db: Database, count: int) -> int:
    async with db.session() as session:
        await session.execute(update(Shelf), [{"id": key, "name": "other"} for key in range(1, count + 1)])
        await session.rollback()
        return count


def get_plainly(db: SyncDatabase) -> str:
    with db.session() as session:
        return session.get_one(Shelf, 7).name


def selectin_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        statement = select(Shelf).where(Shelf.id <= count).options(selectinload(Shelf.books))
        return sum(len(shelf.books) for shelf in session.scalars(statement))


def lazy_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        shelves = session.scalars(select(Shelf).where(Shelf.id <= count)).all()
        return sum(len(shelf.books) for shelf in shelves)


def add_all_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        session.add_all([Entry(id=1000 + key, word=f"new {key}") for key in range(count)])
        session.flush()
        session.rollback()
        return count


def core_executemany_plainly(db: SyncDatabase, count: int) -> int:
    with db.connection() as connection:
        connection.execute(insert(Entry), [{"id": 1000 + key, "word": f"new {key}"} for key in range(count)])
        connection.rollback()
        return count


def update_by_key_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        session.execute(update(Shelf), [{"id": key, "name": "other"} for key in range(1, count + 1)])
        session.rollback()
        return count


Row = tuple[Callable[..., Any], Callable[..., Any], int, Any, tuple[int, ...], int, int]

BATCHED = 4
"""In an executemany psycopg waits four times: for BEGIN, the pipeline, ROLLBACK and DEALLOCATE."""

ROWS: list[Row] = [
    # What it gives; events, the executions that they announce, those on the wire and those on the server; round trips
    # of asyncpg and of psycopg.
    (get, get_plainly, 0, "shelf 7", (1, 1, 1, 1), 3, 3),
    (selectin, selectin_plainly, 50, 100, (2, 2, 2, 2), 4, 4),
    (lazy, lazy_plainly, 50, 100, (51, 51, 51, 51), 53, 55),
    (add_all, add_all_plainly, 200, 200, (1, 200, 200, 200), 3, BATCHED),
    (core_executemany, core_executemany_plainly, 200, 200, (1, 200, 200, 200), 3, BATCHED),
    (update_by_key, update_by_key_plainly, 100, 100, (1, 100, 100, 100), 3, BATCHED),
]


@pytest.mark.parametrize(
    ("strategy", "plain", "count", "result", "expected", "asyncpg", "psycopg"),
    ROWS,
    ids=[row[0].__name__ for row in ROWS],
)
@pytest.mark.parametrize("how", ["asyncpg", "psycopg", "plain"])
def test_the_witnesses_agree(
    costs: Costs,
    how: str,
    strategy: Any,
    plain: Any,
    count: int,
    result: Any,
    expected: tuple[int, ...],
    asyncpg: int,
    psycopg: int,
) -> None:
    """Events and executions of a warm call are the same on asyncpg, on psycopg, and of a plain function.

    Where psycopg has prepared a statement by its name, at the sixth execution or for an executemany, it drops it after
    ROLLBACK: a round trip for DEALLOCATE, and one at the sixth execution to prepare. FACTS has an execution more where
    BEGIN goes in a pipeline, as an extended query, or a DEALLOCATE falls in: all three witnesses keep transaction
    control and tidying up apart, so they agree.
    """
    cost = costs.warm(plain, count) if how == "plain" else costs.warm(strategy, count, driver=how)
    assert result == cost.result
    assert expected == cost.witnesses
    assert (asyncpg if how == "asyncpg" else psycopg) == cost.round_trips


async def in_parts(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Number).where(Number.id <= count).execution_options(yield_per=100)
        return sum([1 async for _ in await session.stream_scalars(statement)])


def test_a_portal_that_is_open_is_not_counted_by_the_server(costs: Costs) -> None:
    """`yield_per` 100 over 2,000 rows is one execution and 40 later fetches of its portal; the server, whose portal is
    open when its transaction is rolled back, counted nothing.
    """
    cost = costs.warm(in_parts, 2000)
    assert (2000, (1, 1, 1, 0)) == (cost.result, cost.witnesses)
    assert (40, 1, 44) == (cost.wire.fetches, cost.wire.portals_left, cost.round_trips)


async def driver_executemany(db: Database, count: int) -> int:
    async with db.driver() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.executemany(
            "INSERT INTO entries (id, word) VALUES ($1, $2)", [(1000 + key, f"new {key}") for key in range(count)]
        )
        await transaction.rollback()
        return count


def test_the_driver_s_own_executemany_has_no_event(costs: Costs) -> None:
    """What goes by the driver alone is unknown to the events, and the same to the wire and the server."""
    cost = costs.warm(driver_executemany, 50)
    assert (None, None, 50, 50) == cost.witnesses
    assert 3 == cost.round_trips


async def statement_then_copy(db: Database, count: int) -> int:
    async with db.connection() as connection:
        await connection.execute(text("SELECT 1"))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table(
            "entries", columns=["id", "word"], records=[(1000 + key, f"new {key}") for key in range(count)]
        )
        await connection.rollback()
        return count


def test_a_copy_beside_a_statement_is_an_execution(costs: Costs) -> None:
    """A statement and a COPY on the driver's connection are two executions for the wire and the server; the events,
    which saw one of them, say that they do not know.
    """
    cost = costs.warm(statement_then_copy, 50)
    assert (None, None, 2, 2) == cost.witnesses
    # Its data: a head of 19 bytes and an end of 2, and for each row 2 of a count, 4 of a key and 4 for each length.
    assert 19 + 2 + 50 * (2 + 4 + 4 + 4) + sum(len(f"new {key}") for key in range(50)) == cost.wire.copy_bytes
