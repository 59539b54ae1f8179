"""Two results compared, as a page: what failed, vanished or got worse first, then what changed, then the times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.regressions.comparison import Comparison, PointComparison, Side, StrategyComparison, Unpaired
from bench.regressions.counters import CounterChange
from bench.regressions.limits import LimitPassed
from bench.regressions.surroundings import Difference
from bench.regressions.two_runs import BETWEEN_RUNS, TimeChange
from bench.reports.columns import shown_counter
from bench.reports.formatting import count, interval, milliseconds, moment, parameters, percent, ratio, shortened
from bench.reports.limits import over_budget
from bench.reports.page import Align, MarkdownPage, Page, TerminalPage

ADVISORY = (
    "Times are advice and change no exit code. The ratio is the median of NEW over that of BASE; its 95 % interval"
    " covers what varies inside the two runs and not between them, and two runs of the same code, one after the other,"
    " differ by 8 to 21 %. To gate on time, measure both side by side: `bench check`."
)
VERDICTS = (
    f"slower, faster: the whole interval is beyond {BETWEEN_RUNS:g}×, more than two such runs differ by, also from what"
    " the other strategies did."
)
BUSY = "The machine was busy with something else when this was measured, so that its times have no verdict."
UP_TO_THE_TASKS = (
    "not gated: in a load it depends on which task is first how many connections are opened, and what they cost."
)
MOST_PLACES = 3
"""Points that are named where the same is said of several; of more their number is said."""
MOST_DIFFERENCES = 12
"""Differences of the surroundings that are named."""
_LONGEST = 200


def terminal_comparison(comparison: Comparison, width: int | None = None, colour: bool = False) -> str:
    """A comparison as plain text.

    Args:
        comparison: What was found.
        width: Columns of the terminal, 100 if None.
        colour: Whether it is coloured by ANSI codes; without it there are no control codes.
    """
    return _written(TerminalPage(width, colour), comparison)


def markdown_comparison(comparison: Comparison) -> str:
    """A comparison as GitHub's Markdown."""
    return _written(MarkdownPage(), comparison)


def summary(comparison: Comparison) -> str:
    """What is to be known first, in a line."""
    compared = [strategy for _, _, strategy in comparison.strategies]
    broke = sum(one.broke for one in compared)
    more = sum(bool(one.more) for one in compared)
    passed = sum(len(one.passed) for one in compared) + sum(len(one.passed) for one in comparison.appeared)
    missing = len(comparison.vanished) + sum(one.lost for one in compared)
    said = [
        f"{_several(broke, 'failure')}" if broke else "",
        f"{missing} missing" if missing else "",
        f"{_several(more, 'regression')}" if more else "",
        f"{passed} over budget" if passed else "",
    ]
    found = ", ".join(part for part in said if part) or "No regression"
    if comparison.other_data:
        found = f"No baseline for these data{'' if found == 'No regression' else f'; {found}'}"
    unchanged = sum(not (one.changed or one.broke or one.lost or one.mended or one.began) for one in compared)
    pairs = f"{_several(len(compared), 'strategy', 'strategies')} compared, each at its point; {unchanged} unchanged"
    return f"{found}. {pairs}."


def _written(page: Page, comparison: Comparison) -> str:
    _heading(page, comparison)
    _surroundings(page, comparison)
    _lists(page, comparison)
    for scenario in comparison.scenarios:
        points = [point for point in scenario.points if any(map(_has_figures, point.strategies))]
        if points:
            page.heading(f"{page.quoted(scenario.name)}: {page.prose(scenario.question)}".removesuffix(": "), 2)
        for point in points:
            _point(page, point)
            if point.busy and not comparison.differences and any(one.time for one in point.strategies):
                page.paragraph(BUSY)
    _last_words(page, comparison)
    return page.text()


def _has_figures(one: StrategyComparison) -> bool:
    return bool(one.more or one.fewer or one.shown or one.statements or one.time)


