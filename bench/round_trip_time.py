"""What a call's time is made of, and what the call takes where the database is further away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.measurement import PointResult, StrategyResult

ESTIMATED_AT_MS = 1.0
"""The round-trip time that every strategy is estimated at, in milliseconds."""

_WITHOUT_TIME = ("failed", "skipped", "differs")


def estimate_at(
    median_ms: float | None,
    round_trips: int | None,
    connections_used: int | None,
    rtt_ms: float = ESTIMATED_AT_MS,
) -> float | None:
    """What a call takes where each of its round trips takes `rtt_ms` more, in milliseconds.

    Args:
        median_ms: The median of its calls straight to the server, in milliseconds.
        round_trips: Those of a warm call.
        connections_used: By one call; on several, round trips are waited for at the same time.
        rtt_ms: The round-trip time, in milliseconds.

    Returns:
        None where one of the three is not known, or more than one connection is used.
    """
    if median_ms is None or round_trips is None or connections_used is None or connections_used > 1:
        return None
    return median_ms + round_trips * rtt_ms


def split(median_ms: float | None, cpu_ms: float | None, server_ms: float | None) -> tuple[float | None, float | None]:
    """What is left of a call's time beside the client's CPU and the server: waiting and overlap, in milliseconds.

    Returns:
        Time in which neither worked, and time in which both did; median = CPU + server + waiting - overlap. At least
        one of them is 0, for only their difference can be known. Both are None where one of the three is.
    """
    if median_ms is None or cpu_ms is None or server_ms is None:
        return None, None
    left = median_ms - cpu_ms - server_ms
    return max(left, 0.0), max(-left, 0.0)


def with_measured(points: Sequence[PointResult]) -> list[PointResult]:
    """The points of a scenario, those without added time with what was measured at 1 ms in place of the estimates.

    Args:
        points: All points of one scenario that were measured, with and without added round-trip time.
    """
    return [point if point.rtt_ms else _replaced(point, _measured_at(point, points)) for point in points]


def _measured_at(point: PointResult, points: Sequence[PointResult]) -> Mapping[str, float]:
    """The medians at 1 ms of added round-trip time by strategy, where the same parameters were measured there."""
    further = [one for one in points if one.rtt_ms == ESTIMATED_AT_MS and dict(one.params) == dict(point.params)]
    return {
        strategy.name: strategy.median_ms
        for one in further
        for strategy in one.strategies
        if strategy.median_ms is not None and strategy.verdict not in _WITHOUT_TIME
    }


def _replaced(point: PointResult, measured: Mapping[str, float]) -> PointResult:
    if not measured:
        return point

    def known(strategy: StrategyResult) -> StrategyResult:
        if strategy.name not in measured:
            return strategy
        return replace(strategy, at_1ms_ms=measured[strategy.name], at_1ms_measured=True)

    return replace(point, strategies=tuple(known(strategy) for strategy in point.strategies))
