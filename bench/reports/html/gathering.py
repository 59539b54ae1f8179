"""What the page shows of results: taken from the modules that say it elsewhere, so that no two reports differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.crossings import contenders, ranks_nothing, stretches
from bench.measurement import ClaimResult, PointResult, Result, ScenarioResult, StrategyResult
from bench.reports.busy import busy_note, rests_on_busy
from bench.reports.claims import HOW_JUDGED, any_of_times, claim_sentence, judged
from bench.reports.columns import AT_1_MS, COLUMNS, COUNTED, UNRANKED, columns_for, led_by
from bench.reports.columns import Column as TableColumn
from bench.reports.costs import TX_NOTE
from bench.reports.fastest import TOO_FEW
from bench.reports.faults import FAULT_NOTES, is_disturbed, units_lost
from bench.reports.formatting import ABSENT, duration, interval, moment, parameters, plain, ratio
from bench.reports.html.data import (
    At,
    ClaimShown,
    Column,
    Page,
    Place,
    Row,
    Run,
    ScenarioRun,
    ScenarioShown,
    Value,
)
from bench.reports.html.round_trips import round_trips_in_a_row
from bench.reports.html.words import of_markdown, quoted, words
from bench.reports.method import environment_rows, method
from bench.reports.sentences import counted_answer, counted_range, sentences
from bench.reports.sides import Side
from bench.reports.summary import judged_claims, sizes
from bench.reports.tables import (
    LOAD_NOTE,
    RATIO_NOTE,
    STARRED,
    columns_of,
    drives_loads,
    footnotes,
    margin_note,
    sections_of,
)

_OF_ONE_DISTANCE = ("median ms", "p95 ms", "ratio", "95 % interval", "verdict")


def page_data(sides: Sequence[Side]) -> Page:
    """What the page shows of results, side by side where there are several.

    Args:
        sides: One at least.
    """
    results = [side.result for side in sides]
    names = _by_module(scenario.name for result in results for scenario in result.scenarios)
    scenarios = [_scenario(name, sides) for name in names]
    points = [point for result in results for scenario in result.scenarios for point in scenario.points]
    return Page(
        title=_title(scenarios),
        runs=[_run(side) for side in sides],
        scenarios=scenarios,
        distances=sorted({point.rtt_ms for point in points}),
        timed=any(result.settings.timed for result in results),
        claims_note=HOW_JUDGED
        if any_of_times([claim for result in results for claim in judged_claims(result)])
        else "",
        busy_note=busy_note(results),
    )


def _by_module(names: Iterable[str]) -> list[str]:
    """The names of scenarios, each once, those of a module together: of a module, several results may have parts."""
    found: dict[str, dict[str, None]] = {}
    for name in names:
        found.setdefault(_module(name), {})[name] = None
    return [name for module in found.values() for name in module]


def _module(name: str) -> str:
    return name.partition(".")[0]


def places(scenario: ScenarioResult) -> list[list[PointResult]]:
    """The points of a scenario by their parameters, the typical ones first; each list by ascending distance."""
    found: dict[str, list[PointResult]] = {}
    for point in scenario.points:
        found.setdefault(repr(sorted(point.params.items())), []).append(point)
    ordered = [sorted(points, key=lambda point: point.rtt_ms) for points in found.values()]
    return sorted(ordered, key=lambda points: dict(points[0].params) != dict(scenario.typical))


def _title(scenarios: Sequence[ScenarioShown]) -> str:
    if len(scenarios) == 1:
        return scenarios[0].question or scenarios[0].name
    return f"Findings of {len(scenarios)} scenarios" if scenarios else "Nothing was measured"


def _run(side: Side) -> Run:
    result = side.result
    environment, packages = result.environment, result.environment.packages
    used = {"sqlalchemy": "SQLAlchemy", environment.driver: environment.driver}
    parts = [
        f"PostgreSQL {environment.postgres}" if environment.postgres else environment.database,
        *(f"{title} {packages[name]}" for name, title in used.items() if name in packages),
        f"Python {environment.python}" if environment.python[:1].isdigit() else environment.python,
        f"{environment.cpu}, {environment.cores} core{'' if environment.cores == 1 else 's'}",
    ]
    started = f" on {moment(result.started)}" if result.started else ""
    known = environment_rows(result, side.precisions)
    done = "Measured" if result.settings.timed else "Counted"
    return Run(
        label=plain(side.label),
        summary=plain(f"{', '.join(parts)}. {done} in {duration(result.seconds)}{started}. {sizes([result])}"),
        interrupted=_interrupted(result),
        method=[of_markdown(paragraph) for paragraph in method(result, side.precisions).split("\n\n")],
        environment=[(name, plain(value)) for name, value in known.items() if value],
        margin=2 * max(side.precisions),
    )


def _interrupted(result: Result) -> str:
    if not result.interrupted:
        return ""
    missing = sum(1 for scenario in result.scenarios for point in scenario.points if not point.finished)
    lost = f": {missing} point{'' if missing == 1 else 's'} of it missing or unfinished" if missing else ""
    return f"This run was interrupted{lost}. What is shown is what there was until then."


def _scenario(name: str, sides: Sequence[Side]) -> ScenarioShown:
    found = [next((one for one in side.result.scenarios if one.name == name), None) for side in sides]
    first = next(scenario for scenario in found if scenario is not None)
    return ScenarioShown(
        name=plain(name),
        module=plain(_module(name)),
        question=plain(first.question),
        runs=[
            _scenario_run(scenario, side) if scenario is not None else None
            for scenario, side in zip(found, sides, strict=True)
        ],
    )


def _scenario_run(scenario: ScenarioResult, side: Side) -> ScenarioRun:
    timed, precisions = side.result.settings.timed, side.precisions
    answer = sentences(scenario, quoted) if timed else [counted_answer(scenario, quoted)]
    shown = [_place(points, scenario, timed) for points in places(scenario)]
    return ScenarioRun(
        answer=[words(sentence) for sentence in answer],
        about=words(_about(scenario, timed)),
        legend=[words(note) for note in _legend(scenario, timed, precisions)],
        places=shown,
        claims=[_claim(claim, scenario) for claim in judged(scenario, timed)],
        moves=any(row.trips is not None for place in shown for at in place.at for row in at.rows),
    )


def _about(scenario: ScenarioResult, timed: bool) -> str:
    dataset = f", on the dataset {quoted(scenario.dataset)}" if scenario.dataset else ""
    kinds = {strategy.returns for point in scenario.points for strategy in point.strategies}
    asked = "ORM entities" if scenario.returns == "entities" else "plain rows"
    apart = f" It asks for {asked}; what returns others stands apart, as reference." if len(kinds) > 1 and timed else ""
    return f"The scenario {quoted(scenario.name)}{dataset}.{apart}"


def _legend(scenario: ScenarioResult, timed: bool, precisions: Sequence[float]) -> Iterable[str]:
    if not timed:
        yield TX_NOTE
    elif any(is_disturbed(point) for point in scenario.points):
        yield from FAULT_NOTES
    else:
        yield from (f"★: {STARRED}", RATIO_NOTE, margin_note(precisions))
        if any(drives_loads(point) for point in scenario.points):
            yield LOAD_NOTE


def _claim(claim: ClaimResult, scenario: ScenarioResult) -> ClaimShown:
    sentence = claim_sentence(claim, quoted, plain, measured=scenario.points)
    return ClaimShown(
        plain(claim.text), plain(claim.source), claim.verdict, words(sentence), rests_on_busy(claim, scenario)
    )


def _place(points: Sequence[PointResult], scenario: ScenarioResult, timed: bool) -> Place:
    trips = round_trips_in_a_row(points) if timed else {}
    return Place(
        params=parameters(points[0].params),
        at=[_at(point, scenario, timed, trips) for point in points],
        typical=dict(points[0].params) == dict(scenario.typical),
    )


def _at(point: PointResult, scenario: ScenarioResult, timed: bool, trips: Mapping[str, int]) -> At:
    sections = sections_of(point, scenario.returns) if timed else [("", point.strategies)] if point.strategies else []
    usual = [column for column in COLUMNS if column is not AT_1_MS] if timed else COUNTED
    columns = columns_for(sections, led_by(scenario.headline, columns_of(point, usual)))
    by_name = {strategy.name: strategy for strategy in point.strategies}
    ranked = timed and not ranks_nothing(point)
    leading = [by_name[name] for name in contenders(point) if ranked and name in by_name]
    first = leading[0] if leading else None
    beats = first is not None and first.verdict == "faster" and first.ratio is not None
    bounds = interval(first.ratio, first.ratio_low, first.ratio_high) if first is not None and beats else ABSENT
    return At(
        rtt=point.rtt_ms,
        about=_made(point),
        columns=[_column(column) for column in columns],
        rows=[_row(one, part, columns, trips) for part, strategies in sections for one in strategies],
        leaders=[plain(one.name) for one in leading],
        unsettled=len(point.winners) - len(leading) if leading else 0,
        share=ratio(first.ratio, first.ratio_low, first.ratio_high) if first is not None and beats else "",
        bounds="" if bounds == ABSENT else bounds,
        tells=bool(leading and stretches([point])),
        said="" if leading else _unled(point, timed),
        busy=timed and point.was_busy,
        notes=[words(note) for note in footnotes(point, quoted, plain)],
    )


def _made(point: PointResult) -> str:
    parts = [
        f"{point.rtt_added_ms:.2f} ms really added" if point.rtt_ms and point.rtt_added_ms is not None else "",
        f"{point.rounds} round{'' if point.rounds == 1 else 's'} in {duration(point.seconds)}" if point.rounds else "",
        "" if point.finished else "interrupted",
    ]
    return ", ".join(part for part in parts if part)


def _unled(point: PointResult, timed: bool) -> str:
    if not point.strategies:
        return "not measured"
    if is_disturbed(point):
        return units_lost(point)
    if timed:
        return TOO_FEW if ranks_nothing(point) else "none was ranked"
    return counted_range(point) or "not counted"


def _column(column: TableColumn) -> Column:
    return Column(column.title, left=column.align == "left", fixed=column.title not in _OF_ONE_DISTANCE)


def _row(strategy: StrategyResult, part: str, columns: Sequence[TableColumn], trips: Mapping[str, int]) -> Row:
    times = strategy.behind, strategy.behind_low
    return Row(
        strategy=plain(strategy.name),
        cells=[column.cell(strategy) for column in columns],
        values=[_value(column.measured(strategy)) for column in columns],
        description=of_markdown(plain(strategy.description)) if strategy.description else (),
        part=part,
        baseline=strategy.baseline,
        winner=strategy.winner and not part,
        ms=strategy.median_ms if strategy.verdict not in UNRANKED else None,
        trips=trips.get(strategy.name),
        least=times[1] if None not in times else None,
        behind=strategy.behind_verdict == "slower",
    )


def _value(measured: object) -> Value:
    """What a column is sorted by: a number, or text; None where it has several, or nothing was measured."""
    if isinstance(measured, bool) or not isinstance(measured, int | float | str):
        return None
    return float(f"{measured:.6g}") if isinstance(measured, float) else measured
