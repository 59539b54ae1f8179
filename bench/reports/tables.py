"""The table of one point: its strategies, those that answer the question first, then what stands apart and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.measurement import PointResult, StrategyResult
from bench.reports.formatting import code, count, interval, markdown, milliseconds, percent, plain, ratio, shortened

Kind = Literal["entities", "rows"]
Section = tuple[str, Sequence[StrategyResult]]
"""A part of a table: its label (empty for the first) and its strategies in order."""

TERMINAL_WIDTH = 100
RATIO_NOTE = (
    "ratio: median of paired rounds against the baseline with its 95 % interval; it is not the quotient of the medians"
)
_NARROWEST_NAME = 12
_LONGEST_NOTE = 400
_COLOURS = {"faster": "green", "slower": "red", "failed": "red", "differs": "red", "inconclusive": "yellow"}


@dataclass(frozen=True)
class Column:
    """A column of the table: its heading, how a strategy fills it, and whether it stands there with nothing measured.

    A terminal that is too narrow goes without the columns that have the highest `spare`; those of 0 stay.
    """

    heading: str
    cell: Callable[[StrategyResult], str]
    measured: Callable[[StrategyResult], object]
    always: bool = False
    spare: int = 0
    align: Literal["left", "right"] = "right"


def _verdict(strategy: StrategyResult) -> str:
    if strategy.verdict in ("failed", "skipped", "differs"):
        return f"{strategy.verdict} (baseline)" if strategy.baseline else strategy.verdict
    if strategy.demonstration:
        return "as expected"
    return "baseline" if strategy.baseline else strategy.verdict or ""


COLUMNS: tuple[Column, ...] = (
    Column("median ms", lambda s: milliseconds(s.median_ms), lambda s: s.median_ms, always=True),
    Column("p95 ms", lambda s: milliseconds(s.p95_ms), lambda s: s.p95_ms, spare=1),
    Column("cold ms", lambda s: milliseconds(s.cold_ms), lambda s: s.cold_ms, spare=4),
    Column("client CPU ms", lambda s: milliseconds(s.cpu_ms), lambda s: s.cpu_ms, spare=6),
    Column("server ms", lambda s: milliseconds(s.server_ms), lambda s: s.server_ms, spare=5),
    Column("ratio", lambda s: ratio(s.ratio, s.ratio_low, s.ratio_high), lambda s: s.ratio, always=True),
    Column("95 % interval", lambda s: interval(s.ratio, s.ratio_low, s.ratio_high), lambda s: s.ratio_low, always=True),
    Column("verdict", _verdict, _verdict, always=True, align="left"),
    Column("statements", lambda s: count(s.counters.statements), lambda s: s.counters.statements, always=True),
    Column("round trips", lambda s: count(s.counters.round_trips), lambda s: s.counters.round_trips, spare=2),
    Column("rows", lambda s: count(s.counters.rows), lambda s: s.counters.rows, always=True),
    Column("ORM objects", lambda s: count(s.counters.orm_objects), lambda s: s.counters.orm_objects, spare=3),
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
    names = max((len(plain(strategy.name)) for strategy in point.strategies), default=0) + 2

    def drawn(longest: int, styled: bool) -> str:
        return _drawn(
            sections, columns, "simple", _terminal_name(point, longest, styled), str, _paint if styled else None
        )

    while _width(drawn(names, False)) > width and any(column.spare for column in columns):
        columns.remove(max(columns, key=lambda column: column.spare))
    names = max(min(names, names - (_width(drawn(names, False)) - width)), _NARROWEST_NAME)
    legend = [*(["*: not shown to be behind the fastest"] if point.winners else []), *_ratio_note(point)]
    notes = [*legend, *footnotes(point)]
    table = [drawn(names, colour), ""] if sections else []
    return "\n".join([*table, *(shortened(note, width) for note in notes)]).rstrip()


def markdown_table(point: PointResult, returns: Kind | None = None, legend: bool = True) -> str:
    """The table of a point in GitHub's Markdown, with what must be said of it as a list below; winners are bold.

    Args:
        point: What was measured.
        returns: What the scenario asks for; None takes it from the baseline.
        legend: Whether to explain the marks and the ratio; where tables follow each other, one legend is enough.
    """
    sections = sections_of(point, returns)

    def name(strategy: StrategyResult) -> str:
        return f"**{code(strategy.name)}**" if strategy.name in point.winners else code(strategy.name)

    table = _drawn(sections, _columns(sections), "pipe", name, lambda label: label and f"*{label}*", None)
    notes = [markdown(note) for note in _ratio_note(point)] if legend else []
    if legend and point.winners:
        notes.insert(0, "**bold**: not shown to be behind the fastest")
    notes += footnotes(point, code, markdown)
    return "\n".join([*([table, ""] if sections else []), *(f"- {note}" for note in notes)]).rstrip()


def sections_of(point: PointResult, returns: Kind | None = None) -> list[Section]:
    """The strategies of a point in the order of its table: those that return what is asked for, then those that return
    something else, both by their time; then demonstrations, then those that were not ranked. Empty parts are left out.
    """
    wanted = returns or next((strategy.returns for strategy in point.strategies if strategy.baseline), "entities")
    apart = [strategy for strategy in point.strategies if strategy.verdict in ("failed", "skipped", "differs")]
    shown = [strategy for strategy in point.strategies if strategy not in apart and strategy.demonstration]
    ranked = [strategy for strategy in point.strategies if strategy not in apart and not strategy.demonstration]
    kinds: tuple[Kind, ...] = ("entities", "rows")
    sections: list[Section] = [("", _by_time(ranked, wanted))]
    sections += [(f"reference: {kind}", _by_time(ranked, kind)) for kind in kinds if kind != wanted]
    sections += [("demonstration", shown), ("not ranked", apart)]
    return [section for section in sections if section[1]]


def footnotes(
    point: PointResult, quoted: Callable[[str], str] = plain, prose: Callable[[str], str] = plain
) -> list[str]:
    """What a reader must know beside the numbers: why a strategy was not ranked, what could not be seen, notes.

    Args:
        point: What was measured.
        quoted: Makes a strategy's name harmless.
        prose: Makes other text harmless.
    """
    notes = [] if point.finished else [_unfinished(point)]
    for strategy in point.strategies:
        notes += [f"{quoted(strategy.name)}: {note}" for note in _remarks(strategy, prose)]
    return notes + [prose(shortened(plain(note), _LONGEST_NOTE)) for note in point.notes]


def why(strategy: StrategyResult) -> str:
    """Why a strategy was not ranked, or what a demonstration showed, in a line; empty where that is not known."""
    first, second = (
        (strategy.error, strategy.reason) if strategy.verdict == "failed" else (strategy.reason, strategy.error)
    )
    return shortened(plain(first or second or ""), _LONGEST_NOTE)


def _remarks(strategy: StrategyResult, prose: Callable[[str], str]) -> Iterable[str]:
    said = prose(why(strategy))
    if strategy.verdict in ("failed", "skipped", "differs"):
        yield f"{strategy.verdict}: {said}" if said else strategy.verdict
    elif strategy.demonstration and said:
        yield said
    if strategy.verdict == "inconclusive":
        seen = strategy.smallest_detectable
        yield (
            "inconclusive"
            if seen is None
            else f"a difference under {percent(seen)} could not have been seen in this run"
        )
    for note in strategy.notes:
        yield prose(shortened(plain(note), _LONGEST_NOTE))


def _by_time(strategies: Iterable[StrategyResult], kind: Kind) -> list[StrategyResult]:
    """Fastest first by median, those without one at the end."""
    chosen = [strategy for strategy in strategies if strategy.returns == kind]
    return sorted(chosen, key=lambda strategy: (strategy.median_ms is None, strategy.median_ms or 0.0))


def _columns(sections: Sequence[Section]) -> list[Column]:
    strategies = [strategy for _, part in sections for strategy in part]
    return [
        column
        for column in COLUMNS
        if column.always or any(column.measured(strategy) is not None for strategy in strategies)
    ]


def _drawn(
    sections: Sequence[Section],
    columns: Sequence[Column],
    style: Literal["simple", "pipe"],
    name: Callable[[StrategyResult], str],
    label: Callable[[str], str],
    paint: Callable[[str], str] | None,
) -> str:
    from tabulate import tabulate

    rows = []
    for title, strategies in sections:
        if title:
            rows.append([label(title), *("" for _ in columns)])
        for strategy in strategies:
            cells = [column.cell(strategy) for column in columns]
            rows.append([name(strategy), *(paint(cell) if paint else cell for cell in cells)])
    return tabulate(
        rows,
        headers=["strategy", *(column.heading for column in columns)],
        tablefmt=style,
        disable_numparse=True,
        colalign=["left", *(column.align for column in columns)] if rows else None,
    )


def _terminal_name(point: PointResult, longest: int, styled: bool) -> Callable[[StrategyResult], str]:
    from click import style

    def name(strategy: StrategyResult) -> str:
        won = strategy.name in point.winners
        text = shortened(plain(strategy.name), longest - 2) + (" *" if won else "")
        return style(text, bold=True) if styled and won else text

    return name


def _paint(cell: str) -> str:
    from click import style

    colour = _COLOURS.get(cell.partition(" ")[0])
    return style(cell, fg=colour) if colour else cell


def _width(table: str) -> int:
    return max((len(line) for line in table.splitlines()), default=0)


def _ratio_note(point: PointResult) -> list[str]:
    return [RATIO_NOTE] if any(strategy.ratio is not None for strategy in point.strategies) else []


def _unfinished(point: PointResult) -> str:
    return (
        "interrupted: this point was not finished" if point.strategies else "interrupted: this point was not measured"
    )
