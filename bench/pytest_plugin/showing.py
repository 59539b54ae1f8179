"""Statements as a failure shows them: grouped by their text, with the lines that sent them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.pytest_plugin.statements import Statement, by_text
from bench.reports.formatting import plain

WIDTH = 120
"""How many characters of a statement are shown."""

MOST_TEXTS = 40
MOST_LINES = 5
NOWHERE = "no line of yours: a task or a thread of a library's sent it"


def number_of(count: int) -> str:
    """A number of statements in words (`1 statement`, `11 statements`)."""
    return f"{count} statement{'' if count == 1 else 's'}"


def shown(statements: Sequence[Statement]) -> str:
    """How many statements there are and, below that, their groups."""
    return "\n".join(shown_lines(statements))


def shown_lines(statements: Sequence[Statement]) -> list[str]:
    """The same, line by line."""
    if not statements:
        return ["no statement"]
    return [f"{number_of(len(statements))}:", *grouped(statements)]


def grouped(statements: Sequence[Statement]) -> list[str]:
    """Each text with how often it was sent, the most frequent first, and below it the lines that sent it."""
    ordered = sorted(by_text(statements).items(), key=lambda group: -len(group[1]))
    width = max((len(str(len(group))) for _, group in ordered), default=0)
    lines = []
    for sql, group in ordered[:MOST_TEXTS]:
        lines.append(f"{len(group):>{width}}× {short(sql)}")
        lines += [f"{'':{width}}  {line}" for line in _senders(group)]
    if left := sum(len(group) for _, group in ordered[MOST_TEXTS:]):
        lines.append(f"and {number_of(left)} of {len(ordered) - MOST_TEXTS} other texts")
    return lines


def short(sql: str) -> str:
    """A statement in one line of at most `WIDTH` characters, which keeps what it reads from and by what."""
    line = plain(sql)
    if len(line) > WIDTH:
        columns, where_from, rest = line.partition(" FROM ")
        if where_from and "," in columns:
            line = f"{columns.partition(',')[0]}, …{where_from}{rest}"
    if len(line) > WIDTH:
        line = f"{line[: WIDTH // 2 - 1]} … {line[1 - WIDTH // 2 :]}"
    return line


def _senders(group: Iterable[Statement]) -> list[str]:
    """The lines that sent the statements of one text, the most frequent first."""
    seen = Counter(_sender(statement) for statement in group)
    lines = [sender if len(seen) == 1 else f"{sender} ({count}×)" for sender, count in seen.most_common(MOST_LINES)]
    if left := sum(count for _, count in seen.most_common()[MOST_LINES:]):
        lines.append(f"and {len(seen) - MOST_LINES} other lines ({left}×)")
    return lines


def _sender(statement: Statement) -> str:
    parts = [NOWHERE if statement.where is None else plain(statement.where)]
    if statement.relationship is not None:
        parts.append(f"{statement.kind} load of {statement.relationship}")
    if statement.parameter_sets > 1:
        parts.append(f"{statement.parameter_sets} parameter sets")
    return ", ".join(parts)
