"""Times an open strategy by the `benchmark` fixture of pytest-benchmark."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from statistics import median
from time import perf_counter_ns
from typing import Any

from bench.pytest_plugin.loop import Loop
from bench.worker.calling import Call
from bench.worker.point import OpenPoint


@dataclass(frozen=True)
class Limits:
    """What pytest-benchmark is asked for: rounds at least, and seconds at most unless that makes too few rounds."""

    min_rounds: int
    max_time: float

    def rounds(self, round_ns: float) -> int:
        """How many rounds there are where each takes so many nanoseconds, its setup included."""
        return max(self.min_rounds, math.ceil(self.max_time * 1e9 / max(round_ns, 1)))


def time_open(
    loop: Loop, point: OpenPoint, name: str, benchmark: Any, limits: Limits, *, is_async: bool, each_anew: bool
) -> None:
    """Warm a strategy up, six calls a connection, and let `benchmark` time it.

    Args:
        loop: On which the point was opened.
        point: With the strategy.
        name: By which it was opened.
        benchmark: The fixture.
        limits: Of the rounds that have a setup, whose number pytest-benchmark leaves to its caller.
        is_async: Whether the strategy is a coroutine function.
        each_anew: Whether there is something to do before each call, untimed: tables to be put back, or inputs to be
            made.
    """
    began = perf_counter_ns()
    taken = loop.run(point.warm_up(name, 0))
    untimed_ns = (perf_counter_ns() - began - sum(taken)) / len(taken)
    make = _awaited(loop) if is_async else _plainly
    numbers = count()

    def ready() -> tuple[tuple[Call], dict[str, Any]]:
        call = loop.run(point.ready(name, f"round:{next(numbers)}"))
        gc.collect()
        return (call,), {}

    gc.collect()
    gc.freeze()
    try:
        if each_anew:
            rounds = limits.rounds(median(taken[-3:]) + untimed_ns)
            benchmark.pedantic(make, setup=ready, rounds=rounds, iterations=1)
        else:
            (call,), _ = ready()
            benchmark(make, call)
    finally:
        gc.unfreeze()


def _awaited(loop: Loop) -> Callable[[Call], Any]:
    run = loop.run_until_complete
    return lambda call: run(call())


def _plainly(call: Call) -> Any:
    return call()
