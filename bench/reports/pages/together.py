"""A page of several results side by side, in Markdown: what changed its winner on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.measurement import ScenarioResult, StrategyResult
from bench.reports.along import along_tables
from bench.reports.busy import busy_note
from bench.reports.claims import claims_heading
from bench.reports.folded import folded
from bench.reports.formatting import ABSENT, code, duration, html, listed, markdown, moment, parameters
from bench.reports.headings import anchors_by_name, headings
from bench.reports.method import environment_rows, method
from bench.reports.pages.answers import answers
from bench.reports.pages.changed import changed
from bench.reports.pages.contents import contents, link
from bench.reports.pages.details import details
from bench.reports.pages.point import in_full, point_table
from bench.reports.pages.winners import SharedClaim, SharedPoint, SharedScenario, shared_claims, shared_scenarios
from bench.reports.picture import shown
from bench.reports.pools import latency_table
from bench.reports.sentences import typical_point
from bench.reports.sides import Side, told_apart
from bench.reports.summary import amounts, interrupted, modules, sizes

BETWEEN_RUNS = (
    "Strategies were compared within each side. Times of two sides were not measured side by side: two runs of the same"
    " code, one after the other, differ by 8 to 21 %, so compare ratios; `bench check` measures two versions at once."
)


UNREACHED = "Not measured: the run was interrupted before it."
MOST_MODULES = 3
"""Modules that a heading names."""


def side_by_side(sides: Sequence[Side], title: str | None = None, remarks: Sequence[str] = ()) -> str:
    """A page of several sides, as GitHub's Markdown ending in a line end.

    Args:
        sides: What was measured, two at least.
        title: The heading, one line of plain text; without it, named by what is compared.
        remarks: Paragraphs of Markdown below the heading.
    """
    scenarios = shared_scenarios(sides)
    questions = dict(zip([one.name for one in scenarios], headings(_firsts(scenarios)), strict=True))
    anchors = anchors_by_name(_firsts(scenarios))

    def linked(scenario: SharedScenario) -> str:
        return link(questions[scenario.name], f"#{anchors[scenario.name]}")

    parts = [
        f"# {markdown(title or title_of(sides))}",
        *remarks,
        *introduction(sides),
        *changed(scenarios, sides, linked),
        "## What was found" if scenarios else "",
        contents(scenarios, sides, linked),
    ]
    for scenario in scenarios:
        parts += [f"## {markdown(questions[scenario.name])}", *_scenario(scenario, sides)]
    parts += ["## How it was measured", *_methods(sides), _environment(sides)]
    return "\n\n".join(part for part in parts if part) + "\n"


def title_of(sides: Sequence[Side]) -> str:
    """A heading for what is compared, as plain text."""
    names = dict.fromkeys(name for side in sides for name in modules(side.result))
    what = ", ".join(names) if 0 < len(names) <= MOST_MODULES else "What was measured"
    return f"{what}: {listed(side.label for side in sides)} side by side"


def introduction(sides: Sequence[Side]) -> list[str]:
    """What differs between the sides, as a table, and what must be said of reading them beside each other."""
    from tabulate import tabulate

    rows = [
        ["measured", *(_when(side) for side in sides)],
        ["scenarios and points", *(", ".join(amounts(side.result)) for side in sides)],
        *([name, *map(markdown, values)] for name, values in told_apart([side.result for side in sides]).items()),
    ]
    table = tabulate(
        [[markdown(name), *values] for name, *values in rows],
        headers=["what differs", *(markdown(side.label) for side in sides)],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left"] * (len(sides) + 1),
    )
    quoted = [
        f"> **{markdown(side.label)}**: {said.removeprefix('> ')}"
        for side in sides
        if (said := interrupted(side.result))
    ]
    timed = any(side.result.settings.timed for side in sides)
    results = [side.result for side in sides]
    notes = [
        sizes(results, [markdown(side.label) for side in sides]),
        *([BETWEEN_RUNS] if timed else []),
        busy_note(results),
    ]
    return [table, "\n>\n".join(quoted), *notes]


def _firsts(scenarios: Sequence[SharedScenario]) -> list[ScenarioResult]:
    return [scenario.known[0] for scenario in scenarios]


def _when(side: Side) -> str:
    """When the parts of a side were measured, and how long that took in all."""
    starts = list(dict.fromkeys(moment(start) for start in sorted(part.started for part in side.parts if part.started)))
    began = f"in parts, begun between {starts[0]} and {starts[-1]}" if len(starts) > 2 else listed(starts)
    seconds = f", in {duration(side.result.seconds)}" if side.result.seconds else ""
    return markdown((began or "at an unknown time") + seconds)


def _scenario(scenario: SharedScenario, sides: Sequence[Side]) -> list[str]:
    first = scenario.known[0]
    points = scenario.points()
    by_label = {side.label: one for side, one in zip(sides, scenario.of_each, strict=True) if one is not None}
    timed = {side.label for side in sides if side.result.settings.timed}
    parts = [_only_in(scenario, sides), answers(scenario, sides), _about(first)]
    for point in points[:1]:
        table = point_table(point, sides, first.returns, first.headline, legend=True)
        parts += [_heading(point), table or UNREACHED]
        parts += [*_pictures(scenario, sides), in_full(point, sides, first.returns, first.headline)]
    parts += along_tables({label: one for label, one in by_label.items() if label in timed})
    parts += _latencies(by_label)
    parts.append(_further(points[1:], sides, first))
    parts.append(_claims(shared_claims(scenario, sides), sides))
    return [*parts, *details(_strategies(scenario, sides))]


def _only_in(scenario: SharedScenario, sides: Sequence[Side]) -> str:
    missing = [side.label for side, one in zip(sides, scenario.of_each, strict=True) if one is None]
    return f"> Not in the results of {markdown(listed(missing))}." if missing else ""


def _about(scenario: ScenarioResult) -> str:
    dataset = f", on the dataset {code(scenario.dataset)}" if scenario.dataset else ""
    return f"The scenario {code(scenario.name)}{dataset}."


def _heading(point: SharedPoint) -> str:
    return f"**At {code(parameters(point.params, point.rtt_ms))}**:" if point.params or point.rtt_ms else ""


def _pictures(scenario: SharedScenario, sides: Sequence[Side]) -> list[str]:
    """The pictures of the first side that has any, those of the others folded."""
    drawn = [(side.label, pictures) for side in sides if (pictures := side.pictures.get(scenario.name, ()))]
    if not drawn:
        return []
    (label, pictures), *others = drawn
    of_first = f"With {markdown(label)}:\n\n" if len(sides) > 1 else ""
    return [
        f"{of_first}{shown(pictures)}",
        *(folded(f"The same with {html(label)}", shown(pictures)) for label, pictures in others),
    ]


def _latencies(by_label: Mapping[str, ScenarioResult]) -> list[str]:
    found = {label: table for label, one in by_label.items() if (table := latency_table(one))}
    return [f"**{markdown(label)}**: {table}" for label, table in found.items()]


def _further(points: Sequence[SharedPoint], sides: Sequence[Side], scenario: ScenarioResult) -> str:
    """The other points, folded: each with its table."""
    parts = []
    for point in points:
        table = point_table(point, sides, scenario.returns, scenario.headline, legend=False)
        parts += [_heading(point), table or UNREACHED]
    summary = "1 further point" if len(points) == 1 else f"{len(points)} further points"
    return folded(summary, "\n\n".join(part for part in parts if part)) if parts else ""


def _claims(claims: Sequence[SharedClaim], sides: Sequence[Side]) -> str:
    """The claims, each with one sentence where the sides agree on it, else with one a side."""
    if not claims:
        return ""
    lines = claims_heading([claim.known[0] for claim in claims])
    for claim in claims:
        first = claim.known[0]
        item = f"- “{markdown(first.text)}” ({markdown(first.source)})"
        sentences = _sentences(claim, sides)
        for sentence, labels in sentences.items():
            who = f"{listed(map(markdown, labels))}: " if len(sentences) > 1 else ""
            item += f"  \n  {who}{sentence}"
        lines.append(item)
    return "\n".join(lines)


def _sentences(claim: SharedClaim, sides: Sequence[Side]) -> Mapping[str, list[str]]:
    """What is said of a claim, with the sides that it holds for."""
    said: dict[str, list[str]] = {}
    for side, sentence in zip(sides, claim.sentences, strict=True):
        if sentence:
            said.setdefault(sentence, []).append(side.label)
    return said


def _strategies(scenario: SharedScenario, sides: Sequence[Side]) -> dict[str, Sequence[StrategyResult]]:
    """The strategies whose code is shown: those of each side's typical point."""
    found = {}
    for side, one in zip(sides, scenario.of_each, strict=True):
        point = typical_point(one) if one is not None else None
        if point is not None and point.strategies:
            found[side.label] = point.strategies
    return found


