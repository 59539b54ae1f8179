"""A load runs a unit of work from many tasks, and what it meets is seen: latencies, waits, connections, time-outs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NullPool, StaticPool, event, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import Pool

from bench import Database
from bench.databases.address import Address
from bench.worker.engines import dispose, open_async
from bench.worker.load_driver import Load, drive
from tests.worker.helpers import access

NOWHERE = Address("sqlite", "never-opened.sqlite")
STALL_MS = 500.0
RATE = 200.0
UNITS = 400


def loaded(
    address: Address, options: Mapping[str, Any], use: Callable[[Database], Coroutine[Any, Any, Any]]
) -> tuple[Any, list[Load]]:
    """What a use of a handle gives, and the loads that it drove."""

    async def run() -> tuple[Any, list[Load]]:
        handle = open_async(access(address), options)
        try:
            return await use(handle), handle.forgotten_loads()
        finally:
            await dispose(handle)

    return asyncio.run(run())


async def one(db: Database) -> int:
    """A unit that uses a connection."""
    async with db.connection() as connection:
        found: int = await connection.scalar(text("SELECT 1"))
        return found


@given(st.integers(1, 8), st.integers(0, 40), st.sampled_from([None, 1e6]))
def test_each_unit_is_done_once_and_never_more_at_once_than_tasks(tasks: int, units: int, rate: float | None) -> None:
    """Of any number of units each is done once, by its number, closed loop or open, at most `tasks` at once."""
    now: set[int] = set()
    most = 0

    async def unit(number: int) -> int:
        nonlocal most
        now.add(number)
        most = max(most, len(now))
        await asyncio.sleep(0)
        now.remove(number)
        return number * number

    async def run() -> tuple[list[int], Load]:
        db = open_async(access(NOWHERE), {})
        return await drive(db.engine, unit, tasks=tasks, units=units, rate=rate, bears=())

    results, load = asyncio.run(run())
    assert [number * number for number in range(units)] == results
    assert (tasks, units, rate, units) == (load.tasks, load.units, load.rate, len(load.latencies_ns))
    assert most <= tasks
    assert most == min(tasks, units) or rate is not None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"pool_size": 2, "max_overflow": 0}, (2, 0, 2)),
        ({"pool_size": 5, "max_overflow": 0}, (4, 0, 4)),
        ({"poolclass": NullPool}, (12, 12, 4)),
        ({"poolclass": StaticPool}, (1, 0, 1)),
    ],
)
def test_connections_of_the_pool_are_counted(
    shelf_on_postgresql: Address, options: Mapping[str, Any], expected: tuple[int, int, int]
) -> None:
    """Twelve units of four tasks: the connections that each kind of pool opens, closes and has in use at once, where
    each unit keeps its connection until as many have one as the pool gives out.
    """
    tasks = 1 if options.get("poolclass") is StaticPool else 4
    together = asyncio.Barrier(expected[2])

    async def unit(db: Database) -> int:
        async with db.connection() as connection:
            await together.wait()
            found: int = await connection.scalar(text("SELECT 1"))
            return found

    found, (load,) = loaded(shelf_on_postgresql, options, lambda db: db.load(lambda n: unit(db), tasks=tasks, units=12))
    assert [1] * 12 == found
    assert expected == (load.opened, load.closed, load.most_in_use)
    assert (12, 0, {}) == (len(load.waits_ns), load.timeouts, load.errors)


def test_checkouts_that_a_pool_gives_up_are_counted_and_borne(shelf_on_postgresql: Address) -> None:
    """With one connection, held by one task until the other has given up, there is one time-out and one lost unit."""

    async def use(db: Database) -> list[Any]:
        gave_up = asyncio.Event()

        async def unit(number: int) -> str:
            try:
                async with db.connection():
                    await gave_up.wait()
            except PoolTimeoutError:
                gave_up.set()
                raise
            return "done"

        return await db.load(unit, tasks=2, units=2, bears=PoolTimeoutError)

    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01}
    found, (load,) = loaded(shelf_on_postgresql, options, use)
    assert ["None", "done"] == sorted(map(str, found))
    assert (1, {"TimeoutError": 1}, 1, 2) == (load.timeouts, load.errors, len(load.latencies_ns), len(load.waits_ns))


def test_an_error_that_is_not_borne_ends_the_load() -> None:
    """What a unit raises comes out as it is, the other tasks are cancelled, and the pools are as they were."""
    before, ended = Pool.connect, []

    async def run() -> None:
        db = open_async(access(NOWHERE), {})

        async def unit(number: int) -> None:
            try:
                if number == 1:
                    raise LookupError("lost")
                await asyncio.Event().wait()
            finally:
                ended.append(number)

        await db.load(unit, tasks=3, units=9)

    with pytest.raises(LookupError, match="lost"):
        asyncio.run(run())
    assert [0, 1, 2] == sorted(ended)
    assert before is Pool.connect


@pytest.mark.parametrize("wrong", [{"tasks": 0}, {"units": -1}, {"rate": 0.0}])
def test_a_load_that_cannot_be_is_refused(wrong: Mapping[str, Any]) -> None:
    """No tasks, a negative number of units and a rate of nothing are refused with the figures."""

    async def run() -> None:
        db = open_async(access(NOWHERE), {})
        await db.load(one, **{"tasks": 1, "units": 1, **wrong})

    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name}={value}"):
        asyncio.run(run())


def test_checkouts_of_other_engines_are_not_waited_for(shelf_on_postgresql: Address) -> None:
    """A unit that uses an engine of its own adds nothing to what is seen of the strategy's pool."""

    async def use(db: Database) -> Any:
        other = open_async(access(shelf_on_postgresql), {})
        try:
            return await db.load(lambda n: one(other), tasks=1, units=3)
        finally:
            await dispose(other)

    found, (load,) = loaded(shelf_on_postgresql, {}, use)
    assert [1, 1, 1] == found
    assert ([], 0, 0) == (load.waits_ns, load.opened, load.most_in_use)


