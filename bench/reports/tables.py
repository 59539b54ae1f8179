"""The table of one point: its strategies, those that answer the question first, then what stands apart and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import Literal

from bench.measurement import PointResult, StrategyResult
from bench.reports.columns import (
    AT_1_MS,
    COLUMNS,
    COUNTED,
    ESTIMATED,
    TERMINAL_COLUMNS,
    UNRANKED,
    Column,
    Section,
    columns_for,
)
from bench.reports.formatting import code, markdown, percent, plain, shortened
from bench.reports.remarks import of_added_time, of_counting

Kind = Literal["entities", "rows"]

TERMINAL_WIDTH = 100
RATIO_NOTE = (
    "ratio: median of paired rounds against the baseline with its 95 % interval; it is not the quotient of the medians"
)
TX_NOTE = "tx commands: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin"
_WON = " *"
_UNBROKEN_DASH = "\N{WORD JOINER}–\N{WORD JOINER}"
"""Between word joiners, so that a browser breaks no interval in two."""
_NARROWEST_NAME = 20
_LONGEST_NOTE = 400
_COLOURS = {"faster": "green", "slower": "red", "failed": "red", "differs": "red", "inconclusive": "yellow"}


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
    columns = columns_for(sections, TERMINAL_COLUMNS)
    table = _fitted(sections, columns, width, point.winners, colour)
    won = ["*: not shown to be behind the fastest"] if point.winners else []
    return _with_notes(table, [*won, *_legend(point, columns), *footnotes(point)], width)


def counters_table(point: PointResult, width: int | None = None) -> str:
    """What a call of each strategy costs without a clock, as plain text, the strategies in the order they are declared.

    Args:
        point: What was counted.
        width: Columns of the terminal, 100 if None; where they are too few, the least needed columns of the table go.
    """
    width = width or TERMINAL_WIDTH
    sections = _as_declared(point)
    columns = columns_for(sections, COUNTED)
    return _with_notes(_fitted(sections, columns, width), [*_counted_legend(columns), *footnotes(point)], width)


def markdown_table(point: PointResult, returns: Kind | None = None, legend: bool = True) -> str:
    """The table of a point in GitHub's Markdown, with what must be said of it as a list below.

    Args:
        point: What was measured.
        returns: What the scenario asks for; None takes it from the baseline.
        legend: Whether to explain the marks and the ratio; where tables follow each other, one legend is enough.
    """
    sections = sections_of(point, returns)
    columns = columns_for(sections, COLUMNS)
    notes = [markdown(note) for note in _legend(point, columns)] if legend else []
    if legend and point.winners:
        notes.insert(0, "★: not shown to be behind the fastest")
    return _in_markdown(point, sections, columns, notes)


def markdown_counters_table(point: PointResult, legend: bool = True) -> str:
    """The same as `counters_table` in GitHub's Markdown, with every column that says something."""
    sections = _as_declared(point)
    columns = columns_for(sections, COUNTED)
    return _in_markdown(point, sections, columns, _counted_legend(columns) if legend else [])


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
    if added := of_added_time(point):
        notes.append(prose(added))
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
    for note in (*of_counting(strategy), *strategy.notes):
        yield f": {prose(shortened(plain(note), _LONGEST_NOTE))}"


def _by_time(strategies: Iterable[StrategyResult], kind: Kind) -> list[StrategyResult]:
    """Fastest first by the estimate that winners are found with; then those without one by their median."""
    chosen = [strategy for strategy in strategies if strategy.returns == kind]

    def place(strategy: StrategyResult) -> tuple[bool, float, bool, float]:
        behind, median = strategy.behind, strategy.median_ms
        return behind is None, behind or 0.0, median is None, median or 0.0

    return sorted(chosen, key=place)


def _as_declared(point: PointResult) -> list[Section]:
    return [("", point.strategies)] if point.strategies else []


def _fitted(
    sections: Sequence[Section],
    columns: Sequence[Column],
    width: int,
    winners: Sequence[str] = (),
    colour: bool = False,
) -> str:
    """The table alone, without the columns and the ends of names that a terminal of this width has no room for."""
    if not sections:
        return ""
    kept = list(columns)
    longest = max(len(plain(strategy.name)) for _, part in sections for strategy in part) + len(_WON)
    while _width(_terminal(sections, kept, longest, winners)) > width and any(column.spare for column in kept):
        kept.remove(max(kept, key=lambda column: column.spare))
    too_wide = _width(_terminal(sections, kept, longest, winners)) - width
    longest = max(longest - max(too_wide, 0), _NARROWEST_NAME)
    return _terminal(sections, kept, longest, winners, colour)