def _heading(page: Page, comparison: Comparison) -> None:
    page.heading("What changed between two results", 1)
    page.bullets("Compared", [_side(page, "BASE", comparison.base), _side(page, "NEW", comparison.new)])
    bad = comparison.broke or comparison.missing or comparison.regressed
    page.paragraph(summary(comparison), "red" if bad else "green")


def _side(page: Page, title: str, side: Side) -> str:
    said = [moment(side.started) if side.started else "", f"revision {side.git}" if side.git else ""]
    said += ["" if side.timed else "counted, not timed"]
    said += ["interrupted: what it had until then" if side.interrupted else ""]
    about = ", ".join(page.prose(part) for part in said if part)
    return f"{title}: {page.quoted(side.file)}{f' ({about})' if about else ''}"


def _surroundings(page: Page, comparison: Comparison) -> None:
    different = comparison.differences
    if not different:
        return
    data = [one for one in different if one.bears_on == "data"]
    client = [one for one in different if one.bears_on == "client"]
    timed = any(strategy.time for _, _, strategy in comparison.strategies)
    if data:
        page.paragraph(
            f"The data are others: {_told(page, data)}. There is no baseline for what was counted, so that counters are"
            " shown and none is gated."
        )
    elif client:
        page.paragraph(
            f"Python calls and bytes are shown, not gated: they depend on what differs: {_told(page, client)}. All"
            " other counters are gated."
        )
    if timed:
        page.paragraph(f"No verdict on timings: {_told(page, different)}.")


def _told(page: Page, different: Sequence[Difference]) -> str:
    said = [
        page.prose(shortened(f"{one.what} {one.before} against {one.after}", _LONGEST))
        for one in different[:MOST_DIFFERENCES]
    ]
    more = len(different) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "")


def _lists(page: Page, comparison: Comparison) -> None:
    compared = [
        (_Place(f"{scenario.name}:{one.name}", _at(point.params, point.rtt_ms)), one)
        for scenario, point, one in comparison.strategies
    ]
    vanished = [(_place(one), one) for one in comparison.vanished]
    appeared = [(_place(one), one) for one in comparison.appeared]

    _list(page, "Failed", [(place, _outcome(page, one)) for place, one in compared if one.broke])
    lost = [(place, _outcome(page, one)) for place, one in compared if one.lost]
    _list(page, "Missing", [*((place, _whereabouts(page, one)) for place, one in vanished), *lost])
    passed = [(place, one.passed) for place, one in compared] + [(place, one.passed) for place, one in appeared]
    _list(page, "Over budget", [(place, _passed(limits)) for place, limits in passed if limits])
    _list(page, "Budgets not checked", [(place, _unchecked(page, one)) for place, one in compared if one.unchecked])
    _list(page, "Failed in both", [(place, _outcome(page, one)) for place, one in compared if _still_broken(one)])
    begun = [(place, f"{one.before} in BASE, measured now") for place, one in compared if one.mended or one.began]
    _list(page, "Measured now", begun)
    _list(page, "New", [(place, page.prose(one.reason or "")) for place, one in appeared])


@dataclass(frozen=True)
class _Place:
    """The name of a scenario or of a strategy in it, and the point in words; empty where there is one alone."""

    name: str
    point: str = ""


def _place(one: Unpaired) -> _Place:
    name = one.scenario if one.strategy is None else f"{one.scenario}:{one.strategy}"
    return _Place(name) if one.params is None else _Place(name, _at(one.params, one.rtt_ms))


def _at(params: Mapping[str, object], rtt_ms: float) -> str:
    return parameters(params, rtt_ms) if params or rtt_ms else ""


def _list(page: Page, title: str, said: Iterable[tuple[_Place, str]]) -> None:
    """What is said of places, in one line where the same is said of several points."""
    points: dict[tuple[str, str], list[str]] = {}
    for place, what in said:
        points.setdefault((place.name, what), []).append(place.point)
    page.bullets(
        title,
        [f"{page.quoted(name)}{_points(page, of)}{f': {what}' if what else ''}" for (name, what), of in points.items()],
    )


def _points(page: Page, points: Sequence[str]) -> str:
    named = [page.quoted(point) for point in points if point]
    if not named:
        return ""
    more = len(named) - MOST_PLACES
    return f" at {'; '.join(named[:MOST_PLACES])}" + (f"; and {more} more points" if more > 0 else "")


