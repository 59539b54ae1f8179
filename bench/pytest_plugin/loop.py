"""The one event loop on which async strategies run under pytest, and what it adds to each call."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import cached_property
from statistics import median
from time import perf_counter_ns
from typing import Any, TypeVar

T = TypeVar("T")

LOOKS = 500
"""Calls of nothing by which what the loop adds is measured; they take a hundredth of a second."""
PATIENCE_S = 5.0
"""Seconds that a strategy which failed or was interrupted has to let go of its connections."""


class Loop:
    """An event loop that is started and stopped at each call, which costs a tenth of an `asyncio.run`.

    Args:
        kind: `asyncio` or `uvloop`.
    """

    def __init__(self, kind: str) -> None:
        factory = None
        if kind == "uvloop":
            import uvloop

            factory = uvloop.new_event_loop
        self._runner = asyncio.Runner(loop_factory=factory)
        self.run_until_complete = self._runner.get_loop().run_until_complete

    @cached_property
    def overhead_us(self) -> float:
        """Microseconds that a call takes which does nothing: the median of many."""
        taken = []
        for _ in range(LOOKS):
            before = perf_counter_ns()
            self.run_until_complete(_nothing())
            taken.append(perf_counter_ns() - before)
        return median(taken) / 1000

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns."""
        return self.run_until_complete(coroutine)

    def let_go(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Cancel whatever is under way, then run what puts away what it used, for a few seconds at most."""
        for task in asyncio.all_tasks(self._runner.get_loop()):
            task.cancel()
        with suppress(TimeoutError):
            self.run(asyncio.wait_for(coroutine, PATIENCE_S))

    def close(self) -> None:
        """Cancel what is left and close the loop."""
        self._runner.close()


async def _nothing() -> None:
    """Do nothing."""
