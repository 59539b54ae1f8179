"""A strategy's engine, its setup and its timed calls, to which nothing is added."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text

from bench import Database, SyncDatabase
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.worker.calling import Timing, time_calls
from tests.worker.helpers import APPLICATION, CALLS, access, opened
from tests.worker.shelf import Parent

PID = text("SELECT pg_backend_pid()")


async def get(db: Database) -> str:
    async with db.session() as session:
        return (await session.get_one(Parent, 7)).name


def get_plainly(db: SyncDatabase) -> str:
    with db.session() as session:
        return session.get_one(Parent, 7).name


async def pid(db: Database) -> Any:
    async with db.connection() as connection:
        return await connection.scalar(PID)


def pid_plainly(db: SyncDatabase) -> Any:
    with db.connection() as connection:
        return connection.scalar(PID)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("strategy", [get, get_plainly])
def test_timed_calls_send_what_the_strategy_sends_and_no_more(
    shelf_on_postgresql: Address, strategy: Callable[..., Any], driver: str
) -> None:
    """Five timed calls of one SELECT in a session are five BEGIN, five SELECT and five ROLLBACK to the server."""

    async def five(witness: Any) -> Timing:
        async with opened(strategy, access(shelf_on_postgresql, driver)) as found:
            for _ in range(7):
                await found.once(None)
            witness.execute("SELECT pg_stat_statements_reset()")
            return await time_calls(found.calls(None, 5), found.strategy.is_async)

    with connect(shelf_on_postgresql, application_name="witness") as witness:
        timing = asyncio.run(five(witness))
        seen = {query.split()[0].strip(";"): calls for query, calls in witness.execute(CALLS)}
    assert {"BEGIN": 5, "SELECT": 5, "ROLLBACK": 5} == seen
    assert (5, 5) == (len(timing.wall_ns), len(timing.cpu_ns))


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "plain"])
def test_each_call_of_a_sample_has_its_own_copy_of_the_inputs(shelf_on_sqlite: Address, is_async: bool) -> None:
    """What one call does to its inputs no other call sees, nor the inputs that the round was given."""
    seen = []

    async def spoil(db: Database, inputs: list[list[int]]) -> None:
        seen.append([list(one) for one in inputs])
        inputs[0].append(0)

    def spoil_plainly(db: SyncDatabase, inputs: list[list[int]]) -> None:
        seen.append([list(one) for one in inputs])
        inputs[0].append(0)

    given = [[1], [2]]

    async def three() -> None:
        async with opened(spoil if is_async else spoil_plainly, access(shelf_on_sqlite)) as found:
            await time_calls(found.calls(given, 3), is_async)

    asyncio.run(three())
    assert [[[1], [2]]] * 3 == seen
    assert [[1], [2]] == given


def test_garbage_is_collected_before_the_calls(shelf_on_sqlite: Address) -> None:
    """A cycle that was left before a sample is gone when its first call begins."""

    class Left:
        pass

    left = Left()
    left.itself = left  # type: ignore[attr-defined]
    watched = weakref.ref(left)
    del left
    seen = []

    async def look(db: Database) -> None:
        seen.append(watched())

    async def once() -> None:
        async with opened(look, access(shelf_on_sqlite)) as found:
            await time_calls(found.calls(None, 1), True)

    gc.disable()
    try:
        asyncio.run(once())
    finally:
        gc.enable()
    assert [None] == seen


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "plain"])
def test_setup_is_entered_once_and_left_when_the_strategy_is_closed(shelf_on_sqlite: Address, is_async: bool) -> None:
    """The value of the setup is the state of every call; it is entered with the parameters and left at the end."""
    heard: list[Any] = []

    @asynccontextmanager
    async def prepared(db: Database, count: int) -> AsyncIterator[str]:
        heard.append(("entered", count))
        yield "ready"
        heard.append("left")

    @contextmanager
    def prepared_plainly(db: SyncDatabase, count: int) -> Iterator[str]:
        heard.append(("entered", count))
        yield "ready"
        heard.append("left")

    async def use(db: Database, state: str) -> None:
        heard.append(state)

    def use_plainly(db: SyncDatabase, state: str) -> None:
        heard.append(state)

    async def twice() -> None:
        strategy, setup = (use, prepared) if is_async else (use_plainly, prepared_plainly)
        async with opened(strategy, access(shelf_on_sqlite), {"count": 3}, setup=setup) as found:
            await found.once(None)
            await found.once(None)
            heard.append("closing")

    asyncio.run(twice())
    assert [("entered", 3), "ready", "ready", "closing", "left"] == heard


def _connections(address: Address) -> int:
    with connect(address, application_name="witness") as witness:
        row = witness.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", (APPLICATION,))
        return int(row.fetchall()[0][0])


def test_nothing_stays_connected_when_the_exit_of_a_setup_raises(shelf_on_postgresql: Address) -> None:
    """The engine's connection and the driver's own are closed, although the setup's exit raised."""

    @asynccontextmanager
    async def failing(db: Database) -> AsyncIterator[None]:
        yield
        raise LookupError("no way out")

    async def use(db: Database, state: None) -> int:
        async with db.driver() as driver, db.connection() as connection:
            await driver.execute("SELECT 1")
            await connection.execute(PID)
        return _connections(shelf_on_postgresql)

    open_then = []

    async def once() -> None:
        async with opened(use, access(shelf_on_postgresql), setup=failing) as found:
            open_then.append(await found.once(None))

    with pytest.raises(LookupError, match="no way out"):
        asyncio.run(once())
    assert ([2], 0) == (open_then, _connections(shelf_on_postgresql))


