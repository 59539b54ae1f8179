"""What a call costs beside what is compared: where its time went, and what was counted without a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bench.measurement import COUNTERS, Counters, PointResult, StrategyResult
from bench.reports.columns import COUNTED, Column, Section, columns_for, led_by, shown_counter
from bench.reports.drawing import TERMINAL_WIDTH, fitting, in_markdown, on_terminal, with_list, with_notes
from bench.reports.formatting import code, count, markdown, milliseconds, shortened
from bench.reports.tables import Kind, drives_loads, footnotes, sections_of

SUM_NOTE = "client CPU + server + waiting = wall, the median of a call; waiting is when neither of them worked"
OVERLAP_NOTE = (
    "client CPU + server + waiting - overlap = wall, the median of a call; waiting is when neither of them worked,"
    " overlap when both did"
)
SIDE_BY_SIDE_NOTE = (
    "server: of all connections together, which work side by side, waits for each other's locks included; wall: the"
    " median of a call"
)
TX_NOTE = "tx commands: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin"
COLD = "the first call of all"
_LONGEST_REASON = 200
_TIMES: tuple[tuple[str, Callable[[StrategyResult], float | None]], ...] = (
    ("client CPU", lambda strategy: strategy.cpu_ms),
    ("server", lambda strategy: strategy.server_ms),
    ("waiting", lambda strategy: strategy.waiting_ms),
    ("overlap", lambda strategy: strategy.overlap_ms),
    ("wall", lambda strategy: strategy.median_ms),
    (COLD, lambda strategy: strategy.cold_ms),
)
_OF_ONE_CONNECTION = ("waiting", "overlap")
"""What is told apart where one thing is done after the other: not in a load of many tasks."""
_COUNTED_COLD = ("round_trips", "connections")
_NOTHING_COUNTED = Counters()


def counters_table(point: PointResult, width: int | None = None, headline: str | None = None) -> str:
    """What a warm call of each strategy costs without a clock, as plain text, in the order they are declared.

    Args:
        point: What was counted.
        width: Columns of the terminal, 100 if None; where they are too few, the least needed columns of the table go.
        headline: The counter that leads the table, if one does.
    """
    width = width or TERMINAL_WIDTH
    sections = _as_declared(point)
    columns = fitting(sections, columns_for(sections, led_by(headline, COUNTED)), width)
    return with_notes(
        on_terminal(sections, columns, width), [*_legend(columns), *_blind(point.strategies), *footnotes(point)], width
    )


def markdown_counters_table(point: PointResult, legend: bool = True, headline: str | None = None) -> str:
    """The same in GitHub's Markdown, with every column that says something.

    Args:
        point: What was counted.
        legend: Whether to explain the headings.
        headline: The counter that leads the table, if one does.
    """
    sections = _as_declared(point)
    columns = columns_for(sections, led_by(headline, COUNTED))
    notes = _legend(columns) if legend else []
    return with_list(in_markdown(sections, columns), [*notes, *footnotes(point, code, markdown)])


def time_table(point: PointResult, returns: Kind | None = None, legend: bool = True) -> str:
    """Where the time of a call went, in Markdown, for each strategy that was timed in the order of the point's table,
    and what the cold call took, which goes straight to the server; empty where nobody asked for the server's part.

    Args:
        point: What was measured.
        returns: What the scenario asks for; None takes it from the baseline.
        legend: Whether to say how the columns add up.
    """
    timed = [one for _, part in sections_of(point, returns) for one in part if one.median_ms is not None]
    if not any(strategy.server_ms is not None or strategy.server_unseen for strategy in timed):
        return ""
    beside = drives_loads(point)
    overlapping = any(strategy.overlap_ms for strategy in timed)
    columns = [
        (heading, time)
        for heading, time in _TIMES
        if any(time(strategy) is not None for strategy in timed)
        and (heading != "overlap" or overlapping)
        and (heading != COLD or point.rtt_ms == 0)
        and not (beside and heading in _OF_ONE_CONNECTION)
    ]
    rows = [[code(strategy.name), *(milliseconds(time(strategy)) for _, time in columns)] for strategy in timed]
    added_up = legend and any(heading == "waiting" for heading, _ in columns)
    notes = [*([OVERLAP_NOTE if overlapping else SUM_NOTE] if added_up else []), *_unseen(timed)]
    notes += [SIDE_BY_SIDE_NOTE] if legend and beside else []
    table = _drawn(["strategy", *(heading for heading, _ in columns)], rows)
    return f"Where the time went, ms a call:\n\n{with_list(table, notes)}"


def all_counters(point: PointResult) -> str:
    """Every counter that is known of any strategy, in Markdown, a row each and the strategies as columns; else empty.

    What a cold call cost stands below what a warm one does; below the table, what nobody needed any of, and who saw no
    executions.
    """
    counted = [strategy for strategy in point.strategies if strategy.counters != _NOTHING_COUNTED]
    if not counted:
        return ""
    values = {title: numbers for title, numbers in _values(counted) if set(numbers) != {None}}
    rows = [[title, *map(count, numbers)] for title, numbers in values.items() if set(numbers) != {0}]
    table = _drawn(["a call", *(code(strategy.name) for strategy in counted)], rows)
    zero = [title for title, numbers in values.items() if set(numbers) == {0}]
    return with_list(table, [*([f"0 of each: {', '.join(zero)}"] if zero else []), *_blind(counted)])


def _values(counted: Sequence[StrategyResult]) -> Iterable[tuple[str, Sequence[int | None]]]:
    """The title of each counter with its values, one a strategy."""
    for name in COUNTERS:
        title = shown_counter(name)
        yield title, [getattr(strategy.counters, name) for strategy in counted]
        if name in _COUNTED_COLD:
            yield f"{title}, cold call", [getattr(strategy.cold_counters, name) for strategy in counted]


def _as_declared(point: PointResult) -> list[Section]:
    return [("", point.strategies)] if point.strategies else []


def _legend(columns: Sequence[Column]) -> list[str]:
    return [TX_NOTE] if any(column.title == "tx commands" for column in columns) else []


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from tabulate import tabulate

    alignment = ["left", *("right" for _ in headings[1:])]
    return tabulate(rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=alignment)


def _unseen(strategies: Iterable[StrategyResult]) -> list[str]:
    """Why the server's time is not known, each reason once with the strategies that it holds for."""
    known = [(one.name, one.server_unseen) for one in strategies if one.server_ms is None and one.server_unseen]
    return _by_reason("the server's time is not known", known)


def _blind(strategies: Iterable[StrategyResult]) -> list[str]:
    named = {"events": "SQLAlchemy's events", "wire": "the tap", "server": "pg_stat_statements"}
    return [
        note
        for witness, who in named.items()
        for note in _by_reason(
            f"executions not seen by {who}",
            [(one.name, one.witnesses.unseen[witness]) for one in strategies if witness in one.witnesses.unseen],
        )
    ]


def _by_reason(said: str, known: Iterable[tuple[str, str]]) -> list[str]:
    names: dict[str, list[str]] = {}
    for name, reason in known:
        names.setdefault(reason, []).append(code(name))
    return [f"{', '.join(of)}: {said}: {markdown(shortened(reason, _LONGEST_REASON))}" for reason, of in names.items()]
