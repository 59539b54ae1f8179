"""Time against a parameter: a line for each strategy, its interval as a band, and a mark where the winner changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.crossings import ADDED_TIME, crossings, line_through, stretches
from bench.measurement import PointResult, ScenarioResult
from bench.reports.charts.chart import Chart, Kind, chart_name
from bench.reports.charts.drawable import elsewhere, gaps_of, is_drawn, notes_of, shown_value
from bench.reports.charts.findings import of_line
from bench.reports.charts.labels import LINE, End, end_labels, room_for
from bench.reports.charts.lines import Line, Measured, is_numeric, lines_of
from bench.reports.charts.marks import (
    SMALL,
    Layer,
    data,
    on_axis,
    own_colour,
    own_size,
    own_width,
    rules,
    symbols,
    texts,
    time_axis,
    tips,
)
from bench.reports.charts.palette import INK, MUTED, Palette
from bench.reports.charts.scales import MOST_PIECES, Scale, of_places, of_times, pieces
from bench.reports.charts.sheet import WIDTH, Sheet, spec_of
from bench.reports.formatting import milliseconds, plain
from bench.reports.sentences import crossed_at, typical_point
from bench.reports.tables import drives_loads

_HEIGHT = 300
_LEFT = 52
_NEAREST_MARKS = 64
"""Pixels between two crossings that are both told on the chart."""


def against_size(scenario: ScenarioResult, palette: Palette) -> Chart | None:
    """Time against the scenario's size; None where fewer than two sizes were timed."""
    return _against(scenario, scenario.size, "size", palette) if scenario.size is not None else None


def against_distance(scenario: ScenarioResult, palette: Palette) -> Chart | None:
    """Time against the added round-trip time; None where fewer than two were timed."""
    return _against(scenario, ADDED_TIME, "distance", palette)


def _against(scenario: ScenarioResult, parameter: str, kind: Kind, palette: Palette) -> Chart | None:
    centre = typical_point(scenario)
    if centre is None or (parameter != ADDED_TIME and parameter not in centre.params):
        return None
    asked = line_through(centre, parameter, scenario.points)
    points = [point for point in asked if any(map(is_drawn, point.strategies))]
    if len(points) < 2:
        return None
    lines = lines_of(scenario, points, parameter, palette)
    notes = [*_dashed(scenario, lines), *notes_of(asked), *gaps_of(asked, parameter)]
    title = of_line(points, parameter)
    width = round(WIDTH - _LEFT - room_for([line.label for line in lines]))
    height = max(_HEIGHT, LINE * len(lines))
    sheet = Sheet(title, _subtitle(scenario, points[0], parameter, lines), width, height, _LEFT, notes, above=36)
    spec = spec_of(sheet, _Drawing(sheet, lines, points, parameter).layers())
    text = " ".join([f"{title}.", _in_words(points, parameter, lines), *notes])
    return Chart(chart_name(scenario.name, kind), kind, title, text, spec)


def _dashed(scenario: ScenarioResult, lines: Sequence[Line]) -> list[str]:
    if not any(line.dashed for line in lines):
        return []
    other = "plain rows" if scenario.returns == "entities" else "ORM entities"
    return [f"Dashed: returns {other}, and is not ranked among the others."]


def _subtitle(scenario: ScenarioResult, point: PointResult, parameter: str, lines: Sequence[Line]) -> str:
    banded = any(one.low is not None for line in lines for one in line.known)
    said = f"{plain(scenario.name)}: median of a {_what(point)}{', with its 95 % interval' if banded else ''}"
    place = elsewhere(point, parameter)
    return f"{said}; {place}" if place else said


def _what(point: PointResult) -> str:
    return "load" if drives_loads(point) else "call"


def _in_words(points: Sequence[PointResult], parameter: str, lines: Sequence[Line]) -> str:
    values = ", ".join(shown_value(point, parameter) for point in points)
    place = elsewhere(points[0], parameter)
    figures = []
    for line in sorted(lines, key=lambda line: line.known[-1].median):
        asked = [one for one in line.at if one is None or one.shown]
        times = ", ".join("–" if one is None else milliseconds(one.median) for one in asked)
        figures.append(f"{plain(line.name)} {times}")
    where = f"{plain(parameter)} of {values}{f', {place}' if place else ''}"
    return f"Median ms a {_what(points[0])} at {where}: {'; '.join(figures)}."