def _still_broken(one: StrategyComparison) -> bool:
    return one.before in ("failed", "differs") and one.after in ("failed", "differs")


def _outcome(page: Page, one: StrategyComparison) -> str:
    return f"{one.after}: {page.prose(shortened(one.reason, _LONGEST))}" if one.reason else one.after


def _whereabouts(page: Page, one: Unpaired) -> str:
    said = [page.prose(one.reason)] if one.reason else []
    if one.renamed is not None:
        said.append(f"is {page.quoted(one.renamed)} its new name?")
    return "; ".join(said)


def _passed(passed: Sequence[LimitPassed]) -> str:
    return ", ".join(over_budget(one) for one in passed)


def _unchecked(page: Page, one: StrategyComparison) -> str:
    return f"{page.prose(_listed(one.unchecked))} could not be counted"


def _listed(counters: Iterable[str]) -> str:
    return ", ".join(shown_counter(name) for name in counters)


def _point(page: Page, point: PointComparison) -> None:
    if at := _at(point.params, point.rtt_ms):
        page.heading(page.quoted(at), 3)
    if rows := [row for one in point.strategies for row in _counter_rows(page, one)]:
        page.table(
            ["strategy", "counter", "BASE", "NEW", "change", ""],
            rows,
            ["left", "left", "right", "right", "right", "left"],
        )
    for one in point.strategies:
        if one.statements:
            page.statements(f"Statements of {page.quoted(one.name)}", one.statements)
    if times := [(one, one.time) for one in point.strategies if one.time is not None]:
        judged = any(time.verdict is not None for _, time in times)
        headings = ["strategy", "BASE ms", "NEW ms", "ratio", "95 % interval", *(["verdict"] if judged else [])]
        align: list[Align] = ["left", "right", "right", "right", "right", "left"]
        page.table(headings, [_time_row(page, one.name, time) for one, time in times], align[: len(headings)])


def _counter_rows(page: Page, one: StrategyComparison) -> Iterable[list[str]]:
    kinds = [(one.more, "regression"), (one.fewer, "fewer"), (one.shown, "not gated")]
    for changes, reading in kinds:
        for change in changes:
            yield [
                page.quoted(one.name),
                shown_counter(change.counter),
                count(change.before),
                count(change.after),
                _change(change),
                reading,
            ]


def _change(change: CounterChange) -> str:
    """By how many, for what is counted exactly; else by how many per cent."""
    difference = change.after - change.before
    sign = "+" if difference > 0 else "-"
    if change.is_exact or change.ratio is None:
        return f"{sign}{count(abs(difference))}"
    return f"{sign}{percent(abs(change.ratio - 1))}"


def _time_row(page: Page, name: str, time: TimeChange) -> list[str]:
    return [
        page.quoted(name),
        milliseconds(time.before_ms),
        milliseconds(time.after_ms),
        ratio(time.ratio, time.low, time.high),
        interval(time.ratio, time.low, time.high),
        *([time.verdict] if time.verdict is not None else []),
    ]


def _last_words(page: Page, comparison: Comparison) -> None:
    unseen = Counter(one.uncompared for _, _, one in comparison.strategies if one.uncompared)
    page.bullets(
        "Not compared, for only one of the results has them",
        [f"{_listed(names)} (of {_several(number, 'strategy', 'strategies')})" for names, number in unseen.items()],
    )
    shown = [change for _, _, one in comparison.strategies for change in one.shown]
    if any(change.is_exact for change in shown) and not comparison.other_data:
        page.paragraph(UP_TO_THE_TASKS)
    times = [one.time for _, _, one in comparison.strategies if one.time is not None]
    if times:
        judged = any(time.verdict is not None for time in times)
        page.paragraph(f"{ADVISORY} {VERDICTS}" if judged else ADVISORY)
    elif comparison.base.timed != comparison.new.timed:
        page.paragraph(f"There are no times: {'NEW' if comparison.base.timed else 'BASE'} was counted and not timed.")


def _several(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
