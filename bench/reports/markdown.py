"""A report of one run in Markdown, for GitHub and as text: answers first, what they stand on folded below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bench.measurement import Environment, PointResult, Result, ScenarioResult, Settings
from bench.reports.folded import folded, strategy_details
from bench.reports.formatting import ABSENT, code, duration, html, interval, markdown, parameters, percent, plain, ratio
from bench.reports.sentences import claim_sentence, sentences, typical_point
from bench.reports.tables import markdown_table

MOST_OPEN_POINTS = 3
"""Further points than the typical one that stand open; more are folded."""

METHOD = """\
At each point every strategy was called twice and its result compared with the baseline's; one that gave another result
is shown as `differs` and is not ranked. Statements, rows and objects were counted on a warm call. Then the strategies
were timed in rounds, each sampled once a round in a fresh random order (far slower ones in fewer rounds), with garbage
collected before each sample. A ratio is the median of the rounds' log-ratios, with its exact 95 % interval; it is not
the quotient of the medians. The margin is {margin}, twice the precision asked. A strategy is faster or slower where the
whole interval lies on one side of 1, the ratio is beyond the margin, and a sign test holds after correction for the
number of strategies; it is the same where the whole interval lies within the margin; else it is inconclusive. Those
that were not shown to be behind the fastest are named together.
"""


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
        *([_contents(result.scenarios, questions)] if len(result.scenarios) > 1 else []),
    ]
    for scenario, question in zip(result.scenarios, questions, strict=True):
        parts += _scenario(scenario, question)
    parts += ["## How it was measured", _method(result.settings), _environment(result)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(result: Result) -> str:
    modules = dict.fromkeys(scenario.name.partition(".")[0] for scenario in result.scenarios)
    return f"What was measured: {', '.join(modules) or 'nothing'}"


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
    if verdicts := Counter(claim.verdict for scenario in result.scenarios for claim in scenario.claims):
        judged = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in sorted(verdicts))
        measured.append(f"{_plural(sum(verdicts.values()), 'claim')} ({judged})")
    sentence = f"{', '.join(measured)}, measured in {duration(result.seconds)}"
    started = f" on {_moment(result.started)}" if result.started else ""
    return f"{markdown(sentence + started)}. {markdown(_where(environment))}."


def _moment(started: str) -> str:
    """A moment to the minute, in UTC where its zone is known; as it stands where it is no ISO 8601."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return plain(started)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment.tzinfo else f"{moment:%Y-%m-%d %H:%M}"


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
    return f"> **This run was interrupted**{counted}. What follows is what was measured until then."


def _contents(scenarios: Sequence[ScenarioResult], questions: Sequence[str]) -> str:
    """Each question with what was fastest at its typical point."""
    from tabulate import tabulate

    rows = []
    for scenario, question, anchor in zip(scenarios, questions, _anchors(questions), strict=True):
        point = typical_point(scenario)
        rows.append([f"[{markdown(question)}](#{anchor})", *(_fastest(point) if point else ("not measured", ABSENT))])
    headings = ["question", "fastest", "its time against the baseline's"]
    return tabulate(rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=["left", "left", "left"])


def _fastest(point: PointResult) -> tuple[str, str]:
    by_name = {strategy.name: strategy for strategy in point.strategies}
    winners = [by_name[name] for name in point.winners if name in by_name]
    if not winners:
        return "none was ranked" if point.strategies else "not measured", ABSENT
    first = winners[0]
    names = ", ".join(f"{code(winner.name)}{' (baseline)' if winner.baseline else ''}" for winner in winners)
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


def _scenario(scenario: ScenarioResult, question: str) -> list[str]:
    typical = typical_point(scenario)
    further = [point for point in scenario.points if point is not typical]
    tables = [_point(scenario, point, legend=False) for point in further]
    if len(further) > MOST_OPEN_POINTS:
        tables = [folded(f"{len(further)} further points", "\n\n".join(tables))]
    parts = [f"## {markdown(question)}", _answer(scenario), _about(scenario)]
    if typical is not None:
        parts += [_point(scenario, typical, legend=True), *tables]
    return [*parts, _claims(scenario), *_details(typical)]


def _answer(scenario: ScenarioResult) -> str:
    first, *others = sentences(scenario, code)
    return "\n\n".join([first, "\n".join(f"- {other}" for other in others)]).rstrip()


def _about(scenario: ScenarioResult) -> str:
    dataset = f", on the dataset {code(scenario.dataset)}" if scenario.dataset else ""
    kinds = {strategy.returns for point in scenario.points for strategy in point.strategies}
    asked = "ORM entities" if scenario.returns == "entities" else "plain rows"
    asks = f" asks for {asked}; what returns others is below the line" if len(kinds) > 1 else ""
    return f"The scenario {code(scenario.name)}{dataset}{asks}."


def _point(scenario: ScenarioResult, point: PointResult, legend: bool) -> str:
    is_typical = dict(point.params) == dict(scenario.typical) and len(scenario.points) > 1
    place = f"**At {code(parameters(point.params, point.rtt_ms))}**" if point.params or point.rtt_ms else ""
    rounds = f"{_plural(point.rounds, 'round')} in {duration(point.seconds)}" if point.rounds else ""
    heading = ", ".join(part for part in (place, "the typical point" if is_typical else "", rounds) if part)
    table = markdown_table(point, scenario.returns, legend)
    return f"{heading}:\n\n{table}" if heading else table


def _claims(scenario: ScenarioResult) -> str:
    if not scenario.claims:
        return ""
    lines = [
        f"- “{markdown(claim.text)}” ({markdown(claim.source)})  \n  {claim_sentence(claim, code, markdown)}"
        for claim in scenario.claims
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


def _method(settings: Settings) -> str:
    return METHOD.format(margin=percent(2 * settings.precision)).strip()


def _environment(result: Result) -> str:
    from tabulate import tabulate

    environment = result.environment
    rows = {
        "Python": environment.python,
        "packages": _pairs(environment.packages),
        "PostgreSQL": environment.postgres,
        "database": environment.database,
        "server settings": _pairs(environment.settings),
        "driver": environment.driver,
        "event loop": environment.loop,
        "garbage collection": environment.gc,
        "CPU": f"{environment.cpu}, {_plural(environment.cores, 'core')}",
        "worker and server on a core each": "yes" if environment.pinned else "no",
        "kernel": environment.kernel,
        "git revision": environment.git,
        "seed and scale of the data": f"{environment.seed} and {environment.scale}",
        "precision asked": percent(result.settings.precision),
        "time allowed a call": duration(result.settings.timeout_s),
    }
    cells = [[name, markdown(value)] for name, value in rows.items() if value]
    return tabulate(
        cells, headers=["environment", ""], tablefmt="pipe", disable_numparse=True, colalign=["left", "left"]
    )


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
