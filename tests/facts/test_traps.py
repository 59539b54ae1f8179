"""What makes a comparison wrong: what a call costs depends on what came before it, and on the pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import dialect as postgresql
from sqlalchemy.exc import ArgumentError, DBAPIError, MissingGreenlet, ObjectNotExecutableError, SAWarning

from bench import Database, SyncDatabase
from bench.worker.plans import prepared_plans
from tests.facts.costs import Costs
from tests.facts.library import Book, Entry, Shelf
from tests.facts.versions import IS_2_1

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def in_a_fresh_session(db: Database) -> str | None:
    async with db.session() as session:
        return await session.scalar(select(Shelf.name).where(Shelf.id == 7))


@asynccontextmanager
async def kept_session(db: Database) -> AsyncIterator[AsyncSession]:
    async with db.session() as session:
        yield session


async def in_the_kept_session(db: Database, state: AsyncSession) -> str | None:
    return await state.scalar(select(Shelf.name).where(Shelf.id == 7))


def test_in_a_session_that_is_reused_begin_and_rollback_vanish(costs: Costs) -> None:
    """The same statement is three round trips in a fresh session, and one in a session that samples share."""
    fresh, reused = costs.warm(in_a_fresh_session), costs.warm(in_the_kept_session, setup=kept_session)
    assert ("shelf 7", 1, 3, 2) == (fresh.result, fresh.events, fresh.round_trips, fresh.wire.transaction_commands)
    assert ("shelf 7", 1, 1, 0) == (reused.result, reused.events, reused.round_trips, reused.wire.transaction_commands)


async def many_to_one(session: AsyncSession, count: int) -> int:
    books = (await session.scalars(select(Book).where(Book.id <= count))).all()
    return len({(await book.awaitable_attrs.shelf).name for book in books})


async def with_a_cold_map(db: Database, count: int) -> int:
    async with db.session() as session:
        return await many_to_one(session, count)


@asynccontextmanager
async def warm_map(db: Database) -> AsyncIterator[tuple[AsyncSession, Any]]:
    async with db.session() as session:
        yield session, (await session.scalars(select(Shelf))).all()


async def with_a_warm_map(db: Database, count: int, state: tuple[AsyncSession, Any]) -> int:
    return await many_to_one(state[0], count)


def test_a_warm_identity_map_hides_the_lazy_loads(costs: Costs) -> None:
    """2,000 lazy many-to-ones are 2,001 statements in a fresh session, and one where their targets are still there."""
    cold, warm = costs.calls(with_a_cold_map, 2000)[0], costs.calls(with_a_warm_map, 2000, setup=warm_map)[0]
    assert (2000, (2001, 2001, 2001, 2001)) == (cold.result, cold.witnesses)
    assert (2000, (1, 1, 1, 1)) == (warm.result, warm.witnesses)


async def burst(db: Database, count: int) -> int:
    all_have_one = asyncio.Barrier(count)

    async def task() -> int:
        async with db.session() as session:
            await session.execute(text("SELECT 1"))
            await all_have_one.wait()
            return 1

    return sum(await asyncio.gather(*(task() for _ in range(count))))


def test_a_pool_smaller_than_its_tasks_reopens_connections_at_every_burst(costs: Costs) -> None:
    """Ten tasks on a pool of five with ten more in reserve open ten connections, and five again at each burst after; on
    a pool of ten, none.
    """
    small = costs.calls(burst, 10, 4, cold=True, pool_size=5, max_overflow=10)
    enough = costs.calls(burst, 10, 4, cold=True, pool_size=10, max_overflow=0)
    assert [10, 5, 5, 5] == [cost.wire.connections for cost in small]
    assert [10, 0, 0, 0] == [cost.wire.connections for cost in enough]


def read_after_commit(db: SyncDatabase, count: int, *, expire: bool) -> int:
    with db.session(expire_on_commit=expire) as session:
        shelves = session.scalars(select(Shelf).where(Shelf.id <= count)).all()
        session.commit()
        return len({shelf.name for shelf in shelves})


def expiring(db: SyncDatabase, count: int) -> int:
    return read_after_commit(db, count, expire=True)


def not_expiring(db: SyncDatabase, count: int) -> int:
    return read_after_commit(db, count, expire=False)


async def expiring_async(db: Database, count: int) -> str:
    async with db.session(expire_on_commit=True) as session:
        shelves = (await session.scalars(select(Shelf).where(Shelf.id <= count))).all()
        await session.commit()
        with pytest.raises(MissingGreenlet) as refusal:
            print(shelves[0].name)
        return type(refusal.value).__name__


def test_expire_on_commit_reads_each_object_again(costs: Costs) -> None:
    """100 objects read after a commit are 100 SELECTs beside their own, under asyncio MissingGreenlet; without
    expiry none.
    """
    assert (100, (101, 101, 101, 101)) == ((cost := costs.warm(expiring, 100)).result, cost.witnesses)
    assert (100, (1, 1, 1, 1)) == ((cost := costs.warm(not_expiring, 100)).result, cost.witnesses)
    assert "MissingGreenlet" == costs.warm(expiring_async, 100).result


async def with_arguments(db: Database, count: int) -> tuple[int, str]:
    async with db.connection() as connection:
        statement = select(Shelf.id).where(Shelf.id.in_(range(1, count + 1)))
        try:
            return len((await connection.scalars(statement)).all()), ""
        except DBAPIError as error:
            return 0, str(error.orig)


@pytest.mark.parametrize(
    ("count", "found", "refusal", "executions"),
    [(32_767, 2000, "", 1), (32_768, 0, "the number of query arguments cannot exceed 32767", 0)],
)
def test_asyncpg_takes_32767_arguments(costs: Costs, count: int, found: int, refusal: str, executions: int) -> None:
    """One argument more is refused by the driver, and nothing is executed."""
    cost = costs.calls(with_arguments, count)[0]
    assert found == cost.result[0]
    assert refusal in cost.result[1]
    assert (1, executions) == (cost.events, cost.wire.executions)


def compiled_without_a_value() -> Any:
    unset = select(Shelf.name).where(Shelf.id == bindparam("id"))
    with pytest.warns(SAWarning, match="rendering literal NULL"):
        compiled = unset.compile(dialect=postgresql(), compile_kwargs={"literal_binds": True})
    assert str(compiled).endswith("WHERE shelves.id = NULL")
    return compiled


async def compiled_in_a_session(db: Database) -> None:
    async with db.session() as session:
        with pytest.raises(ArgumentError, match="Executable SQL or text"):
            await session.execute(compiled_without_a_value())


async def compiled_on_a_connection(db: Database) -> list[str]:
    async with db.connection() as connection:
        if not IS_2_1:
            return list((await connection.execute(compiled_without_a_value())).scalars())
        with pytest.raises(ObjectNotExecutableError):
            await connection.execute(compiled_without_a_value())
        return []


async def inlined(db: Database) -> list[str]:
    statement = select(Shelf.name).where(Shelf.id == 7)
    sql = str(statement.compile(dialect=postgresql(), compile_kwargs={"literal_binds": True}))
    async with db.connection() as connection:
        return list((await connection.scalars(text(sql))).all())


def test_a_compiled_query_finds_nothing(costs: Costs) -> None:
    """`literal_binds` writes NULL for a parameter without a value, with a warning. A session refuses what was compiled,
    and from 2.1 on a connection too: nothing is sent. In 2.0 a connection sends it, and NULL finds nothing.

    A value that is there is inlined and found.
    """
    assert (0, 0, 0, 0) == costs.warm(compiled_in_a_session).witnesses
    cost = costs.warm(compiled_on_a_connection)
    assert ([], (0, 0, 0, 0) if IS_2_1 else (1, 1, 1, 1)) == (cost.result, cost.witnesses)
    assert (["shelf 7"], (1, 1, 1, 1)) == ((cost := costs.warm(inlined)).result, cost.witnesses)


async def server_process(connection: Any) -> int:
    return int(await connection.scalar(text("SELECT pg_backend_pid()")))


async def checked_out(db: Database, count: int) -> list[int]:
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(db.connection()) for _ in range(5)]
        pids = [await server_process(connection) for connection in opened]
        for connection in opened:
            await connection.close()
    used = []
    for _ in range(count):
        async with db.connection() as connection:
            used.append(pids.index(await server_process(connection)))
    return used


def test_the_pool_is_first_in_first_out(costs: Costs) -> None:
    """Seven checkouts on five connections use each in turn, so six warm-up calls are not six a connection."""
    cost = costs.calls(checked_out, 7, pool_size=5)[0]
    assert [0, 1, 2, 3, 4, 0, 1] == cost.result


async def executemany(db: Database) -> int:
    async with db.connection() as connection:
        await connection.execute(insert(Entry), [{"id": 1000 + key, "word": f"new {key}"} for key in range(3)])
        await connection.rollback()
        return 3


@pytest.mark.parametrize(
    ("own", "single", "many", "ping"),
    [
        ({}, (0, 3), (0, 3), (0, 3)),
        ({"prepared_statement_cache_size": 0}, (1, 5), (0, 3), (0, 3)),
        ({"statement_cache_size": 0}, (1, 3), (2, 4), (2, 4)),
    ],
    ids=["both", "without SQLAlchemy's", "without asyncpg's"],
)
def test_two_caches_of_statements(
    costs: Costs, own: dict[str, int], single: tuple[int, int], many: tuple[int, int], ping: tuple[int, int]
) -> None:
    """SQLAlchemy's `prepared_statement_cache_size` saves single executions the round trips to prepare, asyncpg's
    `statement_cache_size` an executemany and the ping: (statements parsed, round trips).

    Without asyncpg's a statement has no name: it is parsed to learn its types, and again when it is executed. Single
    executions too are parsed at each call then, but SQLAlchemy's cache remembers their types: no round trip more.
    """
    alone = costs.warm(in_a_fresh_session, connect_args=own)
    pinged = costs.warm(in_a_fresh_session, connect_args=own, pool_pre_ping=True)
    by_executemany = costs.warm(executemany, connect_args=own)
    assert single == (alone.wire.prepares, alone.round_trips)
    assert many == (by_executemany.wire.prepares, by_executemany.round_trips)
    assert ping == (pinged.wire.prepares - alone.wire.prepares, pinged.round_trips - alone.round_trips)


async def plans_of(db: Database, count: int) -> tuple[int, int]:
    statement = select(Shelf.name).where(Shelf.id == bindparam("id"))
    async with db.connection() as connection:
        for key in range(1, count + 1):
            await connection.execute(statement, {"id": key})
        sql = str(statement.compile(db.engine.sync_engine))
        return (await connection.run_sync(prepared_plans, [sql]))[sql]


@pytest.mark.parametrize(("executions", "plans"), [(5, (0, 5)), (6, (1, 5)), (8, (3, 5))])
def test_the_server_plans_anew_at_the_sixth_execution(costs: Costs, executions: int, plans: tuple[int, int]) -> None:
    """Five executions of a prepared statement have a plan of their own each, and from the sixth on they share a generic
    one: (generic, custom).
    """
    assert plans == costs.calls(plans_of, executions)[0].result
