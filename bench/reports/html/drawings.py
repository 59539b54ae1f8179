"""Charts as the page keeps them: their specifications in little room, for a catalogue has hundreds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bench.reports.formatting import plain
from bench.reports.html.data import ChartShown

DIGITS = 5
"""Significant digits of a number in a specification: pixels and milliseconds are not drawn more finely."""


class Chart(Protocol):
    """What the page needs of a chart: what it shows, in a line and with its figures, and Vega-Lite to draw it by."""

    @property
    def title(self) -> str:
        """Its finding, in a line of plain text."""

    @property
    def text(self) -> str:
        """Its figures in words."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its specification, with the data inside."""


Charts = Sequence[Mapping[str, Sequence[Chart]]]
"""For each result, the charts of its scenarios by name."""


def drawings(charts: Charts) -> Mapping[str, Sequence[Sequence[ChartShown]]]:
    """Charts by scenario and result, of those scenarios that have any."""
    names = dict.fromkeys(name for of_result in charts for name, drawn in of_result.items() if drawn)
    return {plain(name): [_shown(of_result.get(name, ())) for of_result in charts] for name in names}


def dark_style(colours: Mapping[str, str]) -> str:
    """CSS that gives what is drawn in a colour another one on a dark screen, not on paper.

    Args:
        colours: For a colour as the charts write it the one on dark ground, both as hexadecimals.
    """
    rules = "".join(
        f'.drawing [{what}="{light}"] {{ {what}: {dark}; }}\n'
        for light, dark in colours.items()
        for what in ("fill", "stroke")
    )
    return f"@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n"


def _shown(charts: Sequence[Chart]) -> Sequence[ChartShown]:
    return [ChartShown(plain(chart.title), plain(chart.text), compact(_nameless(chart.spec))) for chart in charts]


def _nameless(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A specification without the address of its language, which the page's script knows: the page names no network."""
    return {name: part for name, part in spec.items() if name != "$schema"}


def compact(spec: Any) -> Any:
    """A specification with numbers of few digits and its rows as columns, `{"columns": {name: values}}` in the place of
    a list of rows that have the same names; the page's script makes rows of them again.
    """
    if isinstance(spec, float):
        return float(f"{spec:.{DIGITS}g}")
    if isinstance(spec, Mapping):
        return {name: compact(part) for name, part in spec.items()}
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        parts = [compact(part) for part in spec]
        return _columns(parts) or parts
    return spec


def _columns(rows: Sequence[Any]) -> Mapping[str, Any] | None:
    """Rows as columns; None for what are no rows of the same names."""
    if len(rows) < 2 or not all(isinstance(row, Mapping) and row.keys() == rows[0].keys() for row in rows):
        return None
    return {"columns": {name: [row[name] for row in rows] for name in rows[0]}} if rows[0] else None
