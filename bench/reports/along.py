"""Times along one parameter: what a call of each strategy takes as a size grows, or as the database moves away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.crossings import ADDED_TIME, line_through, value_of
from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.columns import UNRANKED
from bench.reports.drawing import with_list
from bench.reports.formatting import ABSENT, code, markdown, milliseconds
from bench.reports.sentences import typical_point
from bench.reports.tables import drives_loads, sections_of

WIDEST = 10
"""Columns of times in one table; of more, each side has its own table."""
LEGEND = "★: not shown to be behind the fastest at that point"


@dataclass(frozen=True)
class _Line:
    """The points of one side along a parameter, through its typical one."""

    label: str
    parameter: str
    points: Sequence[PointResult]


def along_tables(scenarios: Mapping[str, ScenarioResult]) -> list[str]:
    """A table in Markdown for each parameter that was varied alone through the typical point, the scenario's size
    first, the added round-trip time last: a row for each strategy, a column for each value.

    Args:
        scenarios: A scenario as each side measured it, by the side's label, in plain text; a label may be empty.
    """
    lines = [line for label, scenario in scenarios.items() for line in _lines(label, scenario)]
    tables = []
    for parameter in _in_order(lines):
        of_it = [line for line in lines if line.parameter == parameter]
        together = sum(len(line.points) for line in of_it) <= WIDEST
        parts = [of_it] if together else [[line] for line in of_it]
        drawn = [_table(part, scenarios) for part in parts]
        what = "of a load" if any(drives_loads(point) for line in of_it for point in line.points) else "a call"
        heading = f"Median ms {what} by {code(parameter) if parameter != ADDED_TIME else parameter}:"
        tables.append("\n\n".join([heading, *drawn[:-1], with_list(drawn[-1], [LEGEND])]))
    return tables


def _lines(label: str, scenario: ScenarioResult) -> list[_Line]:
    centre = typical_point(scenario)
    if centre is None or scenario.disturbed_by is not None:
        return []
    names = [*sorted(centre.params, key=lambda name: name != scenario.size), ADDED_TIME]
    # How the latency of a load grows with its size has a table of its own.
    names = [name for name in names if not (drives_loads(centre) and name == scenario.size)]
    lines = [_Line(label, name, _measured(line_through(centre, name, scenario.points))) for name in names]
    return [line for line in lines if len(line.points) > 1]


def _measured(points: Sequence[PointResult]) -> list[PointResult]:
    return [point for point in points if any(strategy.median_ms is not None for strategy in point.strategies)]


def _in_order(lines: Sequence[_Line]) -> list[str]:
    names = dict.fromkeys(line.parameter for line in lines)
    return sorted(names, key=lambda name: name == ADDED_TIME)


def _table(lines: Sequence[_Line], scenarios: Mapping[str, ScenarioResult]) -> str:
    from tabulate import tabulate

    columns = [(_heading(line, number), point) for line in lines for number, point in enumerate(line.points)]
    rows = [[code(name), *(_time(name, point) for _, point in columns)] for name in _names(lines, scenarios)]
    return tabulate(
        rows,
        headers=["strategy", *(heading for heading, _ in columns)],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left", *("right" for _ in columns)],
    )


def _heading(line: _Line, number: int) -> str:
    """The value at a column's head; the label of its side stands at the first of them."""
    value = value_of(line.points[number], line.parameter)
    shown = f"{value:g}\N{NO-BREAK SPACE}ms" if line.parameter == ADDED_TIME else markdown(str(value))
    return f"{markdown(line.label)}: {shown}" if line.label and number == 0 else shown


def _names(lines: Sequence[_Line], scenarios: Mapping[str, ScenarioResult]) -> list[str]:
    """The strategies of all the points, in the order of the typical point's table."""
    first = scenarios[lines[0].label]
    centre, returns = typical_point(first), first.returns
    points = [*([centre] if centre is not None else []), *(point for line in lines for point in line.points)]
    ordered = [one.name for point in points for _, part in sections_of(point, returns) for one in part]
    return list(dict.fromkeys(ordered))


def _time(name: str, point: PointResult) -> str:
    strategy = next((one for one in point.strategies if one.name == name), None)
    if strategy is None:
        return ABSENT
    return _cell(strategy, name in point.winners)


def _cell(strategy: StrategyResult, won: bool) -> str:
    if strategy.verdict in UNRANKED:
        return strategy.verdict
    return milliseconds(strategy.median_ms) + ("\N{NO-BREAK SPACE}★" if won else "")
