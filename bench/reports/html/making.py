"""The page for a browser with its charts: what is shown side by side, drawn where the extra for that is installed."""

from __future__ import annotations

from bench.reports.charts.making import HOW_TO_GET_CHARTS, charts, has_charts
from bench.reports.charts.palette import ALL_COLOURS, module_of, palettes_of
from bench.reports.html.page import html_report
from bench.reports.sides import Sides


def html_page(shown: Sides) -> str:
    """A page of one side, or of several beside each other; the same strategy has the same colour on all."""
    results = [side.result for side in shown.sides]
    if not has_charts():
        return html_report(shown, how_to_get_charts=HOW_TO_GET_CHARTS)
    palettes = palettes_of(scenario for result in results for scenario in result.scenarios)
    drawn = [
        {scenario.name: charts(scenario, palettes[module_of(scenario)]) for scenario in result.scenarios}
        for result in results
    ]
    dark_colours = {colour.light: colour.dark for colour in ALL_COLOURS}
    return html_report(shown, drawn, dark_colours)
