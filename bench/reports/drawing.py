"""Draws a table of strategies, on a terminal of some width and in Markdown; what is in it is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap

from bench.reports.columns import Column, Section
from bench.reports.formatting import code, plain, shortened

TERMINAL_WIDTH = 100
_WON = " *"
_UNBROKEN_DASH = "\N{WORD JOINER}–\N{WORD JOINER}"
"""Between word joiners, so that a browser breaks no interval in two."""
_NARROWEST_NAME = 20
_COLOURS = {"faster": "green", "slower": "red", "failed": "red", "differs": "red", "inconclusive": "yellow"}


def fitting(sections: Sequence[Section], columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that a terminal of `width` has room for: the least needed go first, those that nobody spares stay."""
    kept = list(columns)
    while _width(sections, kept) > width and any(column.spare for column in kept):
        kept.remove(max(kept, key=lambda column: column.spare))
    return kept


def on_terminal(
    sections: Sequence[Section],
    columns: Sequence[Column],
    width: int,
    winners: Sequence[str] = (),
    colour: bool = False,
) -> str:
    """A table as plain text, names cut short where they are too long; empty where there are no sections.

    Args:
        sections: Its parts.
        columns: Its columns, as `fitting` gives them.
        width: Columns of the terminal.
        winners: Names of strategies that are marked.
        colour: Whether winners and verdicts are coloured by ANSI codes.
    """
    if not sections:
        return ""
    too_wide = _width(sections, columns) - width
    longest = max(_longest_name(sections) - max(too_wide, 0), _NARROWEST_NAME)
    return _terminal(sections, columns, longest, winners, colour)


def in_markdown(sections: Sequence[Section], columns: Sequence[Column], winners: Sequence[str] = ()) -> str:
    """A table in GitHub's Markdown, with all the columns; empty where there are no sections."""
    from tabulate import tabulate

    rows: list[list[str]] = []
    for title, strategies in sections:
        if title:
            rows.append([f"*{title}*", *("" for _ in columns)])
        for strategy in strategies:
            mark = "\N{NO-BREAK SPACE}★" if strategy.name in winners else ""
            rows.append([code(strategy.name) + mark, *(unbroken(column.cell(strategy)) for column in columns)])
    headings = ["strategy", *(column.title for column in columns)]
    drawn = tabulate(rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=_aligned(columns))
    return drawn if sections else ""


def with_notes(table: str, notes: Sequence[str], width: int) -> str:
    """A table of a terminal and the notes below it, each wrapped."""
    return "\n\n".join(part for part in (table, "\n".join(_wrapped(note, width) for note in notes)) if part)


def with_list(table: str, notes: Sequence[str]) -> str:
    """A table in Markdown and the notes below it as a list."""
    return "\n\n".join(part for part in (table, "\n".join(f"- {note}" for note in notes)) if part)


def _terminal(
    sections: Sequence[Section],
    columns: Sequence[Column],
    longest: int,
    winners: Sequence[str] = (),
    colour: bool = False,
) -> str:
    """Headings of two lines and lines between the parts: a terminal is narrow.

    The headings are rows, for tabulate leaves two columns free beside each heading proper.
    """
    from tabulate import SEPARATING_LINE, tabulate

    rows = _headings(columns)
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


def _longest_name(sections: Sequence[Section]) -> int:
    names = [plain(strategy.name) for _, part in sections for strategy in part]
    return max(map(len, names), default=0) + len(_WON)


def _headings(columns: Sequence[Column]) -> list[list[str]]:
    """One row of headings, or two where one of them has two lines."""
    lines = [["strategy"], *(column.heading.split("\n") for column in columns)]
    return [list(row) for row in zip_longest(*lines, fillvalue="")]


def _aligned(columns: Sequence[Column]) -> list[str]:
    return ["left", *(column.align for column in columns)]


def unbroken(cell: str) -> str:
    """A cell of Markdown that a browser breaks neither in an interval nor before a unit."""
    return re.sub(r"(?<=\d)–(?=\d)", _UNBROKEN_DASH, re.sub(r"(?<=\d) (?=\w?B$)", "\N{NO-BREAK SPACE}", cell))


def _bold(name: str) -> str:
    from click import style

    return style(name, bold=True)


def _coloured(cell: str) -> str:
    from click import style

    colour = _COLOURS.get(cell.partition(" ")[0])
    return style(cell, fg=colour) if colour else cell


def _wrapped(note: str, width: int) -> str:
    """A note in three lines at most, none of which ends between a number and its unit."""
    held = re.sub(r"(?<=\d) (?=%|ms\b)", "\N{NO-BREAK SPACE}", note)
    lines = wrap(held, width, subsequent_indent="  ", max_lines=3, placeholder=" …")
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _width(sections: Sequence[Section], columns: Sequence[Column]) -> int:
    """How wide a table is at most, whoever has won."""
    names = [strategy.name for _, part in sections for strategy in part]
    table = _terminal(sections, columns, _longest_name(sections), names)
    return max((len(line) for line in table.splitlines()), default=0)
