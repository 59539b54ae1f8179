"""Names beside the ends of lines, which need no legend then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.reports.charts.marks import Layer, rules, texts
from bench.reports.charts.palette import GREY, INK, MUTED
from bench.reports.charts.scales import apart
from bench.reports.charts.sheet import Sheet, text_width

LINE = 16
"""Pixels from one name to the next."""
LEADER = 24
"""Pixels from the plot to the names."""
_ROOM = 14
_NEAR = 24
"""Pixels from the end of a line to that of the plot which a thread goes over as if they were none."""


@dataclass(frozen=True)
class End:
    """Where a line ends, in pixels, its name and its colour on a light page."""

    x: float
    y: float
    label: str
    colour: str


def room_for(labels: Sequence[str]) -> float:
    """Pixels on the right of the plot that names take."""
    return LEADER + max(map(text_width, labels)) + _ROOM


def end_labels(sheet: Sheet, ends: Sequence[End]) -> list[Layer]:
    """A name beside the end of each line, none on top of another, and a thread from the one to the other.

    The thread is dotted where it goes far over the plot, so that it is not taken for what was measured.
    """
    places = apart([end.y for end in ends], LINE, 2, sheet.height - 2)
    left = sheet.width + LEADER
    names, threads, reach = [], [], []
    for end, place in zip(ends, places, strict=True):
        colour = (MUTED if end.colour == GREY.light else INK).light
        names.append({"x": left, "y": place, "text": end.label, "colour": colour})
        begins = end.x + 5
        if sheet.width - end.x > _NEAR:
            reach.append({"x": begins, "y": end.y, "x2": sheet.width + 2, "y2": end.y, "colour": end.colour})
            begins = sheet.width + 2
        threads.append({"x": begins, "y": end.y, "x2": left - 4, "y2": place, "colour": end.colour})
    dotted = [rules(reach, strokeDash=[1, 3])] if reach else []
    return [*dotted, rules(threads), texts(names)]
