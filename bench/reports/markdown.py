"""A report of one run in Markdown, for GitHub and as text: answers first, what they stand on folded below."""

from __future__ import annotations

from collections.abc import Sequence

from bench.measurement import PointResult, Result, ScenarioResult
from bench.reports.along import along_tables
from bench.reports.busy import busy_note
from bench.reports.claims import claims_list, judged
from bench.reports.costs import all_counters, markdown_counters_table, time_table
from bench.reports.fastest import counted, fastest
from bench.reports.folded import folded, strategy_details
from bench.reports.formatting import code, html, markdown, parameters
from bench.reports.headings import anchors, headings
from bench.reports.method import environment_table, method
from bench.reports.picture import Picture, Pictures, shown
from bench.reports.pools import latency_table
from bench.reports.sentences import counted_answer, sentences, typical_point
from bench.reports.summary import done, interrupted, rounds_of, sizes, summary, title_of
from bench.reports.tables import markdown_table

MOST_OPEN_POINTS = 3
"""Further points than the typical one that stand open; more are folded, and those with added round-trip time."""
NO_PICTURES: Pictures = {}


def markdown_report(
    result: Result,
    title: str | None = None,
    pictures: Pictures = NO_PICTURES,
    remarks: Sequence[str] = (),
    precisions: Sequence[float] = (),
) -> str:
    """A report of one run, as GitHub's Markdown ending in a line end.

    Args:
        result: What was measured; of an interrupted run, what there is.
        title: The heading, one line of plain text; without it, named by what was selected.
        pictures: What stands beside the page, by scenario.
        remarks: Paragraphs of Markdown below the summary.
        precisions: What was asked of the runs that the result was put together from, as fractions.
    """
    questions = headings(result.scenarios)
    parts = [
        f"# {markdown(title or title_of(result))}",
        summary(result),
        sizes([result]),
        busy_note([result]),
        *remarks,
        interrupted(result),
        *([_contents(result, questions)] if len(result.scenarios) > 1 else []),
    ]
    for scenario, question in zip(result.scenarios, questions, strict=True):
        asked = precisions or [result.settings.precision]
        parts += _scenario(scenario, question, result.settings.timed, pictures.get(scenario.name, ()), asked)
    parts += [f"## How it was {done(result)}", method(result, precisions), environment_table(result, precisions)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _contents(result: Result, questions: Sequence[str]) -> str:
    """Each question with what was found at its typical point: the fastest, or how much is between what was counted."""
    from tabulate import tabulate

    timed = result.settings.timed
    columns = ["fastest", "its time against the baseline's"] if timed else ["a warm call takes"]
    rows = []
    for scenario, question, anchor in zip(result.scenarios, questions, anchors(questions), strict=True):
        point = typical_point(scenario)
        found = fastest(point) if timed else (counted(point),)
        rows.append([f"[{markdown(question)}](#{anchor})", *found])
    columns.insert(0, "question")
    return tabulate(rows, headers=columns, tablefmt="pipe", disable_numparse=True, colalign=["left"] * len(columns))


def _scenario(
    scenario: ScenarioResult, question: str, timed: bool, pictures: Sequence[Picture], precisions: Sequence[float]
) -> list[str]:
    typical = typical_point(scenario)
    further = [point for point in scenario.points if point is not typical]
    tables = [_point(scenario, point, timed, legend=False) for point in further]
    if len(further) > MOST_OPEN_POINTS or any(point.rtt_ms for point in further):
        said = "1 further point" if len(further) == 1 else f"{len(further)} further points"
        tables = [folded(said, "\n\n".join(tables))]
    parts = [f"## {markdown(question)}", _answer(scenario, timed), _about(scenario, timed)]
    if typical is not None:
        parts += [_point(scenario, typical, timed, True, pictures, precisions)]
    if timed:
        parts += along_tables({"": scenario})
    parts += [latency_table(scenario), *tables]
    return [*parts, claims_list(scenario, judged(scenario, timed)), *_details(typical)]


def _answer(scenario: ScenarioResult, timed: bool) -> str:
    if not timed:
        return counted_answer(scenario, code)
    first, *others = sentences(scenario, code)
    return "\n\n".join([first, "\n".join(f"- {other}" for other in others)]).rstrip()


def _about(scenario: ScenarioResult, timed: bool) -> str:
    dataset = f", on the dataset {code(scenario.dataset)}" if scenario.dataset else ""
    kinds = {strategy.returns for point in scenario.points for strategy in point.strategies}
    if len(kinds) < 2 or not timed:
        return f"The scenario {code(scenario.name)}{dataset}."
    asked = "ORM entities" if scenario.returns == "entities" else "plain rows"
    about = f"{code(scenario.name)}{dataset}{',' if dataset else ''}"
    return f"The scenario {about} asks for {asked}; what returns others is below the line."


def _point(
    scenario: ScenarioResult,
    point: PointResult,
    timed: bool,
    legend: bool,
    pictures: Sequence[Picture] = (),
    precisions: Sequence[float] = (),
) -> str:
    heading = _heading(scenario, point)
    table = (
        markdown_table(point, scenario.returns, legend, scenario.headline, precisions)
        if timed
        else markdown_counters_table(point, legend, scenario.headline)
    )
    times = time_table(point, scenario.returns, legend) if timed else ""
    parts = [f"{heading}:" if heading else "", table, shown(pictures), times, _all_counters(scenario, point)]
    return "\n\n".join(part for part in parts if part)


def _heading(scenario: ScenarioResult, point: PointResult) -> str:
    named = len(scenario.points) > 1 and dict(point.params) == dict(scenario.typical)
    at = f"**At {code(parameters(point.params, point.rtt_ms))}**" if point.params or point.rtt_ms else ""
    typical = "the typical point" if named and point is typical_point(scenario) else ""
    return ", ".join(part for part in [at, typical, *rounds_of(point)] if part)


def _all_counters(scenario: ScenarioResult, point: PointResult) -> str:
    """Every counter, folded, at the first of the points that differ in their added round-trip time alone: what is
    counted there holds for all of them.
    """
    alike = [one for one in scenario.points if dict(one.params) == dict(point.params) and one.strategies]
    if point is not min(alike, key=lambda one: one.rtt_ms, default=None):
        return ""
    table = all_counters(point)
    return folded("All counters of a warm call", table) if table else ""


def _details(typical: PointResult | None) -> list[str]:
    if typical is None or not typical.strategies:
        return []
    parts = [
        folded(f"<code>{html(strategy.name)}</code> {html(strategy.description)}".rstrip(), strategy_details(strategy))
        for strategy in typical.strategies
    ]
    return ["**The code of each strategy, and what it sent:**", *parts]
