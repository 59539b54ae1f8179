"""The charts of results as pictures that stand beside a page, and the files that they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bench.reports.charts.chart import Chart
from bench.reports.charts.making import charts
from bench.reports.charts.palette import module_of, palettes_of
from bench.reports.picture import Picture
from bench.reports.sides import Side, Sides

_LONGEST = 60
"""Letters of a side's label in a file name, which has 255 bytes at most."""


def illustrated(results: Sides, folder: str) -> tuple[Sides, Mapping[str, Chart]]:
    """The sides with the pictures of each of their scenarios, and the chart of each file by its path.

    Args:
        results: What was measured.
        folder: The path from the page to the folder that the pictures stand in.

    Raises:
        ModuleNotFoundError: The extra that charts need is not installed.
    """
    palettes = palettes_of(scenario for side in results.sides for scenario in side.result.scenarios)
    files: dict[str, Chart] = {}
    taken: set[str] = set()
    sides = []
    for side in results.sides:
        pictures = {}
        for scenario in side.result.scenarios:
            made = charts(scenario, palettes[module_of(scenario)])
            names = [_file_name(chart, side if len(results.sides) > 1 else None, taken) for chart in made]
            pictures[scenario.name] = [
                Picture(f"{folder}/{name}", f"{chart.title} {chart.text}")
                for chart, name in zip(made, names, strict=True)
            ]
            files |= {f"{folder}/{name}": chart for chart, name in zip(made, names, strict=True)}
        sides.append(replace(side, pictures=pictures))
    return replace(results, sides=sides), files


def _file_name(chart: Chart, side: Side | None, taken: set[str]) -> str:
    """The name of a chart's file, with that of its side where there are several; no two are the same."""
    of = f"-{re.sub(r'[^A-Za-z0-9_.]+', '-', side.label).strip('-')[:_LONGEST]}" if side is not None else ""
    file, number = f"{chart.name}{of}.svg", 2
    while file.lower() in taken:
        file, number = f"{chart.name}{of}-{number}.svg", number + 1
    taken.add(file.lower())
    return file
