"""The files of a report: its pages, and the charts beside them where what draws them is installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from bench.reports.charts.making import HOW_TO_GET_CHARTS, has_charts
from bench.reports.charts.svg import svg
from bench.reports.pages.chart_files import illustrated
from bench.reports.pages.making import directory, one_page
from bench.reports.sides import Sides


def page_files(results: Sides, name: str) -> Mapping[str, str]:
    """One page and its charts by their paths from where it stands, the page first.

    Args:
        results: What was measured.
        name: The file name of the page; its charts stand in a folder that is called after it.
    """
    sides, charts, remarks = _with_charts(results, f"{PurePath(name).stem}-charts")
    return {name: one_page(sides, remarks), **charts}


def directory_files(results: Sides) -> Mapping[str, str]:
    """An index, a page for each module of scenarios and their charts by their paths in a directory, the index first."""
    sides, charts, remarks = _with_charts(results, "charts")
    return {**directory(sides, remarks), **charts}


def _with_charts(results: Sides, folder: str) -> tuple[Sides, Mapping[str, str], list[str]]:
    """The sides with their pictures, the files of these, and what is to be said where they cannot be drawn."""
    if not any(side.result.settings.timed for side in results.sides):
        return results, {}, []
    if not has_charts():
        return results, {}, [HOW_TO_GET_CHARTS]
    sides, charts = illustrated(results, folder)
    return sides, {path: svg(chart) for path, chart in charts.items()}, []
