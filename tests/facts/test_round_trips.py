"""What a statement count does not show: round trips that no cursor event announces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import ARRAY, Integer, NullPool, any_, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from bench import Database
from tests.facts.costs import Costs
from tests.facts.library import Entry, Number, Shelf


async def one(db: Database) -> str:
    async with db.session() as session:
        return (await session.get_one(Shelf, 7)).name


async def one_in_autocommit(db: Database) -> str | None:
    async with db.connection(isolation_level="AUTOCOMMIT") as connection:
        return await connection.scalar(select(Shelf.name).where(Shelf.id == 7))


async def nothing(db: Database) -> None:
    async with db.connection():
        pass


def test_a_select_by_key_is_three_round_trips(costs: Costs) -> None:
    """One cursor event is BEGIN, the statement and ROLLBACK: three round trips, and four where it is prepared first."""
    first, second = costs.calls(one, calls=2)
    assert (1, 4, 1) == (first.events, first.round_trips, first.wire.prepares)
    assert (1, 3, 0) == (second.events, second.round_trips, second.wire.prepares)
    assert (2, 2) == (first.wire.transaction_commands, second.wire.transaction_commands)


def test_autocommit_is_one_round_trip(costs: Costs) -> None:
    """Without a transaction the statement goes alone; its first time it is prepared."""
    first, second = costs.calls(one_in_autocommit, calls=2)
    assert (1, 2, 0) == (first.events, first.round_trips, first.wire.transaction_commands)
    assert (1, 1, 0) == (second.events, second.round_trips, second.wire.transaction_commands)


def test_the_first_connection_is_thirteen_round_trips(costs: Costs) -> None:
    """An engine's first checkout asks the server four things in a transaction, and no event says so; the next nothing.

    FACTS has about 12. SCRAM without SSLRequest is 3, four statements prepared and executed are 8, BEGIN and ROLLBACK
    are 2.
    """
    first, second = costs.calls(nothing, calls=2, cold=True)
    assert (13, (0, 0, 4, 4)) == (first.round_trips, first.witnesses)
    assert (1, 2) == (first.wire.connections, first.wire.transaction_commands)
    assert (0, (0, 0, 0, 0)) == (second.round_trips, second.witnesses)


def test_pre_ping_doubles_the_round_trips(costs: Costs) -> None:
    """A ping is a transaction of its own, BEGIN, an empty query and ROLLBACK: six round trips where three were needed,
    seven where it is prepared first; no event tells of it.
    """
    costs_of = costs.calls(one, calls=4, cold=True, pool_pre_ping=True)
    assert [1, 1, 1, 1] == [cost.events for cost in costs_of]
    # The call that opens the connection does not ping it: 13 to open, and 4.
    assert [17, 7, 6, 6] == [cost.round_trips for cost in costs_of]
    assert [0, 1, 1, 1] == [cost.wire.pings for cost in costs_of]
    assert [4, 4, 4, 4] == [cost.wire.transaction_commands for cost in costs_of]


def test_null_pool_connects_at_each_use(costs: Costs) -> None:
    """Without a pool each use is seven round trips under SCRAM without SSLRequest: 3 to connect, then those of a first
    call on an open connection, for what was prepared is gone.
    """
    second = costs.calls(one, calls=2, poolclass=NullPool)[-1]
    assert (7, (1, 1, 1, 1)) == (second.round_trips, second.witnesses)
    assert (1, 1) == (second.wire.connections, second.wire.prepares)


@asynccontextmanager
async def logged(db: Database) -> AsyncIterator[list[str]]:
    """What asyncpg's own logger of queries hears from now on."""
    heard: list[str] = []
    async with db.connection() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_query_logger(lambda query: heard.append(query.query))
    yield heard


async def heard_of(db: Database, state: list[str]) -> list[str]:
    state.clear()
    async with db.session() as session:
        await session.get_one(Shelf, 7)
        await session.commit()
        await session.get_one(Shelf, 8)
    return list(state)


