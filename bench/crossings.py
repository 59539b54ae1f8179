"""Where the winner changes along one parameter: the two points that it changes between, and at about which value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.measurement import PointResult, StrategyResult

ADDED_TIME = "added round-trip time"
"""What it is called where it is looked along as a parameter is, in milliseconds; no parameter can have this name."""

UNSETTLED = 1.1
"""How far one may be estimated to be behind and, for want of rounds, not be shown to be, and still be called a winner.
"""

_WITHOUT_TIME = ("failed", "skipped", "differs")


@dataclass(frozen=True)
class Stretch:
    """Points in a row at which some strategies are always among the winners: its `winners`. `alone` says that no
    other is among them anywhere.
    """

    points: tuple[PointResult, ...]
    winners: tuple[str, ...]
    alone: bool


@dataclass(frozen=True)
class Crossing:
    """A change of the winner along `parameter`: `before` is fastest at `low`, `after` at `high`, two measured values.

    Along the added round-trip time these are the milliseconds that were asked for, and `at` is in those really added.
    `at` is where the two take the same time, interpolated; None where that cannot be told: a median is missing, the
    values are no numbers, the medians keep their order, or at one of the two points both are among the winners.
    """

    parameter: str
    before: str
    after: str
    low: Any
    high: Any
    at: float | None


def line_through(centre: PointResult, parameter: str, points: Sequence[PointResult]) -> list[PointResult]:
    """The points that differ from `centre` in this parameter alone, itself among them if it is among `points`.

    Args:
        centre: A point.
        parameter: The name of a parameter that it has, or `ADDED_TIME`.
        points: All that were measured of its scenario.

    Returns:
        Points by ascending value of the parameter.
    """

    def others(point: PointResult) -> dict[str, Any]:
        return {name: value for name, value in _place(point).items() if name != parameter}

    line = [point for point in points if others(point) == others(centre)]
    return sorted(line, key=lambda point: (isinstance(value_of(point, parameter), str), value_of(point, parameter)))


def value_of(point: PointResult, parameter: str) -> Any:
    """The value of a parameter at a point; of `ADDED_TIME` the milliseconds that were asked for."""
    return _place(point)[parameter]


def stretches(line: Sequence[PointResult]) -> list[Stretch]:
    """The points of a line that tell who wins, in as few stretches as can be, each as long as one winner lasts."""
    found: list[list[PointResult]] = []
    for point in line:
        if not contenders(point) or not tells(point):
            continue
        # One that is unsettled somewhere was not shown to have lost there, before a change no less than after it.
        if found and _winners_of_all([*found[-1], point]):
            found[-1].append(point)
        else:
            found.append([point])
    return [_stretch(points) for points in found]


def _winners_of_all(points: Sequence[PointResult]) -> list[str]:
    """Who is among the winners of every point, in the order of the first."""
    return [name for name in points[0].winners if all(name in point.winners for point in points)]


def _stretch(points: Sequence[PointResult]) -> Stretch:
    """The stretch of these points, of whose winners those are named that are unsettled at the fewest of them."""
    unsettled = {name: sum(name not in contenders(point) for point in points) for name in _winners_of_all(points)}
    fewest = min(unsettled.values())
    winners = tuple(name for name, times in unsettled.items() if times == fewest)
    return Stretch(tuple(points), winners, all(len(point.winners) == 1 for point in points))


def is_unsettled(strategy: StrategyResult) -> bool:
    """Whether one that was not shown to be behind is estimated to be, by so much that more rounds would tell."""
    return (strategy.behind or 1) > UNSETTLED and strategy.behind_verdict == "inconclusive"


def contenders(point: PointResult) -> tuple[str, ...]:
    """The winners of a point, the fastest first, without those that are unsettled."""
    unsettled = {one.name for one in point.strategies if is_unsettled(one)}
    return tuple(name for name in point.winners if name not in unsettled)


def ranks_nothing(point: PointResult) -> bool:
    """Whether the rounds were too few to rank any strategy of the wanted kind: there is no verdict on any of them, nor
    an interval of any distance from the fastest.
    """
    winners = [one for one in point.strategies if one.name in point.winners]
    kinds = {one.returns for one in winners}
    timed = [one for one in point.strategies if one.returns in kinds and one.behind is not None]
    others = [one for one in timed if one.behind_verdict is not None]
    judged = any(one.verdict in ("faster", "slower", "same") for one in timed)
    unknown = all(one.behind_verdict == "inconclusive" and one.behind_low is None for one in others)
    return len(winners) > 1 and bool(others) and unknown and not judged


def tells(point: PointResult) -> bool:
    """Whether there were rounds enough for intervals, or a verdict without."""
    others = [one for one in point.strategies if one.name in point.winners and one.behind is not None]
    return not any(one.behind_verdict == "inconclusive" and one.behind_low is None for one in others)


def crossings(parameter: str, found: Sequence[Stretch]) -> list[Crossing]:
    """The change from each stretch of a line to the next.

    Times are linear in the round-trip time, so along it the difference of the medians is interpolated; along a size,
    the logarithm of their quotient, over the logarithm of the size where that is positive.
    """
    return [_crossing(parameter, *pair) for pair in pairwise(found)]


def _place(point: PointResult) -> dict[str, Any]:
    return {**point.params, ADDED_TIME: point.rtt_ms}


def _crossing(parameter: str, one: Stretch, other: Stretch) -> Crossing:
    last, first = one.points[-1], other.points[0]
    before = next(name for name in last.winners if name in one.winners)
    after = other.winners[0]
    low, high = value_of(last, parameter), value_of(first, parameter)
    shown = after not in last.winners and before not in first.winners
    at = _crossed_at(parameter, (before, after), last, first) if shown else None
    return Crossing(parameter, before, after, low, high, at)


def abscissa(parameter: str, point: PointResult) -> Any:
    """Where a point lies along a parameter; along `ADDED_TIME`, by the milliseconds really added."""
    if parameter == ADDED_TIME and point.rtt_ms and point.rtt_added_ms is not None:
        return point.rtt_added_ms
    if parameter == ADDED_TIME and point.tapped_rtt_ms is not None:
        return point.tapped_rtt_ms
    return value_of(point, parameter)


def _crossed_at(parameter: str, names: tuple[str, str], last: PointResult, first: PointResult) -> float | None:
    low, high = abscissa(parameter, last), abscissa(parameter, first)
    times, later = _times(parameter, names, last), _times(parameter, names, first)
    if times is None or later is None or not (_is_number(low) and _is_number(high) and low < high):
        return None
    if parameter == ADDED_TIME:
        return _zero(low, times[0] - times[1], high, later[0] - later[1])
    steps = math.log(times[0] / times[1]), math.log(later[0] / later[1])
    if low <= 0:
        return _zero(low, steps[0], high, steps[1])
    at = _zero(math.log(low), steps[0], math.log(high), steps[1])
    return None if at is None else min(max(math.exp(at), low), high)


def _times(parameter: str, names: tuple[str, str], point: PointResult) -> tuple[float, float] | None:
    """The medians of two strategies at a point, in ms, on the way that the other points of the line take.

    At no added time, calls went straight to the server: there, what both take through the tap is what the points with
    added time can be compared with.
    """
    by_name = {one.name: one for one in point.strategies if one.verdict not in _WITHOUT_TIME}
    if not all(name in by_name for name in names):
        return None
    one, other = (by_name[name] for name in names)
    if parameter == ADDED_TIME and point.tapped_rtt_ms is not None:
        return (one.tapped_ms, other.tapped_ms) if one.tapped_ms and other.tapped_ms else None
    return _medians(one, other)


def _medians(one: StrategyResult, other: StrategyResult) -> tuple[float, float] | None:
    return (one.median_ms, other.median_ms) if one.median_ms and other.median_ms else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _zero(low: float, below: float, high: float, above: float) -> float | None:
    """Where the straight line from (low, below) to (high, above) is 0; None unless it rises through it."""
    if not below < 0 < above:
        return None
    return min(max(low + (high - low) * (below / (below - above)), low), high)
