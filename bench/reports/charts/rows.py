"""A row for each strategy: its name on the left, what is drawn of it in the middle, a figure on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measurement import PointResult, StrategyResult
from bench.reports.charts.drawable import is_drawn, label
from bench.reports.charts.marks import SMALL, TEXT, Layer, rules, texts
from bench.reports.charts.palette import GRID, INK, MUTED
from bench.reports.charts.sheet import WIDTH, text_width
from bench.reports.formatting import plain
from bench.reports.tables import Kind, sections_of

ROW = 23
"""Pixels from one row to the next."""
_CAPTION = 24
_WON = " ★"
_GAP = 10
_NARROWEST = 60
"""Pixels that are drawn on, however long the names are."""


@dataclass(frozen=True)
class Placed:
    """A strategy and the middle of its row, in pixels from above."""

    strategy: StrategyResult
    y: float


@dataclass(frozen=True)
class Rows:
    """The rows of a point, in the order of its table: those that return what is asked for first, the fastest first."""

    placed: Sequence[Placed]
    captions: Sequence[tuple[str, float]]
    height: float
    left: float
    width: float
    winners: Sequence[str]
    kind: Kind

    def names(self) -> list[Layer]:
        """The names, those of winners starred and bold, and the captions of parts after the first."""
        rows = [
            {
                "x": -_GAP,
                "y": row.y,
                "text": _named(row.strategy, self.winners),
                "colour": (INK if row.strategy.name in self.winners else MUTED).light,
                "strategy": plain(row.strategy.name),
            }
            for row in self.placed
        ]
        won = [row for row in rows if row["strategy"] in {plain(name) for name in self.winners}]
        others = [row for row in rows if row not in won]
        layers = [
            texts(part, align="right", fontWeight=weight) for part, weight in ((won, 600), (others, "normal")) if part
        ]
        if self.captions:
            said = [{"x": -self.left, "y": y, "text": caption, "colour": MUTED.light} for caption, y in self.captions]
            lines = [
                {"x": -self.left, "y": y - 12, "x2": self.width, "y2": y - 12, "colour": GRID.light}
                for _, y in self.captions
            ]
            layers += [rules(lines), texts(said, fontSize=SMALL, fontStyle="italic")]
        return layers


def rows_of(point: PointResult, kind: Kind, strategies: Sequence[StrategyResult], right: float) -> Rows:
    """Places for some of a point's strategies.

    Args:
        point: The point.
        kind: What its scenario asks for.
        strategies: Those that are drawn.
        right: Pixels to be left free on the right, for figures.
    """
    placed: list[Placed] = []
    captions: list[tuple[str, float]] = []
    y = 0.0
    for title, part in sections_of(point, kind):
        shown = [one for one in part if one in strategies and is_drawn(one)]
        if not shown:
            continue
        if placed:
            captions.append((title, y + _CAPTION / 2))
            y += _CAPTION
        for one in shown:
            placed.append(Placed(one, y + ROW / 2))
            y += ROW
    left = max(_width(row.strategy, point.winners) for row in placed) + _GAP
    return Rows(placed, captions, y, left, max(round(WIDTH - left - right), _NARROWEST), point.winners, kind)


def _named(strategy: StrategyResult, winners: Sequence[str]) -> str:
    return label(strategy, strategy.returns) + (_WON if strategy.name in winners else "")


def _width(strategy: StrategyResult, winners: Sequence[str]) -> float:
    return text_width(_named(strategy, winners), TEXT, bold=strategy.name in winners)
