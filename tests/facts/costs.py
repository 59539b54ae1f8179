"""What calls of a strategy cost, by SQLAlchemy's events, on the wire and on the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from bench import Database, Scenario
from bench.counters.server_statistics import ServerStatistics
from bench.databases.address import Address
from bench.measuring.tap_process import TapProcess, Way
from bench.wire.counts import WireCounts
from bench.worker.calling import OpenStrategy
from bench.worker.counting import counted
from bench.worker.engines import Access
from tests.facts.library import library


@dataclass(frozen=True)
class Cost:
    """One call: its result, the cursor events and the executions that they announce (None where they cannot see it),
    what crossed the wire, and the executions on the server.
    """

    result: Any
    events: int | None
    executions: int | None
    wire: WireCounts
    server: int

    @property
    def round_trips(self) -> int:
        """Those of the wire."""
        return self.wire.round_trips

    @property
    def witnesses(self) -> tuple[int | None, int | None, int, int]:
        """Cursor events, the executions that they announce, those on the wire and those on the server."""
        return self.events, self.executions, self.wire.executions, self.server


@dataclass(frozen=True)
class Costs:
    """Counts calls on one database, through a tap.

    Args:
        tap: The tap.
        way: The way through it to the server.
        database: The database, with all that it takes to reach it.
    """

    tap: TapProcess
    way: Way
    database: Address

    def warm(self, function: Callable[..., Any], count: int = 0, *, driver: str = "asyncpg", **options: Any) -> Cost:
        """What the third call on a connection costs.

        Args:
            function: A strategy: it gets `db`, and `count` and `state` where it names them; a plain one is on psycopg.
            count: What it gets.
            driver: The driver of a coroutine function.
            options: `setup`, which gives the state, and options of its engine.
        """
        return self.calls(function, count, 3, driver=driver, **options)[-1]

    def calls(
        self,
        function: Callable[..., Any],
        count: int = 0,
        calls: int = 1,
        *,
        cold: bool = False,
        driver: str = "asyncpg",
        setup: Callable[..., AbstractAsyncContextManager[Any]] | None = None,
        **engine_options: Any,
    ) -> list[Cost]:
        """What each of the first calls on an open connection costs; with `cold`, the first one opens it."""
        scenario = Scenario(dataset=library, params={"count": [count]}, typical={"count": count})
        scenario.strategy(setup=setup, engine_options=engine_options)(function)
        (strategy,) = scenario.strategies.values()
        access = Access(self.way.to(self.database), driver, "bench tested", True)

        async def run() -> list[Cost]:
            opened = OpenStrategy(strategy, access, {"count": count})
            try:
                if not cold:
                    await _connect(opened)
                await opened.open()
                with ServerStatistics(self.database) as statistics:
                    return [await self._call(opened, statistics) for _ in range(calls)]
            finally:
                await opened.close()

        return asyncio.run(run())

    async def _call(self, opened: OpenStrategy, statistics: ServerStatistics) -> Cost:
        self.tap.crossed(self.way)
        statistics.taken()
        with counted(opened.handle, objects=False) as tally:
            result = await opened.once(None)
        crossed, server = self.tap.crossed(self.way), statistics.taken()
        assert crossed.counts is not None
        assert server is not None
        seen = tally.counters()
        return Cost(result, seen["statements"], seen["executions"], crossed.counts, server.executions)


async def _connect(opened: OpenStrategy) -> None:
    if isinstance(opened.handle, Database):
        async with opened.handle.engine.connect():
            pass
    else:
        with opened.handle.engine.connect():
            pass
