"""A report of one run in Markdown, for GitHub and as text: answers first, what they stand on folded below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.crossings import contenders
from bench.measurement import ClaimResult, Environment, PointResult, Result, ScenarioResult
from bench.reports.claims import claim_sentence
from bench.reports.costs import all_counters, markdown_counters_table, time_table
from bench.reports.faults import is_disturbed, units_lost
from bench.reports.folded import folded, strategy_details
from bench.reports.formatting import ABSENT, code, duration, html, interval, markdown, moment, parameters, plain, ratio
from bench.reports.method import environment_table, method
from bench.reports.pools import latency_table
from bench.reports.sentences import counted_answer, counted_range, sentences, typical_point
from bench.reports.tables import markdown_table

MOST_OPEN_POINTS = 3
"""Further points than the typical one that stand open; more are folded."""


def markdown_report(result: Result, title: str | None = None) -> str:
    """A report of one run, as GitHub's Markdown ending in a line end.

    Args:
        result: What was measured; of an interrupted run, what there is.
        title: The heading, one line of plain text; without it, named by what was selected.
    """
    questions = _headings(result.scenarios)
    parts = [
        f"# {markdown(title or _title(result))}",
        _summary(result),
        *([_interrupted(result)] if result.interrupted else []),
        *([_contents(result, questions)] if len(result.scenarios) > 1 else []),
    ]
    for scenario, question in zip(result.scenarios, questions, strict=True):
        parts += _scenario(scenario, question, result.settings.timed)
    parts += [f"## How it was {_done(result)}", method(result), environment_table(result)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(result: Result) -> str:
    modules = dict.fromkeys(scenario.name.partition(".")[0] for scenario in result.scenarios)
    return f"What was {_done(result)}: {', '.join(modules) or 'nothing'}"


def _done(result: Result) -> str:
    return "measured" if result.settings.timed else "counted"


def _headings(scenarios: Sequence[ScenarioResult]) -> list[str]:
    """The question of each scenario, with its name where two ask the same, so that each heading can be linked to."""
    asked = Counter(plain(scenario.question) for scenario in scenarios)
    return [
        plain(scenario.question)
        if scenario.question and asked[plain(scenario.question)] == 1
        else f"{plain(scenario.name)}: {plain(scenario.question)}".removesuffix(": ")
        for scenario in scenarios
    ]


def _summary(result: Result) -> str:
    environment = result.environment
    points = sum(1 for scenario in result.scenarios for point in scenario.points if point.strategies)
    measured = [_plural(len(result.scenarios), "scenario"), _plural(points, "point")]
    timed = result.settings.timed
    if verdicts := Counter(claim.verdict for scenario in result.scenarios for claim in _judged(scenario, timed)):
        judged = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in sorted(verdicts))
        measured.append(f"{_plural(sum(verdicts.values()), 'claim')} ({judged})")
    sentence = f"{', '.join(measured)}, {_done(result)} in {duration(result.seconds)}"
    started = f" on {moment(result.started)}" if result.started else ""
    return f"{markdown(sentence + started)}. {markdown(_where(environment))}."


def _where(environment: Environment) -> str:
    """The environment in a line: what a reader must know before comparing with figures from elsewhere."""
    packages, used = environment.packages, {"sqlalchemy": "SQLAlchemy", environment.driver: environment.driver}
    python = f"Python {environment.python}" if environment.python[:1].isdigit() else environment.python
    parts = [
        f"PostgreSQL {environment.postgres}" if environment.postgres else environment.database,
        *(f"{title} {packages[name]}" for name, title in used.items() if name in packages),
        f"{python} on {environment.loop}",
        f"{environment.cpu}, {_plural(environment.cores, 'core')}",
    ]
    return ", ".join(parts)


def _interrupted(result: Result) -> str:
    missing = sum(1 for scenario in result.scenarios for point in scenario.points if not point.finished)
    counted = (
        f": {_plural(missing, 'point')} of it {'is' if missing == 1 else 'are'} missing or unfinished"
        if missing
        else ""
    )
    return f"> **This run was interrupted**{counted}. What follows is what was {_done(result)} until then."


def _contents(result: Result, questions: Sequence[str]) -> str:
    """Each question with what was found at its typical point: the fastest, or how much is between what was counted."""
    from tabulate import tabulate

    if result.settings.timed:
        found, headings = _fastest, ["fastest", "its time against the baseline's"]
    else:
        found, headings = _counted, ["a warm call takes"]
    rows = []
    for scenario, question, anchor in zip(result.scenarios, questions, _anchors(questions), strict=True):
        rows.append([f"[{markdown(question)}](#{anchor})", *found(typical_point(scenario))])
    headings.insert(0, "question")
    return tabulate(rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=["left"] * len(headings))


def _counted(point: PointResult | None) -> tuple[str, ...]:
    return ((counted_range(point) if point else "") or "not counted",)


def _fastest(point: PointResult | None) -> tuple[str, ...]:
    if point is None:
        return "not measured", ABSENT
    if is_disturbed(point):
        return units_lost(point), ABSENT
    by_name = {strategy.name: strategy for strategy in point.strategies}
    winners = [by_name[name] for name in contenders(point) if name in by_name]
    if not winners:
        return "none was ranked" if point.strategies else "not measured", ABSENT
    first = winners[0]
    names = ", ".join(f"{code(winner.name)}{' (baseline)' if winner.baseline else ''}" for winner in winners)
    if len(winners) < len(point.winners):
        names += f" ({len(point.winners) - len(winners)} more not ruled out)"
    if first.verdict != "faster" or first.ratio is None:
        return names, first.verdict or ABSENT
    bounds = interval(first.ratio, first.ratio_low, first.ratio_high)
    return names, ratio(first.ratio, first.ratio_low, first.ratio_high) + (f" ({bounds})" if bounds != ABSENT else "")


def _anchors(headings: Iterable[str]) -> list[str]:
    """The names GitHub gives to headings: lower case, no punctuation, hyphens for spaces, a number after the second."""
    seen: Counter[str] = Counter()
    anchors = []
    for heading in headings:
        kept = "".join(character for character in heading.lower() if character.isalnum() or character in " -_")
        anchor = kept.replace(" ", "-")
        anchors.append(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return anchors


def _scenario(scenario: ScenarioResult, question: str, timed: bool) -> list[str]:
    typical = typical_point(scenario)
    further = [point for point in scenario.points if point is not typical]
    tables = [_point(scenario, point, timed, legend=False) for point in further]
    if len(further) > MOST_OPEN_POINTS:
        tables = [folded(f"{len(further)} further points", "\n\n".join(tables))]
    parts = [f"## {markdown(question)}", _answer(scenario, timed), _about(scenario, timed)]
    if typical is not None:
        parts += [_point(scenario, typical, timed, legend=True), *tables]
    if latencies := latency_table(scenario):
        parts.append(latencies)
    return [*parts, _claims(_judged(scenario, timed)), *_details(typical)]


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


def _point(scenario: ScenarioResult, point: PointResult, timed: bool, legend: bool) -> str:
    heading = _heading(scenario, point)
    table = (
        markdown_table(point, scenario.returns, legend, scenario.headline)
        if timed
        else markdown_counters_table(point, legend, scenario.headline)
    )
    times = time_table(point, scenario.returns, legend) if timed else ""
    parts = [f"{heading}:" if heading else "", table, times, _all_counters(scenario, point)]
    return "\n\n".join(part for part in parts if part)


def _heading(scenario: ScenarioResult, point: PointResult) -> str:
    named = len(scenario.points) > 1 and dict(point.params) == dict(scenario.typical)
    parts = [
        f"**At {code(parameters(point.params, point.rtt_ms))}**" if point.params or point.rtt_ms else "",
        f"{point.rtt_added_ms:.2f} ms really added" if point.rtt_ms and point.rtt_added_ms is not None else "",
        "the typical point" if named and point is typical_point(scenario) else "",
        f"{_plural(point.rounds, 'round')} in {duration(point.seconds)}" if point.rounds else "",
    ]
    return ", ".join(part for part in parts if part)


def _all_counters(scenario: ScenarioResult, point: PointResult) -> str:
    """Every counter, folded, at the first of the points that differ in their added round-trip time alone: what is
    counted there holds for all of them.
    """
    alike = [one for one in scenario.points if dict(one.params) == dict(point.params) and one.strategies]
    if point is not min(alike, key=lambda one: one.rtt_ms, default=None):
        return ""
    table = all_counters(point)
    return folded("All counters of a warm call", table) if table else ""


def _judged(scenario: ScenarioResult, timed: bool) -> Sequence[ClaimResult]:
    """The claims that the run could judge: without a clock, those about a counter."""
    return [claim for claim in scenario.claims if timed or claim.counter is not None]


def _claims(claims: Sequence[ClaimResult]) -> str:
    if not claims:
        return ""
    lines = [
        f"- “{markdown(claim.text)}” ({markdown(claim.source)})  \n  {claim_sentence(claim, code, markdown)}"
        for claim in claims
    ]
    return "\n".join(["**What is advised, and what was measured of it:**", "", *lines])


def _details(typical: PointResult | None) -> list[str]:
    if typical is None or not typical.strategies:
        return []
    parts = [
        folded(f"<code>{html(strategy.name)}</code> {html(strategy.description)}".rstrip(), strategy_details(strategy))
        for strategy in typical.strategies
    ]
    return ["**The code of each strategy, and what it sent:**", *parts]


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