@pytest.mark.parametrize("strategy", [pid, pid_plainly])
def test_strategy_keeps_its_connection_and_shares_it_with_no_other(
    shelf_on_postgresql: Address, strategy: Callable[..., Any]
) -> None:
    """All calls of a strategy go by one connection, those of another, or of its copy, by another."""

    async def both() -> tuple[list[int], list[int]]:
        way = access(shelf_on_postgresql)
        async with opened(strategy, way) as one, opened(strategy, way) as other:
            return [await one.once(None) for _ in range(3)], [await other.once(None) for _ in range(3)]

    ones, others = asyncio.run(both())
    assert (1, 1, 2) == (len(set(ones)), len(set(others)), len({*ones, *others}))


@pytest.mark.parametrize(("options", "expected"), [({}, 1), ({"pool_size": 3}, 3)])
def test_pool_is_of_one_connection_unless_the_strategy_says_otherwise(
    shelf_on_postgresql: Address, options: dict[str, Any], expected: int
) -> None:
    """Tasks that share an engine wait for its one connection; with `pool_size=3` three of them have one each. Six
    calls make each of those warm.
    """

    async def three(db: Database) -> list[int]:
        return list(await asyncio.gather(pid(db), pid(db), pid(db)))

    async def once() -> tuple[list[int], int]:
        async with opened(three, access(shelf_on_postgresql), engine_options=options) as found:
            return await found.once(None), found.warm_up_calls

    pids, warm_up_calls = asyncio.run(once())
    assert (expected, 6 * expected) == (len(set(pids)), warm_up_calls)


@pytest.mark.parametrize(
    ("driver", "own"),
    [("asyncpg", {"server_settings": {"work_mem": "77MB"}}), ("psycopg", {"options": "-c work_mem=77MB"})],
)
def test_arguments_of_the_driver_join_those_of_the_harness(
    shelf_on_postgresql: Address, driver: str, own: dict[str, Any]
) -> None:
    """A server setting that a strategy asks for is set; its connection stays read-only, under the worker's name."""

    async def settings(db: Database) -> list[Any]:
        names = ("work_mem", "transaction_read_only", "application_name")
        async with db.connection() as connection:
            return [await connection.scalar(text(f"SHOW {name}")) for name in names]

    async def once() -> list[Any]:
        way = access(shelf_on_postgresql, driver)
        async with opened(settings, way, engine_options={"connect_args": own}) as found:
            return list(await found.once(None))

    assert ["77MB", "on", APPLICATION] == asyncio.run(once())


def test_engine_options_reach_the_engine(shelf_on_postgresql: Address) -> None:
    """An isolation level that a strategy asks for is that of its transactions."""

    async def level(db: Database) -> Any:
        async with db.connection() as connection:
            return await connection.scalar(text("SHOW transaction_isolation"))

    async def once() -> Any:
        options = {"isolation_level": "REPEATABLE READ"}
        async with opened(level, access(shelf_on_postgresql), engine_options=options) as found:
            return await found.once(None)

    assert "repeatable read" == asyncio.run(once())


def test_call_is_given_the_parameters_that_it_names(shelf_on_sqlite: Address) -> None:
    """A strategy that takes no parameter is called without one, another with those that it takes."""

    async def with_count(db: Database, count: int) -> int:
        async with db.session() as session:
            return len((await session.scalars(select(Parent.id).where(Parent.id <= count))).all())

    async def without(db: Database) -> str:
        return db.dialect

    async def both() -> tuple[Any, Any]:
        way = access(shelf_on_sqlite)
        async with opened(with_count, way, {"count": 4}) as one, opened(without, way, {"count": 4}) as other:
            return await one.once(None), await other.once(None)

    assert (4, "sqlite") == asyncio.run(both())


def test_a_load_warms_up_by_each_of_its_units(shelf_on_postgresql: Address) -> None:
    """With three connections and nine units a call, two calls use each of them six times."""

    async def nine(db: Database) -> list[int]:
        return await db.load(lambda number: pid(db), tasks=3, units=9)

    async def once() -> int:
        async with opened(nine, access(shelf_on_postgresql), engine_options={"pool_size": 3}) as found:
            await found.once(None)
            assert [9] == [load.units for load in found.loads()]
            return found.warm_up_calls

    assert 2 == asyncio.run(once())