@dataclass(frozen=True)
class _Drawing:
    """What is drawn on a sheet."""

    sheet: Sheet
    lines: Sequence[Line]
    points: Sequence[PointResult]
    parameter: str

    def layers(self) -> list[Layer]:
        below, above = self._crossings()
        return [*self._bands(), *below, *self._strokes(), self._measured(), *above, *self._labels()]

    @property
    def across(self) -> Scale:
        places = sorted({one.place for line in self.lines for one in line.known if one.shown})
        # A distance begins at 0, and times are linear in it.
        linear = self.parameter == ADDED_TIME or not self.numeric
        return of_places(places, self.sheet.width, False if linear else None)

    @property
    def up(self) -> Scale:
        times = [time for line in self.lines for one in line.known for time in (one.median, one.low, one.high)]
        return of_times([time for time in times if time], self.sheet.height)

    @property
    def numeric(self) -> bool:
        return is_numeric(self.points, self.parameter)

    @property
    def is_power(self) -> bool:
        """Whether bench.crossings takes times between measured points for a power of the parameter."""
        return self.parameter != ADDED_TIME and all(one.place > 0 for line in self.lines for one in line.known)

    def steps(self, one: Measured, another: Measured) -> int:
        """How many straight pieces draw the way from one measured place to the next, its bounds as its median."""
        if self.across.logarithmic == self.up.logarithmic == self.is_power:
            return 1
        if self.across.logarithmic or self.is_power:
            return MOST_PIECES
        ways = (one.median, another.median), (one.low, another.low), (one.high, another.high)
        return max((pieces(first, last, self.up) for first, last in ways if first and last), default=1)

    def _x(self) -> Any:
        scale = self.across
        title = f"{ADDED_TIME}, ms" if self.parameter == ADDED_TIME else plain(self.parameter)
        thinned = {"grid": False, "labelOverlap": "greedy", "labelSeparation": 6}
        axis = {"ticks": True, "tickColor": MUTED.light, **thinned}
        if not self.numeric:
            names = [shown_value(point, self.parameter) for point in self.points]
            axis["labelExpr"] = f"({json.dumps(names)})[datum.value]"
        return on_axis("x", scale, title, **axis)

    def _y(self) -> Any:
        return time_axis(self.up, f"ms a {_what(self.points[0])}", _LEFT)

    def _bands(self) -> list[Layer]:
        rows = []
        for line in self.lines:
            pairs = zip(*(line.ways(bound, self.steps, self.is_power) for bound in ("low", "high")), strict=True)
            for number, (low, high) in enumerate(pairs):
                run = {"run": f"{line.name} {number}", "colour": line.colour}
                rows += [{"x": x, "y": y, "y2": y2, **run} for (x, y), (_, y2) in zip(low, high, strict=True)]
        if not rows:
            return []
        marked = data(rows).mark_area(opacity=0.18) if self.numeric else data(rows).mark_rule(strokeWidth=2)
        return [marked.encode(x=self._x(), y=self._y(), y2="y2:Q", detail="run:N", color=own_colour())]

    def _strokes(self) -> list[Layer]:
        if not self.numeric:
            return []
        layers = []
        for dashes in ([1, 0], [5, 3]):
            rows = [
                {"x": x, "y": y, "run": f"{line.name} {number}", "colour": line.colour, "width": _width(line)}
                for line in self.lines
                if line.dashed == (dashes != [1, 0])
                for number, way in enumerate(line.ways("median", self.steps, self.is_power))
                for x, y in way
            ]
            if rows:
                marked = data(rows).mark_line(strokeJoin="round", strokeDash=dashes)
                layers.append(
                    marked.encode(x=self._x(), y=self._y(), detail="run:N", color=own_colour(), strokeWidth=own_width())
                )
        return layers

    def _measured(self) -> Layer:
        rows = [
            {
                "x": one.place,
                "y": one.median,
                "colour": line.colour,
                "size": 30 if line.is_grey else 44,
                "strategy": plain(line.name),
                "at": one.shown,
                "median": f"{milliseconds(one.median)} ms",
                "interval": _interval(one),
            }
            for line in self.lines
            for one in line.known
            if one.shown
        ]
        told = tips(strategy="strategy", at=plain(self.parameter), median="median", interval="95 % interval")
        return (
            data(rows)
            .mark_circle(opacity=1)
            .encode(x=self._x(), y=self._y(), color=own_colour(), size=own_size(), tooltip=told)
        )

    def _labels(self) -> list[Layer]:
        ends = []
        for line in self.lines:
            last = line.known[-1]
            ends.append(End(self.across.at(last.place), self._down(last.median), line.label, line.colour))
        return end_labels(self.sheet, ends)

    def _down(self, time: float) -> float:
        """Pixels from the upper edge to a time."""
        return self.sheet.height - self.up.at(time)

    def _crossings(self) -> tuple[list[Layer], list[Layer]]:
        """A thin line at each crossing, which lies below the others; on it the place, and a ring where the two meet."""
        thin, rings, told = [], [], []
        last = -float("inf")
        unit = " ms" if self.parameter == ADDED_TIME else ""
        by_name = {line.name: line for line in self.lines}
        for crossing in crossings(self.parameter, stretches(self.points)):
            line = by_name.get(crossing.before)
            time = line.time_at(crossing.at, self.is_power) if line is not None and crossing.at is not None else None
            if crossing.at is None or time is None:
                continue
            x = self.across.at(crossing.at)
            thin.append({"x": x, "y": 0, "x2": x, "y2": self.sheet.height, "colour": MUTED.light})
            rings.append({"x": x, "y": self._down(time), "colour": INK.light})
            if x >= last + _NEAREST_MARKS:
                told.append({"x": x, "y": -8, "text": f"≈ {crossed_at(crossing)}{unit}", "colour": MUTED.light})
                last = x
        if not thin:
            return [], []
        marks = [symbols(rings, size=90, strokeWidth=1.5), texts(told, align="center", fontSize=SMALL)]
        return [rules(thin, strokeDash=[2, 3])], marks


def _width(line: Line) -> float:
    return 1.25 if line.is_grey else 2.25


def _interval(one: Measured) -> str:
    if one.low is None or one.high is None:
        return "not known"
    return f"{milliseconds(one.low)} to {milliseconds(one.high)} ms"