def _terminal(
    sections: Sequence[Section],
    columns: Sequence[Column],
    longest: int,
    winners: Sequence[str],
    colour: bool = False,
) -> str:
    """Headings of two lines and lines between the parts: a terminal is narrow.

    The headings are rows, for beside headings proper tabulate leaves two columns free each.
    """
    from tabulate import SEPARATING_LINE, tabulate

    headings = [column.heading.split("\n") for column in columns]
    rows: list[list[str]] = [["strategy", *(heading[0] for heading in headings)]]
    if any(len(heading) > 1 for heading in headings):
        rows.append(["", *(heading[-1] if len(heading) > 1 else "" for heading in headings)])
    for title, strategies in sections:
        rows.append([SEPARATING_LINE])
        if title:
            rows.append([f"({title})", *("" for _ in columns)])
        for strategy in strategies:
            won = strategy.name in winners
            name = shortened(plain(strategy.name), longest - len(_WON)) + (_WON if won else "")
            cells = [column.cell(strategy) for column in columns]
            rows.append([_bold(name) if won else name, *map(_coloured, cells)] if colour else [name, *cells])
    drawn = tabulate(rows, tablefmt="simple", disable_numparse=True, colalign=_aligned(columns))
    return "\n".join(drawn.splitlines()[1:-1])


def _in_markdown(
    point: PointResult, sections: Sequence[Section], columns: Sequence[Column], legend: Sequence[str]
) -> str:
    from tabulate import tabulate

    rows: list[list[str]] = []
    for title, strategies in sections:
        if title:
            rows.append([f"*{title}*", *("" for _ in columns)])
        for strategy in strategies:
            mark = "\N{NO-BREAK SPACE}★" if strategy.name in point.winners else ""
            rows.append([code(strategy.name) + mark, *(_unbroken(column.cell(strategy)) for column in columns)])
    headings = ["strategy", *(column.title for column in columns)]
    table = tabulate(rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=_aligned(columns))
    notes = "\n".join(f"- {note}" for note in (*legend, *footnotes(point, code, markdown)))
    return "\n\n".join(part for part in (table if sections else "", notes) if part)


def _aligned(columns: Sequence[Column]) -> list[str]:
    return ["left", *(column.align for column in columns)]


def _unbroken(cell: str) -> str:
    """A cell that a browser breaks neither in an interval nor before a unit."""
    return re.sub(r"(?<=\d)–(?=\d)", _UNBROKEN_DASH, re.sub(r"(?<=\d) (?=\w?B$)", "\N{NO-BREAK SPACE}", cell))


def _with_notes(table: str, notes: Sequence[str], width: int) -> str:
    wrapped = "\n".join(_wrapped(note, width) for note in notes)
    return "\n\n".join(part for part in (table, wrapped) if part)


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


def _legend(point: PointResult, columns: Sequence[Column]) -> list[str]:
    compared = [strategy for strategy in point.strategies if strategy.ratio is not None and not strategy.baseline]
    notes = [RATIO_NOTE] if compared else []
    if any(strategy.ratio_low is None for strategy in compared):
        notes.append(
            "a ratio without an interval rests on fewer than 6 samples, and is the quotient of medians where slow"
        )
    return [*notes, *([_further_away(point)] if AT_1_MS in columns else [])]


def _further_away(point: PointResult) -> str:
    """What the column of a database that is 1 ms away says, and no more of its marks than are there."""
    timed = [strategy for strategy in point.strategies if strategy.median_ms is not None]
    shown = [strategy for strategy in timed if strategy.at_1ms_ms is not None]
    said = []
    if any(not strategy.at_1ms_measured for strategy in shown):
        said.append(f"{ESTIMATED} estimated: median + round trips × 1 ms")
    if any(strategy.at_1ms_measured for strategy in shown):
        said.append(f"without {ESTIMATED} measured" if said else "measured")
    if len(shown) < len(timed):
        said.append("– where that cannot be told, as with several connections")
    return f"at 1 ms RTT: ms a call where each round trip takes 1 ms more ({'; '.join(said)})"


def _counted_legend(columns: Sequence[Column]) -> list[str]:
    return [TX_NOTE] if any(column.title == "tx commands" for column in columns) else []
