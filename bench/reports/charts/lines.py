"""What was measured along a line of points, for each strategy that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Literal

from bench.crossings import ADDED_TIME, abscissa
from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.charts.drawable import is_drawn, label, shown_value
from bench.reports.charts.palette import GREY, Palette
from bench.reports.charts.scales import between, runs, time_between

Value = Literal["median", "low", "high"]


@dataclass(frozen=True)
class Measured:
    """A strategy at one place: its median and the bounds of that, in ms.

    `shown` is the place as it is read; it is empty for what the line goes through and nobody asked for: at no added
    time, what calls take through the tap.
    """

    place: float
    median: float
    low: float | None = None
    high: float | None = None
    shown: str = ""


Steps = Callable[[Measured, Measured], int]


@dataclass(frozen=True)
class Line:
    """A strategy along the line; `at` has None where it was not timed. The colour is that on a light page."""

    name: str
    label: str
    colour: str
    dashed: bool
    at: Sequence[Measured | None]

    @property
    def known(self) -> list[Measured]:
        """What was measured of it, in the order of the places."""
        return [one for one in self.at if one is not None]

    @property
    def is_grey(self) -> bool:
        """Whether only its label tells it from others."""
        return self.colour == GREY.light

    def ways(self, value: Value, steps: Steps, power: bool) -> list[list[tuple[float, float]]]:
        """Places and times that it goes through, a list for each stretch that was measured without a gap.

        Args:
            value: Its medians, or one of their bounds.
            steps: How many there are from one measured place to the next.
            power: Whether times in between are a power of the place, or linear in it; as in bench.crossings.
        """
        times = [
            None if one is None else {"median": one.median, "low": one.low, "high": one.high}[value] for one in self.at
        ]
        found = []
        for run in runs([time is not None for time in times]):
            measured = [self._both(times, index) for index in run]
            way = [(one.place, time) for one, time in measured[:1]]
            for (one, time), (another, later) in pairwise(measured):
                way += between((one.place, time), (another.place, later), steps(one, another), power)
            found.append(way)
        return found

    def time_at(self, place: float, power: bool) -> float | None:
        """What it takes between two measured places, in ms; None beyond them."""
        for low, high in pairwise(self.known):
            if low.place <= place <= high.place and low.place < high.place:
                return time_between((low.place, low.median), (high.place, high.median), place, power)
        return None

    def _both(self, times: Sequence[float | None], index: int) -> tuple[Measured, float]:
        one, time = self.at[index], times[index]
        if one is None or time is None:
            raise IndexError(index)
        return one, time


def lines_of(scenario: ScenarioResult, points: Sequence[PointResult], parameter: str, palette: Palette) -> list[Line]:
    """Those that are drawn, grey ones first, so that the others lie on top of them.

    Args:
        scenario: What was measured.
        points: Those of the line, by ascending values of the parameter.
        parameter: What they differ in.
        palette: The colours of the module.
    """
    strategies: dict[str, StrategyResult] = {}
    for point in points:
        for one in point.strategies:
            if is_drawn(one):
                strategies.setdefault(one.name, one)
    numbered = is_numeric(points, parameter)
    found = [
        Line(
            name,
            label(one, scenario.returns),
            palette.colour(name).light,
            one.returns != scenario.returns,
            [at for rank, point in enumerate(points) for at in _at(point, name, parameter, None if numbered else rank)],
        )
        for name, one in strategies.items()
    ]
    return sorted(found, key=lambda one: not one.is_grey)


def is_numeric(points: Sequence[PointResult], parameter: str) -> bool:
    """Whether every value of the parameter is a number, so that there is a way from one to the next."""
    values = [abscissa(parameter, point) for point in points]
    return all(isinstance(one, int | float) and not isinstance(one, bool) and isfinite(one) for one in values)


def _at(point: PointResult, name: str, parameter: str, rank: int | None) -> Iterable[Measured | None]:
    """A strategy at a point; where values are no numbers it lies at its rank among them.

    At no added time calls go straight to the server. What they take through the tap, where the line goes on from
    there, comes after it.
    """
    found = next((one for one in point.strategies if one.name == name and is_drawn(one)), None)
    if found is None or found.median_ms is None:
        yield None
        return
    place = float(abscissa(parameter, point)) if rank is None else float(rank)
    tapped = parameter == ADDED_TIME and point.tapped_rtt_ms is not None
    bounds = found.median_low_ms, found.median_high_ms
    yield Measured(0.0 if tapped else place, found.median_ms, *bounds, shown_value(point, parameter))
    if tapped and found.tapped_ms:
        yield Measured(place, found.tapped_ms)