def test_asyncpg_s_query_logger_hears_transaction_control_alone(costs: Costs) -> None:
    """Of two SELECTs and their transactions, asyncpg's `add_query_logger` is told BEGIN, COMMIT, BEGIN and ROLLBACK."""
    cost = costs.warm(heard_of, setup=logged)
    assert ["BEGIN;", "COMMIT;", "BEGIN;", "ROLLBACK;"] == cost.result
    assert (2, 2) == (cost.events, cost.wire.executions)


async def duplicates(db: Database, count: int) -> int:
    refused = 0
    async with db.session() as session:
        for _ in range(count):
            try:
                async with session.begin_nested():
                    await session.execute(insert(Entry).values(word="taken"))
            except IntegrityError:
                refused += 1
        await session.rollback()
    return refused


def test_ten_duplicates_under_savepoints(costs: Costs) -> None:
    """Each duplicate is SAVEPOINT, INSERT and ROLLBACK TO: 30 events; the first time on a connection, 51 round trips
    beside BEGIN and ROLLBACK, for ten savepoints have ten names, and 21 statements are prepared.

    Warm they are 30 beside those two: the names come again in each transaction. The server counts no statement that
    fails.
    """
    first, second = costs.calls(duplicates, 10, 2)
    assert (10, 30, 51 + 2, 21) == (first.result, first.events, first.round_trips, first.wire.prepares)
    assert (10, 30, 30 + 2, 0) == (second.result, second.events, second.round_trips, second.wire.prepares)
    assert (10, 10, 0) == (second.wire.executions, second.wire.errors, second.server)


async def by_array(db: Database) -> int:
    keys = bindparam("keys", [1, 2, 3], type_=ARRAY(Integer))
    async with db.connection() as connection:
        return len((await connection.scalars(select(Shelf.name).where(Shelf.id == any_(keys)))).all())


@pytest.mark.parametrize(("jit", "round_trips", "executions"), [("on", 10, 4), ("off", 8, 3)])
def test_the_first_array_on_a_connection(costs: Costs, jit: str, round_trips: int, executions: int) -> None:
    """At the first array asyncpg looks up its type with JIT put off meanwhile: ten round trips for one statement, and
    eight where JIT is off anyway, as on the harness's own servers; the next time three.
    """
    first, second = costs.calls(by_array, calls=2, connect_args={"server_settings": {"jit": jit}})
    assert (3, 1, round_trips, executions) == (first.result, first.events, first.round_trips, first.wire.executions)
    assert (3, 1, 3, 1) == (second.result, second.events, second.round_trips, second.wire.executions)


async def entities_in_parts(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Number).execution_options(yield_per=count)
        return sum([1 async for _ in await session.stream_scalars(statement)])


async def rows_in_parts(db: Database, count: int) -> int:
    async with db.connection() as connection:
        statement = select(Number.id).execution_options(yield_per=count)
        return sum([1 async for _ in await connection.stream(statement)])


@pytest.mark.parametrize(
    ("strategy", "size", "fetches", "round_trips"),
    [
        (entities_in_parts, 100, 401, 404),
        # FACTS has 43, which is what Core takes; beside it stands 404, which is what the ORM takes.
        (entities_in_parts, 1000, 41, 44),
        (rows_in_parts, 100, 400, 403),
        (rows_in_parts, 1000, 40, 43),
    ],
)
def test_yield_per_fetches_twice_a_part(costs: Costs, strategy: Any, size: int, fetches: int, round_trips: int) -> None:
    """One event for 20,000 rows, and two fetches for each part, the first of 50 rows. BEGIN, the opening of the portal
    and ROLLBACK are a round trip each.

    Core's first part is a row longer, so that its last comes short, which tells asyncpg of the end; the ORM asks again.
    """
    cost = costs.warm(strategy, size)
    assert (20_000, 1, round_trips) == (cost.result, cost.events, cost.round_trips)
    assert fetches == cost.wire.executions + cost.wire.fetches
