"""The table of one point on several sides: a group of columns for each, then what all of them counted alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measurement import PointResult, StrategyResult
from bench.reports.columns import COLUMNS, COUNTED, LOAD_COLUMNS, Column, compared, led_by, shown_verdict
from bench.reports.costs import all_counters, markdown_counters_table, time_table
from bench.reports.drawing import unbroken, with_list
from bench.reports.faults import FAULT_COLUMNS, FAULT_NOTES, is_disturbed
from bench.reports.folded import folded
from bench.reports.formatting import ABSENT, code, listed, markdown, milliseconds
from bench.reports.pages.winners import SharedPoint
from bench.reports.sides import Side
from bench.reports.summary import rounds_of
from bench.reports.tables import (
    LOAD_NOTE,
    NO_INTERVAL_NOTE,
    RATIO_NOTE,
    STARRED,
    Kind,
    drives_loads,
    footnotes,
    margin_note,
    markdown_table,
    sections_of,
)

_COUNTS = ("statements", "round trips", "bytes", "connections")
_OF_A_LOAD = ("units /s", "unit p99 ms", "lost units", "limit")
_OF_A_FAULT = ("lost", "late", "recovered after ms", "slowest ms")
_PARTS = ("", "reference: entities", "reference: rows", "demonstration", "not ranked")


@dataclass(frozen=True)
class _Of:
    """A side's strategies at a point, by name."""

    label: str
    point: PointResult
    timed: bool

    def strategy(self, name: str) -> StrategyResult | None:
        """The strategy of that name, if this side has it."""
        return next((one for one in self.point.strategies if one.name == name), None)


@dataclass(frozen=True)
class _Cells:
    """A column as it stands in the table: what fills it for a strategy's name."""

    heading: str
    cell: Callable[[str], str]
    align: str = "right"


def point_table(point: SharedPoint, sides: Sequence[Side], returns: Kind, headline: str | None, legend: bool) -> str:
    """The table of a point in Markdown, with what must be said of it as a list below; empty where nothing was measured.

    Args:
        point: What the sides measured there.
        sides: The sides.
        returns: What the scenario asks for.
        headline: The counter that the scenario is about, if it is about one.
        legend: Whether to explain the marks and the ratio.
    """
    of_each = _measured(point, sides)
    if not of_each:
        return ""
    counts = _counts(of_each, headline)
    apart = [column for column in counts if not _is_alike(column, of_each)]
    alike = [_of_all(column, of_each) for column in counts if column not in apart]
    columns = [*(one for of in of_each for one in _group(of, apart)), *alike]
    precisions = [precision for side in sides if side.result.settings.timed for precision in side.precisions]
    notes = [*(_legend(of_each, precisions) if legend else []), *_rounds(of_each)]
    notes += [*_missing(point, sides, of_each), *_footnotes(of_each)]
    return with_list(_drawn(columns, _rows(of_each, returns)), notes)


def in_full(point: SharedPoint, sides: Sequence[Side], returns: Kind, headline: str | None) -> str:
    """Each side's own table of a point, where its time went, and all that was counted, folded."""
    parts = []
    for of in _measured(point, sides):
        whole = (
            [markdown_table(of.point, returns, False, headline), time_table(of.point, returns, False)]
            if of.timed
            else [markdown_counters_table(of.point, False, headline)]
        )
        counted = all_counters(of.point)
        whole.append(f"All counters of a warm call:\n\n{counted}" if counted else "")
        parts += [f"**{markdown(of.label)}**", *(part for part in whole if part)]
    return folded("All figures of this point, by side", "\n\n".join(parts)) if parts else ""


def _measured(point: SharedPoint, sides: Sequence[Side]) -> list[_Of]:
    return [
        _Of(side.label, one, side.result.settings.timed)
        for side, one in zip(sides, point.of_each, strict=True)
        if one is not None and one.strategies
    ]


def _counts(of_each: Sequence[_Of], headline: str | None) -> list[Column]:
    """The columns of counters that say something of any side."""
    timed = any(of.timed for of in of_each)
    among: Sequence[Column] = [column for column in COLUMNS if column.title in _COUNTS] if timed else COUNTED
    if any(drives_loads(of.point) or is_disturbed(of.point) for of in of_each):
        among = []
    strategies = [one for of in of_each for one in of.point.strategies]
    return [column for column in led_by(headline, among) if any(column.measured(one) is not None for one in strategies)]


def _is_alike(column: Column, of_each: Sequence[_Of]) -> bool:
    """Whether no strategy has two values of it on two sides; that one side does not know it is a value too."""
    names = {one.name for of in of_each for one in of.point.strategies}
    found = {name: {column.cell(one) for of in of_each if (one := of.strategy(name))} for name in names}
    return all(len(values) < 2 for values in found.values())


def _group(of: _Of, counts: Sequence[Column]) -> list[_Cells]:
    """A side's columns; its label stands at the first of them."""
    (first, *others) = [*_judged(of), *(_own(of, column) for column in counts)] or [_own(of, _VERDICT)]
    return [_Cells(f"{markdown(of.label)}: {first.heading}", first.cell, first.align), *others]


