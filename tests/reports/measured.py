"""Results as a run would have them, for the tests of charts: times are written out, verdicts follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.measurement import Latency, LoadResult, PointResult, ScenarioResult, StrategyResult

FAILED = StrategyResult("broken", verdict="failed", error="ProgrammingError: no such table")
SKIPPED = StrategyResult("expanding_in", verdict="skipped", reason="more than 32,767 arguments")
SHOWN = StrategyResult("shown", demonstration=True, reason="raises LookupError")


def strategy(name: str, ms: float, **more: Any) -> StrategyResult:
    """One that was timed, with its interval."""
    return StrategyResult(name, **{"median_ms": ms, "median_low_ms": ms * 0.97, "median_high_ms": ms * 1.04, **more})


def point(
    params: Mapping[str, Any],
    times: Mapping[str, float],
    more: Sequence[StrategyResult] = (),
    rtt_ms: float = 0.0,
    **about: Any,
) -> PointResult:
    """A point whose baseline is the first; within 3 % of the fastest, strategies are not told apart."""
    best = min(times.values(), default=1.0)
    baseline = next(iter(times), "")
    timed = [
        strategy(
            name,
            ms,
            baseline=name == baseline,
            verdict=None if name == baseline else "faster" if ms < times[baseline] else "slower",
            ratio=ms / times[baseline],
            behind=ms / best,
            behind_verdict=None if ms == best else "same" if ms < best * 1.03 else "slower",
            behind_low=ms / best,
            tapped_ms=ms * 1.1 if "tapped_rtt_ms" in about else None,
        )
        for name, ms in times.items()
    ]
    winners = sorted((name for name, ms in times.items() if ms < best * 1.03), key=lambda name: times[name])
    return PointResult(params, rtt_ms, (*timed, *more), winners, rounds=200, **about)


def scenario(*points: PointResult, name: str = "loading.one_to_many", **more: Any) -> ScenarioResult:
    """A scenario of entities, the first of whose points is the typical one."""
    typical = dict(points[0].params) if points else {}
    return ScenarioResult(name, **{"size": next(iter(typical), None), "typical": typical, "points": points, **more})


def load(p50: float, p95: float, p99: float, lost: int = 0) -> LoadResult:
    """A load of which only latencies and throughput are of interest."""
    return LoadResult(
        samples=9,
        tasks=20,
        units=100,
        rate=None,
        throughput=2471.2,
        unit=Latency(900, p50, p95, p99, p99, ""),
        waiting=None,
        loop_lag=None,
        connections_opened=0,
        connections_closed=0,
        most_in_use=5,
        timeouts=0,
        lost=lost,
        errors={},
        client_cpu=0.5,
    )
