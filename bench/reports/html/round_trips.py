"""Which strategies wait for their round trips one after the other, so that their time follows from the distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.measurement import PointResult, StrategyResult
from bench.reports.columns import UNRANKED

LEAST_SHARE = 0.75
"""The share of the time that its round trips take one after the other which a call has to take longer at a distance."""


def round_trips_in_a_row(points: Sequence[PointResult]) -> Mapping[str, int]:
    """The round trips of a call by strategy, of those that wait for one after the other.

    Whoever uses several connections waits for some at the same time. The run knows it where nothing was measured at
    1 ms, and has no estimate for it; else the distances that were measured tell it: the call did not take as much
    longer at one as its round trips would have.

    Args:
        points: Those of one choice of parameters, the nearest first.
    """
    return {
        name: trips
        for name, seen in _by_strategy(points).items()
        if (trips := seen[0][1].counters.round_trips) is not None and _in_a_row(seen, trips)
    }


def _by_strategy(points: Sequence[PointResult]) -> Mapping[str, Sequence[tuple[float, StrategyResult]]]:
    seen: dict[str, list[tuple[float, StrategyResult]]] = {}
    for point in points:
        for strategy in point.strategies:
            if strategy.median_ms is not None and strategy.verdict not in UNRANKED:
                seen.setdefault(strategy.name, []).append((point.rtt_ms, strategy))
    return seen


def _in_a_row(seen: Sequence[tuple[float, StrategyResult]], trips: int) -> bool:
    nearest, near = seen[0]
    if any(one.load is not None or one.drives_load or one.disturbed is not None for _, one in seen):
        return False
    if nearest == 0 and not near.at_1ms_measured:
        return near.at_1ms_ms is not None
    farthest, far = seen[-1]
    if farthest == nearest:
        return False
    longest = far.median_high_ms or far.median_ms or 0.0
    shortest = near.median_low_ms or near.median_ms or 0.0
    return longest - shortest >= LEAST_SHARE * trips * (farthest - nearest)