def _methods(sides: Sequence[Side]) -> list[str]:
    """How it was measured: once where all sides were measured alike."""
    said: dict[str, list[str]] = {}
    for side in sides:
        said.setdefault(method(side.result, side.precisions), []).append(markdown(side.label))
    if len(said) == 1:
        return list(said)
    return [part for text, labels in said.items() for part in (f"**{listed(labels)}**:", text)]


def _environment(sides: Sequence[Side]) -> str:
    """Where it was measured: what is the same for all sides, then what is not."""
    from tabulate import tabulate

    of_each = [environment_rows(side.result, side.precisions) for side in sides]
    rows = {name: [of_one[name] for of_one in of_each] for name in of_each[0]}
    alike = [[name, markdown(values[0])] for name, values in rows.items() if len(set(values)) == 1 and values[0]]
    apart = [
        [name, *(markdown(value) or ABSENT for value in values)]
        for name, values in rows.items()
        if len(set(values)) > 1
    ]
    tables = [
        (alike, ["environment of all sides", ""]),
        (apart, ["what differs", *(markdown(side.label) for side in sides)]),
    ]
    return "\n\n".join(
        tabulate(rows, headers=headers, tablefmt="pipe", disable_numparse=True, colalign=["left"] * len(headers))
        for rows, headers in tables
        if rows
    )
