"""The charts of a scenario, and what to do where they cannot be drawn."""

from __future__ import annotations

from importlib.util import find_spec

from bench.measurement import ScenarioResult
from bench.reports.charts.along import against_distance, against_size
from bench.reports.charts.chart import Chart
from bench.reports.charts.loads import latency
from bench.reports.charts.palette import Palette
from bench.reports.charts.times import time_spent

HOW_TO_GET_CHARTS = 'Charts need the extra `charts`: pip install "querybench[charts]".'


def has_charts() -> bool:
    """Whether what charts are made and drawn with is installed."""
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def charts(scenario: ScenarioResult, palette: Palette) -> list[Chart]:
    """The charts of a scenario in the order to be shown; none where nothing was timed.

    Args:
        scenario: What was measured.
        palette: The colours of its module's strategies.

    Raises:
        ModuleNotFoundError: The extra is not installed; `has_charts` says so beforehand.
    """
    if scenario.disturbed_by is not None:
        return []
    made = [
        latency(scenario, palette),
        against_size(scenario, palette),
        against_distance(scenario, palette),
        time_spent(scenario, palette),
    ]
    return [chart for chart in made if chart is not None]
