"""Latency as the load grows: a panel for each percentile, side by side on one axis of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.measurement import PointResult, StrategyResult
from bench.reports.charts.drawable import is_drawn, shown_value
from bench.reports.charts.labels import End, end_labels
from bench.reports.charts.marks import (
    SMALL,
    Layer,
    Row,
    data,
    own_colour,
    own_width,
    pixels,
    rules,
    texts,
    time_axis,
    tips,
)
from bench.reports.charts.palette import GREY, GRID, INK, MUTED, Palette
from bench.reports.charts.scales import Scale, of_places, of_times
from bench.reports.charts.sheet import Sheet, text_width
from bench.reports.formatting import milliseconds, plain

PERCENTILES = {"p50": "50th percentile", "p95": "95th percentile", "p99": "99th percentile"}
_GAP = 18
"""Pixels between two panels."""


def percentiles(strategy: StrategyResult) -> Mapping[str, float]:
    """The latencies of a unit in ms by the names of their percentiles; empty where no unit ended."""
    unit = strategy.load.unit if strategy.load is not None else None
    return {} if unit is None else {"p50": unit.p50_ms, "p95": unit.p95_ms, "p99": unit.p99_ms}


def loaded(point: PointResult) -> list[StrategyResult]:
    """Those of a point's strategies whose latencies are drawn."""
    return [one for one in point.strategies if is_drawn(one) and percentiles(one)]


@dataclass(frozen=True)
class Panels:
    """What is drawn on a sheet: the strategies of `labels`, in their order, along `line` by its values of `size`.

    Across, places are in pixels, for the three panels lie in one plot.
    """

    sheet: Sheet
    line: Sequence[PointResult]
    size: str
    labels: Mapping[str, str]
    palette: Palette

    def layers(self) -> list[Layer]:
        """All of it, what lies on top last."""
        rows = [row for name in self.labels for panel in PERCENTILES for row in self._rows(name, panel)]
        told = tips(strategy="strategy", percentile="percentile", at=plain(self.size), latency="latency")
        up = time_axis(self.up, "ms a unit", self.sheet.left, above=28)
        where = {"x": pixels("x"), "y": up, "color": own_colour()}
        return [
            rules(self._frames()),
            data(rows).mark_line(strokeJoin="round").encode(**where, detail="run:N", strokeWidth=own_width()),
            data(rows).mark_circle(size=40, opacity=1).encode(**where, tooltip=told),
            texts(self._headings(), fontWeight=600, fontSize=SMALL),
            texts(self._ticks(), align="center", fontSize=SMALL),
            *end_labels(self.sheet, [self._end(name) for name in self.labels]),
        ]

    @property
    def width(self) -> float:
        """Of a panel, in pixels."""
        return (self.sheet.width - _GAP * (len(PERCENTILES) - 1)) / len(PERCENTILES)

    @property
    def across(self) -> Scale:
        """Of a panel, from its left."""
        return of_places([float(point.params[self.size]) for point in self.line], self.width)

    @property
    def up(self) -> Scale:
        """Of all panels."""
        latencies = [value for point in self.line for one in loaded(point) for value in percentiles(one).values()]
        return of_times(latencies, self.sheet.height)

    def _left(self, panel: str) -> float:
        return list(PERCENTILES).index(panel) * (self.width + _GAP)

    def _x(self, point: PointResult, panel: str) -> float:
        return self._left(panel) + self.across.at(float(point.params[self.size]))

    def _of(self, name: str) -> list[tuple[PointResult, StrategyResult]]:
        return [(point, one) for point in self.line for one in loaded(point) if one.name == name]

    def _rows(self, name: str, panel: str) -> list[Row]:
        colour = self.palette.colour(name)
        return [
            {
                "x": self._x(point, panel),
                "y": percentiles(one)[panel],
                "run": f"{panel} {name}",
                "colour": colour.light,
                "width": 1.25 if colour == GREY else 2.25,
                "strategy": plain(name),
                "percentile": panel,
                "at": shown_value(point, self.size),
                "latency": f"{milliseconds(percentiles(one)[panel])} ms",
            }
            for point, one in self._of(name)
        ]

    def _frames(self) -> list[Row]:
        """The lower edge of each panel, and its ticks."""
        low = self.sheet.height
        edges = [
            {"x": self._left(panel), "y": low, "x2": self._left(panel) + self.width, "y2": low, "colour": GRID.light}
            for panel in PERCENTILES
        ]
        ticks = [
            {"x": self._x(point, panel), "y": low, "x2": self._x(point, panel), "y2": low + 4, "colour": MUTED.light}
            for panel in PERCENTILES
            for point in self.line
        ]
        return [*edges, *ticks]

    def _headings(self) -> list[Row]:
        return [
            {"x": self._left(panel), "y": -14, "text": title, "colour": INK.light}
            for panel, title in PERCENTILES.items()
        ]

    def _ticks(self) -> list[Row]:
        """The loads below each panel, as many as there is room for, and what they are of."""
        rows: list[Row] = []
        for panel in PERCENTILES:
            free = -float("inf")
            for point in self.line:
                x, text = self._x(point, panel), shown_value(point, self.size)
                half = text_width(text, SMALL) / 2
                if x - half >= free:
                    rows.append({"x": x, "y": self.sheet.height + 13, "text": text, "colour": MUTED.light})
                    free = x + half + 4
        named = {"x": self.sheet.width / 2, "y": self.sheet.height + 31, "text": plain(self.size)}
        return [*rows, {**named, "colour": MUTED.light}]

    def _end(self, name: str) -> End:
        point, last = self._of(name)[-1]
        y = self.sheet.height - self.up.at(percentiles(last)["p99"])
        return End(self._x(point, "p99"), y, self.labels[name], self.palette.colour(name).light)
