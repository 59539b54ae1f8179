"""What one call of a strategy costs, by SQLAlchemy's events, on the wire and on the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from bench import Scenario
from bench.counters.server_statistics import ServerStatistics
from bench.databases.address import Address
from bench.measuring.tap_process import TapProcess
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
    server: int | None

    @property
    def round_trips(self) -> int:
        """Those of the wire."""
        return self.wire.round_trips

    @property
    def witnesses(self) -> tuple[int | None, int | None, int, int | None]:
        """Cursor events, the executions that they announce, those on the wire and those on the server."""
        return self.events, self.executions, self.wire.executions, self.server


@dataclass(frozen=True)
class Costs:
    """Counts calls on one database, through a tap.

    Args:
        tap: The tap.
        server: The server's address in full, which the tap reaches it at.
        database: The database's address in full.
    """

    tap: TapProcess
    server: Address
    database: Address

    def of(
        self,
        function: Callable[..., Any],
        count: int = 0,
        *,
        after: int = 2,
        driver: str = "asyncpg",
        setup: Callable[..., AbstractAsyncContextManager[Any]] | None = None,
        **engine_options: Any,
    ) -> Cost:
        """What a call costs `after` so many others on the same engine; 0 is the first, which opens the connection.

        Args:
            function: A strategy: `db`, and `count` and `state` where it names them.
            count: What it gets as `count`.
            after: The calls before it.
            driver: Of an async function; a plain one is on psycopg.
            setup: Gives `state`.
            engine_options: Options of its engine.
        """
        return self.series(function, [count], after, driver, setup, engine_options)[-1]

    def first(self, function: Callable[..., Any], count: int, calls: int, **engine_options: Any) -> list[Cost]:
        """What each of the first `calls` calls on an engine costs."""
        return self.series(function, [count] * calls, 0, "asyncpg", None, engine_options)

    def series(
        self,
        function: Callable[..., Any],
        counts: list[int],
        after: int,
        driver: str,
        setup: Callable[..., AbstractAsyncContextManager[Any]] | None,
        engine_options: Mapping[str, Any],
    ) -> list[Cost]:
        """What each of several calls in a row costs."""
        scenario = Scenario(dataset=library, params={"count": counts}, typical={"count": counts[0]})
        scenario.strategy(setup=setup, engine_options=engine_options)(function)
        (strategy,) = scenario.strategies.values()
        way = self.tap.open_way(self.server, counting=True)
        access = Access(way.to(self.database), driver, "bench tested", True)

        async def run() -> list[Cost]:
            opened = OpenStrategy(strategy, access, {"count": counts[0]})
            try:
                await opened.open()
                for _ in range(after):
                    await opened.once(None)
                with ServerStatistics(self.database) as statistics:
                    return [await self._counted(opened, way, statistics) for _ in counts]
            finally:
                await opened.close()

        try:
            return asyncio.run(run())
        finally:
            self.tap.close_way(way)

    async def _counted(self, opened: OpenStrategy, way: Any, statistics: ServerStatistics) -> Cost:
        self.tap.crossed(way)
        statistics.taken()
        with counted(opened.handle, objects=False) as tally:
            result = await opened.once(None)
        crossed, server = self.tap.crossed(way).counts, statistics.taken()
        assert crossed is not None
        assert server is not None
        seen = tally.counters()
        return Cost(result, seen["statements"], seen["executions"], crossed, server.executions)