def _judged(of: _Of) -> list[_Cells]:
    if is_disturbed(of.point):
        return [_own(of, column) for column in FAULT_COLUMNS if column.title in _OF_A_FAULT]
    if not of.timed:
        return []
    loads = LOAD_COLUMNS if drives_loads(of.point) else ()
    return [
        _Cells("median\N{NO-BREAK SPACE}ms", lambda name: _median(of, name)),
        _own(of, _COMPARED),
        *(
            _own(of, column)
            for column in loads
            if column.title in _OF_A_LOAD and any(column.measured(one) is not None for one in of.point.strategies)
        ),
    ]


_COMPARED = Column("against the baseline", compared, compared, align="left")
_VERDICT = Column("verdict", lambda one: shown_verdict(one) or ABSENT, shown_verdict, align="left")


def _own(of: _Of, column: Column) -> _Cells:
    def cell(name: str) -> str:
        strategy = of.strategy(name)
        return ABSENT if strategy is None else unbroken(column.cell(strategy))

    return _Cells(column.title, cell, column.align)


def _of_all(column: Column, of_each: Sequence[_Of]) -> _Cells:
    def cell(name: str) -> str:
        cells = [column.cell(one) for of in of_each if (one := of.strategy(name))]
        return unbroken(next((cell for cell in cells if cell != ABSENT), ABSENT))

    return _Cells(column.title, cell, column.align)


def _median(of: _Of, name: str) -> str:
    strategy = of.strategy(name)
    mark = "\N{NO-BREAK SPACE}★" if name in of.point.winners else ""
    return milliseconds(strategy.median_ms if strategy is not None else None) + mark


def _rows(of_each: Sequence[_Of], returns: Kind) -> list[tuple[str, list[str]]]:
    """The names of the strategies by the part of the table that they stand in; one that could be ranked on any side
    stands among those that were ranked.
    """
    part_of: dict[str, str] = {}
    for of in of_each:
        for part, strategies in sections_of(of.point, returns):
            for strategy in strategies:
                if part_of.get(strategy.name, "not ranked") == "not ranked":
                    part_of[strategy.name] = part
    return [(part, names) for part in _PARTS if (names := [name for name, of in part_of.items() if of == part])]


def _drawn(columns: Sequence[_Cells], parts: Sequence[tuple[str, Sequence[str]]]) -> str:
    from tabulate import tabulate

    rows: list[list[str]] = []
    for part, names in parts:
        if part:
            rows.append([f"*{part}*", *("" for _ in columns)])
        rows += [[code(name), *(column.cell(name) for column in columns)] for name in names]
    return tabulate(
        rows,
        headers=["strategy", *(column.heading for column in columns)],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left", *(column.align for column in columns)],
    )


def _legend(of_each: Sequence[_Of], precisions: Sequence[float]) -> list[str]:
    starred = STARRED.replace("the fastest", "the fastest of its side")
    notes = [f"★: {starred}"] if any(of.point.winners for of in of_each) else []
    compared_ones = [one for of in of_each for one in of.point.strategies if one.ratio is not None and not one.baseline]
    if compared_ones:
        notes.append(markdown(RATIO_NOTE))
        notes.append(markdown(margin_note(precisions)))
    if any(one.ratio_low is None for one in compared_ones):
        notes.append(NO_INTERVAL_NOTE)
    if any(drives_loads(of.point) for of in of_each):
        notes.append(markdown(LOAD_NOTE))
    if any(is_disturbed(of.point) for of in of_each):
        notes += map(markdown, FAULT_NOTES)
    return notes


def _rounds(of_each: Sequence[_Of]) -> list[str]:
    said = [f"{markdown(of.label)}: {', '.join(rounds)}" for of in of_each if (rounds := rounds_of(of.point))]
    return ["; ".join(said)] if said else []


def _missing(point: SharedPoint, sides: Sequence[Side], of_each: Sequence[_Of]) -> list[str]:
    """What a side has not got of what another has: the point, or a strategy."""
    there = {of.label for of in of_each}
    absent = [markdown(side.label) for side in sides if side.label not in there]
    said = [f"not measured: {listed(absent)}"] if absent else []
    names = dict.fromkeys(one.name for of in of_each for one in of.point.strategies)
    lacking: dict[str, list[str]] = {}
    for name in names:
        without = listed(markdown(of.label) for of in of_each if of.strategy(name) is None)
        lacking.setdefault(without, []).append(code(name))
    return said + [f"{', '.join(of)}: not with {without}" for without, of in lacking.items() if without]


def _footnotes(of_each: Sequence[_Of]) -> list[str]:
    """What must be said of each side, once where it is the same of all."""
    notes: dict[str, list[str]] = {}
    for of in of_each:
        for note in footnotes(of.point, code, markdown):
            notes.setdefault(note, []).append(markdown(of.label))
    return [note if len(of) == len(of_each) else f"{listed(of)}: {note}" for note, of in notes.items()]