def p99_ms(load: Load) -> float:
    """The latency that a hundredth of the units exceeds."""
    return sorted(load.latencies_ns)[round(len(load.latencies_ns) * 0.99) - 1] / 1e6


@pytest.mark.parametrize(("rate", "shows"), [(RATE, True), (None, False)])
def test_a_stall_of_the_server_shows_in_an_open_loop(
    written_on_postgresql: Address, rate: float | None, *, shows: bool
) -> None:
    """Half a second for which the server answers nobody is in the 99th percentile of an open loop, whose units were due
    meanwhile, and is not in that of a closed loop, whose one task sent none.
    """

    async def use(db: Database) -> Any:
        locker = open_async(access(written_on_postgresql, writes=True), {})

        async def stall() -> None:
            async with locker.engine.begin() as connection:
                await connection.execute(text("LOCK TABLE items IN ACCESS EXCLUSIVE MODE"))
                await connection.execute(text(f"SELECT pg_sleep({STALL_MS / 1000})"))

        stalls: list[asyncio.Task[None]] = []

        async def unit(number: int) -> None:
            if number == UNITS // 4:
                stalls.append(asyncio.create_task(stall()))
            async with db.connection() as connection:
                await connection.execute(text("SELECT id FROM items LIMIT 1"))

        try:
            await db.load(unit, tasks=1, units=UNITS, rate=rate)
            await asyncio.gather(*stalls)
        finally:
            await dispose(locker)

    _, (load,) = loaded(written_on_postgresql, {}, use)
    assert max(load.latencies_ns) / 1e6 > STALL_MS * 0.9
    assert (p99_ms(load) > STALL_MS * 0.8) is shows


def test_two_loads_at_once_are_refused() -> None:
    """What their units meet could not be told apart; the first goes on, and the pools are as they were."""
    before = Pool.connect

    async def run() -> list[Any]:
        db = open_async(access(NOWHERE), {})

        async def unit(number: int) -> str:
            with pytest.raises(RuntimeError, match="two loads at once"):
                await db.load(unit, tasks=1, units=1)
            return "refused"

        return await db.load(unit, tasks=1, units=1)

    assert ["refused"] == asyncio.run(run())
    assert before is Pool.connect


def test_connections_that_cannot_be_opened_are_not_in_use(shelf_on_postgresql: Address) -> None:
    """Where the first two checkouts fail, those that come after them count as they are."""

    async def use(db: Database) -> Any:
        failures = iter([True, True])

        @event.listens_for(db.engine.sync_engine, "do_connect")
        def refuse(*arguments: Any) -> None:
            if next(failures, False):
                raise OSError("refused")

        return await db.load(lambda n: one(db), tasks=2, units=6, bears=OSError)

    found, (load,) = loaded(shelf_on_postgresql, {"pool_size": 2, "max_overflow": 0}, use)
    assert [1, 1, 1, 1] == [one for one in found if one is not None]
    assert ({"OSError": 2}, 2) == (load.errors, load.most_in_use)
