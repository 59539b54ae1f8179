"""Drives a load: one unit of work after the other from many tasks, and what was seen of it.

A closed loop starts a task's next unit when its last is done. An open loop starts units at a rate, whatever became of
those before: a unit's latency counts from the moment it was due, for it is then that somebody waits (Tene, "How NOT to
Measure Latency": a closed loop omits, in coordination with a server that stalls, the very calls that would have met
the stall).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import Pool, QueuePool

from bench.pipe import Message
from bench.worker.histograms import encoded
from bench.worker.share import WHOLE, Share

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

Unit = Callable[[int], Awaitable[Any]]
"""A unit of work: it is told its number, from 0."""

SCALARS = (
    *("tasks", "units", "rate", "began_ns", "wall_ns", "cpu_ns", "worked_ns", "last_start_ns"),
    *("opened", "closed", "most_in_use", "timeouts"),
)
_CONNECT = Pool.connect
LAG_EVERY_S = 0.01
"""Seconds between two looks at how late the event loop runs what is due."""
TIMER_S = 0.001
"""Seconds that a timer of an event loop may be late by itself: epoll counts in milliseconds."""


@dataclass
class Load:
    """What was seen of one load, or of this process's share of it; its `rate` is that of the whole.

    Attributes:
        tasks: How many units ran at once at most.
        units: How many were started.
        rate: Units a second that were to be started; None in a closed loop.
        began_ns: When it began, by `perf_counter_ns`.
        wall_ns: Nanoseconds from the start to the end of the last unit.
        cpu_ns: Nanoseconds of this process's CPU meanwhile.
        latencies_ns: Nanoseconds of each unit that was done: from its start, in an open loop from when it was due.
        worked_ns: Nanoseconds of all units together, from the start of each.
        last_start_ns: Nanoseconds until the last unit was started.
        waits_ns: Nanoseconds that each checkout from the engine's pool took, those that failed included.
        lags_ns: By how many nanoseconds the event loop was late, at each look.
        opened: Connections that the pool opened.
        closed: Connections that the pool closed.
        most_in_use: Connections that were checked out at once at most.
        timeouts: Checkouts that the pool gave up, by `pool_timeout`.
        errors: Units that raised what was to be borne, by the name of the exception, and the driver's where it has one.
    """

    tasks: int
    units: int
    rate: float | None
    began_ns: int = 0
    wall_ns: int = 0
    cpu_ns: int = 0
    latencies_ns: list[int] = field(default_factory=list)
    worked_ns: int = 0
    last_start_ns: int = 0
    waits_ns: list[int] = field(default_factory=list)
    lags_ns: list[int] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    most_in_use: int = 0
    timeouts: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def told(self) -> Message:
        """As the controller takes it, with histograms for durations."""
        seen = {name: getattr(self, name) for name in SCALARS}
        histograms = {
            "latencies": encoded(self.latencies_ns),
            "waits": encoded(self.waits_ns) if self.waits_ns else None,
            "lags": encoded(self.lags_ns),
        }
        return {
            **seen,
            **histograms,
            "waited_ns": sum(self.waits_ns),
            "slowed_ns": self.slowed_ns,
            "errors": dict(self.errors),
        }

    @property
    def slowed_ns(self) -> int:
        """By how many nanoseconds the median latency of the units that were done last, half of all, is above that of
        those that were done first; 0 for fewer than two.
        """
        half = len(self.latencies_ns) // 2
        if half == 0:
            return 0
        return round(median(self.latencies_ns[-half:]) - median(self.latencies_ns[:half]))


async def drive(
    engine: AsyncEngine,
    unit: Unit,
    *,
    tasks: int,
    units: int,
    rate: float | None,
    bears: tuple[type[Exception], ...],
    share: Share = WHOLE,
) -> tuple[list[Any], Load]:
    """Run units of work, and see what they meet.

    Args:
        engine: Whose pool is watched.
        unit: What to do.
        tasks: How many at once, at most.
        units: How many in all.
        rate: How many to start a second; None for a closed loop.
        bears: What a unit may raise without ending the load.
        share: Which of the tasks and units are this process's, where several drive the load; each unit is due when it
            would be if one process drove them all.

    Returns:
        What each unit returned, by its number; None for one that raised, or is another process's. And what was seen.

    Raises:
        ValueError: Fewer than one task, a negative number of units, or a rate that is not positive.
        RuntimeError: Another load is running in this process.
        Exception: What a unit raised first, where it is not to be borne; the others are cancelled.
    """
    if tasks < 1 or units < 0 or (rate is not None and rate <= 0):
        raise ValueError(f"a load takes at least 1 task, 0 units and a positive rate: {tasks=}, {units=}, {rate=}")
    if Pool.connect is not _CONNECT:
        raise RuntimeError("two loads at once cannot be told apart: give all units to one load")
    own_tasks, own_units = share.tasks(tasks), share.units(tasks, units)
    load = Load(own_tasks, len(own_units), rate)
    results: list[Any] = [None] * units
    numbers = iter(own_units)
    with _pool_watched(engine, load):
        cpu_before, began = process_time_ns(), perf_counter_ns()
        load.began_ns = began
        interval_ns = None if rate is None else 1e9 / rate
        work = [
            _work(unit, numbers, results, load, bears, began, interval_ns)
            for _ in range(min(own_tasks, len(own_units)))
        ]
        lag = asyncio.create_task(_watch_lag(load.lags_ns))
        try:
            await _all(work)
        finally:
            load.wall_ns = perf_counter_ns() - began
            load.cpu_ns = process_time_ns() - cpu_before
            lag.cancel()
    return results, load


async def _work(
    unit: Unit,
    numbers: Iterator[int],
    results: list[Any],
    load: Load,
    bears: tuple[type[Exception], ...],
    began: int,
    interval_ns: float | None,
) -> None:
    """One task: a unit after the other, each when it is due, or at once where there is no interval between them."""
    done = load.latencies_ns.append
    for number in numbers:
        due = None if interval_ns is None else began + int(number * interval_ns)
        if due is not None:
            await until(due)
        started = perf_counter_ns()
        load.last_start_ns = max(load.last_start_ns, started - began)
        try:
            results[number] = await unit(number)
        except bears as error:
            load.errors[_name_of(error)] += 1
            ended = perf_counter_ns()
        else:
            ended = perf_counter_ns()
            done(ended - (started if due is None else due))
        load.worked_ns += ended - started


def _name_of(error: Exception) -> str:
    """What a caller sees: the exception, and the driver's own where SQLAlchemy has wrapped it."""
    name, own = type(error).__name__, getattr(error, "orig", None)
    if own is None:
        return name
    return f"{name} ({type(own.__cause__ or own).__name__})"


