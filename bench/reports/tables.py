"""The table of one point: its strategies, those that answer the question first, then what stands apart and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

from bench.measurement import PointResult, StrategyResult
from bench.reports.formatting import (
    ABSENT,
    code,
    count,
    interval,
    markdown,
    milliseconds,
    percent,
    plain,
    ratio,
    shortened,
)

Kind = Literal["entities", "rows"]
Section = tuple[str, Sequence[StrategyResult]]
"""A part of a table: its label (empty for the first) and its strategies in order."""

TERMINAL_WIDTH = 100
RATIO_NOTE = (
    "ratio: median of paired rounds against the baseline with its 95 % interval; it is not the quotient of the medians"
)
UNRANKED = ("failed", "skipped", "differs")
"""The verdicts of strategies that are shown and not ranked."""
_WON = " *"
_UNBROKEN_DASH = "\N{WORD JOINER}–\N{WORD JOINER}"
"""Between word joiners, so that a browser breaks no interval in two."""
_NARROWEST_NAME = 20
_LONGEST_NOTE = 400
_COLOURS = {"faster": "green", "slower": "red", "failed": "red", "differs": "red", "inconclusive": "yellow"}


@dataclass(frozen=True)
class Column:
    """A column of the table: its heading, how a strategy fills it, and when it is there.

    It is there `always`, or where something was `measured`, or only where strategies of one kind have `unlike` values.
    A terminal that is too narrow goes without the columns that have the highest `spare`; those of 0 stay.
    """

    heading: str
    cell: Callable[[StrategyResult], str]
    measured: Callable[[StrategyResult], object]
    always: bool = False
    unlike: bool = False
    spare: int = 0
    align: Literal["left", "right"] = "right"


def _verdict(strategy: StrategyResult) -> str:
    if strategy.verdict in UNRANKED:
        return f"{strategy.verdict} (baseline)" if strategy.baseline else strategy.verdict
    if strategy.demonstration:
        return "as expected"
    return "baseline" if strategy.baseline else strategy.verdict or ""


def _bounds(strategy: StrategyResult) -> str:
    return ABSENT if strategy.baseline else interval(strategy.ratio, strategy.ratio_low, strategy.ratio_high)


COLUMNS: tuple[Column, ...] = (
    Column("median ms", lambda s: milliseconds(s.median_ms), lambda s: s.median_ms, always=True),
    Column("p95 ms", lambda s: milliseconds(s.p95_ms), lambda s: s.p95_ms, spare=1),
    Column("cold ms", lambda s: milliseconds(s.cold_ms), lambda s: s.cold_ms, spare=4),
    Column("CPU ms", lambda s: milliseconds(s.cpu_ms), lambda s: s.cpu_ms, spare=6),
    Column("server ms", lambda s: milliseconds(s.server_ms), lambda s: s.server_ms, spare=5),
    Column("ratio", lambda s: ratio(s.ratio, s.ratio_low, s.ratio_high), lambda s: s.ratio, always=True),
    Column("95 % interval", _bounds, lambda s: s.ratio_low, always=True),
    Column("verdict", _verdict, _verdict, always=True, align="left"),
    Column("statements", lambda s: count(s.counters.statements), lambda s: s.counters.statements, always=True),
    Column("round trips", lambda s: count(s.counters.round_trips), lambda s: s.counters.round_trips, spare=2),
    Column("rows", lambda s: count(s.counters.rows), lambda s: s.counters.rows, always=True),
    Column(
        "ORM objects", lambda s: count(s.counters.orm_objects), lambda s: s.counters.orm_objects, unlike=True, spare=3
    ),
    # A warm call that opens a connection is worth a column, one that opens none is what a reader expects.
    Column("connections", lambda s: count(s.counters.connections), lambda s: s.counters.connections or None, spare=2),
)


def terminal_table(
    point: PointResult, width: int | None = None, colour: bool = False, returns: Kind | None = None
) -> str:
    """The table of a point as plain text, with what must be said of it in lines below.

    Args:
        point: What was measured.
        width: Columns of the terminal, 100 if None; where they are too few, the least needed columns of the table go.
        colour: Whether winners and verdicts are coloured by ANSI codes; without it there are no control codes.
        returns: What the scenario asks for; None takes it from the baseline.
    """
    width = width or TERMINAL_WIDTH
    sections = sections_of(point, returns)
    columns = _columns(sections)
    longest = max((len(plain(strategy.name)) for strategy in point.strategies), default=0) + len(_WON)
    while _width(_terminal(point, sections, columns, longest)) > width and any(column.spare for column in columns):
        columns.remove(max(columns, key=lambda column: column.spare))
    too_wide = _width(_terminal(point, sections, columns, longest)) - width
    longest = max(longest - max(too_wide, 0), _NARROWEST_NAME)
    legend = [*(["*: not shown to be behind the fastest"] if point.winners else []), *_ratio_note(point)]
    notes = [*legend, *footnotes(point)]
    table = [_terminal(point, sections, columns, longest, colour), ""] if sections else []
    return "\n".join([*table, *(_wrapped(note, width) for note in notes)]).rstrip()


def markdown_table(point: PointResult, returns: Kind | None = None, legend: bool = True) -> str:
    """The table of a point in GitHub's Markdown, with what must be said of it as a list below.

    Args:
        point: What was measured.
        returns: What the scenario asks for; None takes it from the baseline.
        legend: Whether to explain the marks and the ratio; where tables follow each other, one legend is enough.
    """
    sections = sections_of(point, returns)
    columns = _columns(sections)
    rows: list[list[str]] = []
    for title, strategies in sections:
        if title:
            rows.append([f"*{title}*", *("" for _ in columns)])
        for strategy in strategies:
            mark = "\N{NO-BREAK SPACE}★" if strategy.name in point.winners else ""
            cells = [re.sub(r"(?<=\d)–(?=\d)", _UNBROKEN_DASH, column.cell(strategy)) for column in columns]
            rows.append([code(strategy.name) + mark, *cells])
    notes = [markdown(note) for note in _ratio_note(point)] if legend else []
    if legend and point.winners:
        notes.insert(0, "★: not shown to be behind the fastest")
    notes += footnotes(point, code, markdown)
    table = [_drawn(rows, columns, [column.heading for column in columns], "pipe"), ""] if sections else []
    return "\n".join([*table, *(f"- {note}" for note in notes)]).rstrip()


def sections_of(point: PointResult, returns: Kind | None = None) -> list[Section]:
    """The strategies of a point in the order of its table: those that return what is asked for, then those that return
    something else, both by their time; then demonstrations, then those that were not ranked. Empty parts are left out.
    """
    wanted = returns or asked_for(point)
    apart = [strategy for strategy in point.strategies if strategy.verdict in UNRANKED]
    shown = [strategy for strategy in point.strategies if strategy not in apart and strategy.demonstration]
    ranked = [strategy for strategy in point.strategies if strategy not in apart and not strategy.demonstration]
    kinds: tuple[Kind, ...] = ("entities", "rows")
    sections: list[Section] = [("", _by_time(ranked, wanted))]
    sections += [(f"reference: {kind}", _by_time(ranked, kind)) for kind in kinds if kind != wanted]
    sections += [("demonstration", shown), ("not ranked", apart)]
    return [section for section in sections if section[1]]


def asked_for(point: PointResult) -> Kind:
    """What the baseline of a point returns."""
    for strategy in point.strategies:
        if strategy.baseline:
            return strategy.returns
    return "entities"


def footnotes(
    point: PointResult, quoted: Callable[[str], str] = plain, prose: Callable[[str], str] = plain
) -> list[str]:
    """What a reader must know beside the numbers: why a strategy was not ranked, what could not be seen, notes.

    Args:
        point: What was measured.
        quoted: Makes a strategy's name harmless.
        prose: Makes other text harmless.
    """
    notes = []
    if not point.finished:
        notes.append(f"interrupted: this point was not {'finished' if point.strategies else 'measured'}")
    names: dict[str, list[str]] = {}
    for strategy in point.strategies:
        for remark in _remarks(strategy, prose):
            names.setdefault(remark, []).append(quoted(strategy.name))
    notes += [f"{', '.join(named)}{remark}" for remark, named in names.items()]
    if unseen := _unseen(point, quoted):
        notes.append(f"inconclusive; the smallest differences that could have been seen: {', '.join(unseen)}")
    return notes + [prose(shortened(plain(note), _LONGEST_NOTE)) for note in point.notes]


def _unseen(point: PointResult, quoted: Callable[[str], str]) -> list[str]:
    return [
        f"{quoted(strategy.name)} {percent(strategy.smallest_detectable)}"
        for strategy in point.strategies
        if strategy.verdict == "inconclusive" and strategy.smallest_detectable is not None
    ]


def why(strategy: StrategyResult) -> str:
    """Why a strategy was not ranked, or what a demonstration showed, in a line; empty where that is not known."""
    said = (strategy.reason, strategy.error)
    first, second = reversed(said) if strategy.verdict == "failed" else said
    return shortened(plain(first or second or ""), _LONGEST_NOTE)


def _remarks(strategy: StrategyResult, prose: Callable[[str], str]) -> Iterable[str]:
    said = prose(why(strategy))
    if strategy.verdict in UNRANKED:
        yield f" {strategy.verdict}: {said}" if said else f" {strategy.verdict}"
    elif strategy.demonstration and said:
        yield f": {said}"
    for note in strategy.notes:
        yield f": {prose(shortened(plain(note), _LONGEST_NOTE))}"


def _by_time(strategies: Iterable[StrategyResult], kind: Kind) -> list[StrategyResult]:
    """Fastest first by the estimate that winners are found with; then those without one by their median."""
    chosen = [strategy for strategy in strategies if strategy.returns == kind]

    def place(strategy: StrategyResult) -> tuple[bool, float, bool, float]:
        behind, median = strategy.behind, strategy.median_ms
        return behind is None, behind or 0.0, median is None, median or 0.0

    return sorted(chosen, key=place)


def _columns(sections: Sequence[Section]) -> list[Column]:
    return [column for column in COLUMNS if column.always or _says_something(column, sections)]


def _says_something(column: Column, sections: Sequence[Section]) -> bool:
    by_section = [{column.measured(strategy) for strategy in part} - {None} for _, part in sections]
    return any(len(values) > column.unlike for values in by_section)


def _terminal(
    point: PointResult, sections: Sequence[Section], columns: Sequence[Column], longest: int, colour: bool = False
) -> str:
    """The table alone, with headings of two lines and lines between its parts: a terminal is narrow."""
    from tabulate import SEPARATING_LINE

    rows: list[list[str]] = []
    for title, strategies in sections:
        if rows:
            rows.append([SEPARATING_LINE])
        if title:
            rows.append([f"({title})", *("" for _ in columns)])
        for strategy in strategies:
            won = strategy.name in point.winners
            name = shortened(plain(strategy.name), longest - len(_WON)) + (_WON if won else "")
            cells = [column.cell(strategy) for column in columns]
            rows.append([_bold(name) if won else name, *map(_coloured, cells)] if colour else [name, *cells])
    return _drawn(rows, columns, ["\n".join(column.heading.rsplit(" ", 1)) for column in columns], "simple")


def _drawn(rows: list[list[str]], columns: Sequence[Column], headings: Sequence[str], style: str) -> str:
    from tabulate import tabulate

    return tabulate(
        rows,
        headers=["strategy", *headings],
        tablefmt=style,
        disable_numparse=True,
        colalign=["left", *(column.align for column in columns)],
    )


def _bold(name: str) -> str:
    from click import style

    return style(name, bold=True)


def _coloured(cell: str) -> str:
    from click import style

    colour = _COLOURS.get(cell.partition(" ")[0])
    return style(cell, fg=colour) if colour else cell


def _width(table: str) -> int:
    return max((len(line) for line in table.splitlines()), default=0)


def _wrapped(note: str, width: int) -> str:
    return "\n".join(wrap(note, width, subsequent_indent="  ", max_lines=3, placeholder=" …"))


def _ratio_note(point: PointResult) -> list[str]:
    compared = [strategy for strategy in point.strategies if strategy.ratio is not None and not strategy.baseline]
    notes = [RATIO_NOTE] if compared else []
    if any(strategy.ratio_low is None for strategy in compared):
        notes.append(
            "a ratio without an interval rests on fewer than 6 samples, and is the quotient of medians where slow"
        )
    return notes
