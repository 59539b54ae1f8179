"""A line for each scenario: its question as a link, and what was found at its typical point on each side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.crossings import ADDED_TIME
from bench.measurement import ScenarioResult
from bench.reports.fastest import changes_with, counted, fastest
from bench.reports.formatting import ABSENT, code, markdown
from bench.reports.pages.winners import SharedScenario
from bench.reports.sentences import typical_point
from bench.reports.sides import Side

Linked = Callable[[SharedScenario], str]
"""A scenario's question as a link to where it is answered, in Markdown."""


def link(text: str, target: str) -> str:
    """A link in Markdown to a place that needs no escaping."""
    return f"[{markdown(text)}]({target})"


def contents(scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked) -> str:
    """A table of the scenarios, in Markdown; empty where there are none.

    Of one side it says who is fastest, by how much, and along which parameters the winner changes; of several, who is
    fastest on each, and whether that is another.
    """
    if not scenarios:
        return ""
    rows, headers = _of_one(scenarios, sides[0], linked) if len(sides) == 1 else _of_several(scenarios, sides, linked)
    return _drawn(rows, headers)


def _of_one(scenarios: Sequence[SharedScenario], side: Side, linked: Linked) -> tuple[list[list[str]], list[str]]:
    if not side.result.settings.timed:
        return [[linked(one), _found(one.known[0], timed=False)] for one in scenarios], [
            "question",
            "a warm call takes",
        ]
    changes = [_changes(scenario.known[0]) for scenario in scenarios]
    rows = [
        [linked(scenario), *fastest(typical_point(scenario.known[0])), *([change] if any(changes) else [])]
        for scenario, change in zip(scenarios, changes, strict=True)
    ]
    headers = ["question", "fastest", "its time against the baseline's"]
    return rows, [*headers, *(["the winner changes with"] if any(changes) else [])]


def _of_several(
    scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked
) -> tuple[list[list[str]], list[str]]:
    rows = []
    for scenario in scenarios:
        found = [_found(one, side.result.settings.timed) for side, one in zip(sides, scenario.of_each, strict=True)]
        rows.append([linked(scenario), *found, _winner(scenario)])
    return rows, ["question", *(f"fastest: {markdown(side.label)}" for side in sides), "winner"]


def _found(scenario: ScenarioResult | None, timed: bool) -> str:
    """Who is fastest at the typical point and by how much, in a cell."""
    if scenario is None:
        return "not in this result"
    point = typical_point(scenario)
    if not timed:
        return counted(point)
    names, share = fastest(point)
    return names if share == ABSENT else f"{names}: {share}"


def _changes(scenario: ScenarioResult) -> str:
    return ", ".join(name if name == ADDED_TIME else code(name) for name in changes_with(scenario))


def _winner(scenario: SharedScenario) -> str:
    """Whether the winner of the typical point changed between the sides; where not, whether it did at any other."""
    typical = scenario.typical()
    if typical is not None and typical.changed:
        return "**changed**"
    points = scenario.points()
    if any(point.changed for point in points):
        return "**changed** at other points"
    if typical is not None and typical.is_compared:
        return "the same" if typical.same else "not shown to have changed"
    if compared := [point for point in points if point.is_compared]:
        same = all(point.same for point in compared)
        return "the same at other points" if same else "not shown to have changed at other points"
    return "not told" if all(scenario.of_each) else ABSENT


def _drawn(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    from tabulate import tabulate

    return tabulate(rows, headers=headers, tablefmt="pipe", disable_numparse=True, colalign=["left"] * len(headers))