async def until(due: int) -> None:
    """Wait until a moment of `perf_counter_ns`, and not for the millisecond more that a timer may be late."""
    left_s = (due - perf_counter_ns()) / 1e9
    if left_s > TIMER_S:
        await asyncio.sleep(left_s - TIMER_S)
    while perf_counter_ns() < due:  # noqa: ASYNC110 - no event can be set at a moment
        await asyncio.sleep(0)


async def _all(work: list[Any]) -> None:
    """Wait for all; where one raises, cancel the others and raise that."""
    running = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*running)
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _watch_lag(lags_ns: list[int]) -> None:
    while True:
        due = perf_counter_ns() + int(LAG_EVERY_S * 1e9)
        await asyncio.sleep(LAG_EVERY_S)
        lags_ns.append(max(0, perf_counter_ns() - due))


@contextmanager
def _pool_watched(engine: AsyncEngine, load: Load) -> Iterator[None]:
    """Time the checkouts of an engine's pool meanwhile, and count what it opens, closes and gives out."""
    watched = engine.sync_engine
    held = watched.pool.checkedout() if isinstance(watched.pool, QueuePool) else 0
    in_use: set[int] = set()

    def connected(connection: Any, record: Any) -> None:
        load.opened += 1

    def closed(connection: Any, record: Any) -> None:
        load.closed += 1

    def checked_out(connection: Any, record: Any, fairy: Any) -> None:
        in_use.add(id(record))
        load.most_in_use = max(load.most_in_use, held + len(in_use))

    def checked_in(connection: Any, record: Any) -> None:
        # Of one that could not be opened again too, which was never given out.
        in_use.discard(id(record))

    def timed(pool: Pool) -> Any:
        if pool is not watched.pool:
            return _CONNECT(pool)
        began = perf_counter_ns()
        try:
            return _CONNECT(pool)
        except PoolTimeoutError:
            load.timeouts += 1
            raise
        finally:
            load.waits_ns.append(perf_counter_ns() - began)

    listeners = (("connect", connected), ("close", closed), ("checkout", checked_out), ("checkin", checked_in))
    for name, listener in listeners:
        event.listen(watched, name, listener)
    # Of the class, for an engine that is disposed of goes on with another pool.
    Pool.connect = timed  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Pool.connect = _CONNECT  # type: ignore[method-assign]
        for name, listener in listeners:
            event.remove(watched, name, listener)
