"""A strategy opened at a point: its own engine, its state, and the calls that are made of it."""

from __future__ import annotations

import gc
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from random import Random
from time import perf_counter_ns, process_time_ns
from typing import Any

from bench.scenario import Scenario, Strategy
from bench.worker.copying import equal_copy
from bench.worker.engines import Access, dispose, has_connection_left, open_async, open_sync
from bench.worker.faults import Disturbance
from bench.worker.fencing import require_fenced
from bench.worker.handle import Database, SyncDatabase
from bench.worker.load_driver import Load
from bench.worker.share import Share

Call = Callable[[], Any]

WARM_UP_USES = 6
"""Uses of each connection before the clock counts: the server may change a prepared statement's plan at the sixth."""


@dataclass(frozen=True)
class Timing:
    """Calls made in a row: nanoseconds of each by the wall clock, and of the process's CPU time."""

    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]


class OpenStrategy:
    """A strategy with an engine of its own at one point. `open` it, make calls, `close` it."""

    def __init__(self, strategy: Strategy, access: Access, params: Mapping[str, Any]) -> None:
        self.strategy = strategy
        self.access = access
        self.handle = self.another_handle()
        self._params = params
        self._state: Any = None
        self._stack = AsyncExitStack()
        self._units_a_call = 0

    def another_handle(self) -> Database | SyncDatabase:
        """A handle as the strategy's own, on an engine apart; nothing is connected yet."""
        return (open_async if self.strategy.is_async else open_sync)(self.access, self.strategy.engine_options)

    async def open(self) -> None:
        """Enter the strategy's setup, untimed."""
        if self.strategy.setup is not None:
            manager: Any = self.strategy.setup(self.handle, **_accepted(self.strategy.setup, self._params))
            if hasattr(manager, "__aenter__"):
                self._state = await self._stack.enter_async_context(manager)
            else:
                self._state = self._stack.enter_context(manager)

    async def connect(self) -> None:
        """Have a connection ready in the pool, with what the dialect asks of the server at its first; where the setup
        holds all that there may be, they are.
        """
        if not has_connection_left(self.handle):
            return
        if isinstance(self.handle, Database):
            async with self.handle.engine.connect():
                pass
        else:
            self.handle.engine.connect().close()

    async def release(self) -> None:
        """Close the connections of its pool, which opens new ones when they are needed; those of a setup stay."""
        if self.strategy.setup is None:
            await dispose(self.handle)

    async def close(self) -> None:
        """Leave the setup and close every connection."""
        try:
            await self._stack.aclose()
            if self.access.address.is_read_only:
                await require_fenced(self.handle)
        finally:
            await dispose(self.handle)

    def calls(self, inputs: Any, count: int) -> list[Call]:
        """`count` calls of the strategy with everything bound, each with an equal copy of `inputs` of its own."""
        given = {**self._params, "state": self._state}
        return [
            partial(
                self.strategy.function,
                self.handle,
                **{
                    name: equal_copy(inputs) if name == "inputs" else given[name]
                    for name in self.strategy.takes
                    if name != "db"
                },
            )
            for _ in range(count)
        ]

    def loads(self) -> list[Load]:
        """What was seen of the loads that its calls have driven since this was asked last."""
        loads = self.handle.forgotten_loads() if isinstance(self.handle, Database) else []
        self._units_a_call = max([self._units_a_call, *(load.units for load in loads)])
        return loads

    def disturb(self, disturbance: Disturbance) -> None:
        """Have the load of its next call disturbed."""
        if isinstance(self.handle, Database):
            self.handle.disturbance = disturbance

    def divide(self, share: Share) -> None:
        """Have its calls drive this share of their loads, and no more."""
        if isinstance(self.handle, Database):
            self.handle.share = share

    async def once(self, inputs: Any) -> Any:
        """The result of one call, untimed."""
        (call,) = self.calls(inputs, 1)
        return await call() if self.strategy.is_async else call()

    @property
    def warm_up_calls(self) -> int:
        """Calls that it takes until each open connection was used six times, where a call uses one, once for each unit
        of a load that it drives.
        """
        opened = getattr(self.handle.engine.pool, "checkedin", None)
        connections = max(1, opened() if opened is not None else 1)
        return math.ceil(WARM_UP_USES * connections / max(1, self._units_a_call))


async def time_calls(calls: Sequence[Call], is_async: bool, *, untimed: int = 0) -> Timing:
    """Time calls one after the other; garbage is collected once before them, untimed, and what lives then is not looked
    through again.

    The clock runs around one await each: no task is made, no loop is started, and what a call returns is let go of
    after the clock is read. The first few may be `untimed`: collecting, and what others have called since, leaves the
    processor's caches with nothing of theirs.
    """
    gc.collect()
    gc.freeze()
    for call in calls[:untimed]:
        if is_async:
            await call()
        else:
            call()
    return await time_made_calls(calls[untimed:], is_async)


async def time_made_calls(calls: Sequence[Call], is_async: bool) -> Timing:
    """Time calls one after the other at once, where garbage was collected before."""
    return await _time_async(calls) if is_async else _time_sync(calls)


async def _time_async(calls: Sequence[Callable[[], Awaitable[Any]]]) -> Timing:
    wall, cpu = [], []
    for call in calls:
        cpu_before = process_time_ns()
        before = perf_counter_ns()
        result = await call()
        after = perf_counter_ns()
        cpu.append(process_time_ns() - cpu_before)
        wall.append(after - before)
        del result
    return Timing(tuple(wall), tuple(cpu))


def _time_sync(calls: Sequence[Call]) -> Timing:
    wall, cpu = [], []
    for call in calls:
        cpu_before = process_time_ns()
        before = perf_counter_ns()
        result = call()
        after = perf_counter_ns()
        cpu.append(process_time_ns() - cpu_before)
        wall.append(after - before)
        del result
    return Timing(tuple(wall), tuple(cpu))


def inputs_of(scenario: Scenario, params: Mapping[str, Any], seed: str) -> Any:
    """What `Scenario(inputs=...)` gives for a round; None where there is none. Equal seeds give equal inputs."""
    if scenario.inputs is None:
        return None
    return scenario.inputs(Random(seed), **_accepted(scenario.inputs, params))


def seed_of(seed: int, name: str, params: Mapping[str, Any]) -> str:
    """What every choice at a point is drawn from, by the run's seed, the scenario's name and the parameters."""
    return f"{seed}:{name}:{sorted(params.items())}"


def declines(strategy: Strategy, params: Mapping[str, Any]) -> str | None:
    """Why a strategy declines a point, by its `where`; None where it applies."""
    if strategy.where is None:
        return None
    answer = strategy.where(**_accepted(strategy.where, params))
    if answer is True:
        return None
    if isinstance(answer, str):
        return answer
    shown = ", ".join(f"{name}={value}" for name, value in params.items())
    return f"declines {shown}"


def _accepted(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return dict(values)
    names = {parameter.name for parameter in parameters}
    return {name: value for name, value in values.items() if name in names}
