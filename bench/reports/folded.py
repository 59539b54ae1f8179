"""What is folded away in a report: a strategy's code, the statements that it sent, and their plans."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from bench.measurement import Statement, StrategyResult
from bench.reports.formatting import fenced, markdown
from bench.reports.tables import why

MOST_STATEMENTS = 20
"""Distinct statements of a strategy that are shown; the result file has the others."""

_LONGEST_LINE = 110
_PLACEHOLDERS = re.compile(
    r"((?:%\(\w+\)s|\$\d+|%s|\?)(?:::\w+(?:\[\])?)?)(?:, (?:%\(\w+\)s|\$\d+|%s|\?)(?:::\w+(?:\[\])?)?){6,}"
)


def folded(summary: str, body: str) -> str:
    """Markdown that GitHub folds away under a line of HTML; elsewhere it stands open.

    Args:
        summary: The line that stays, as HTML that is safe.
        body: The Markdown below it.
    """
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def strategy_details(strategy: StrategyResult) -> str:
    """A strategy's code and what it sent, as Markdown."""
    parts = [fenced(strategy.code, "python")] if strategy.code.strip() else []
    if said := why(strategy):
        parts.append(markdown(said))
    parts += [part for statement in strategy.statements[:MOST_STATEMENTS] for part in _statement(statement)]
    if (left := len(strategy.statements) - MOST_STATEMENTS) > 0:
        parts.append(f"And {left} more distinct statement{'s' if left > 1 else ''}, which the result file has.")
    return "\n\n".join(parts) or "Nothing was sent."


def readable_sql(sql: str) -> str:
    """A statement as it was sent but for two things: a list of more than six placeholders is abridged, and long lines
    are broken where that changes nothing.
    """
    short = _PLACEHOLDERS.sub(lambda match: f"{match[1]}, … {match[0].count(',') + 1} in all", sql)
    return "\n".join(part for line in short.split("\n") for part in _broken(line))


def _statement(statement: Statement) -> Iterable[str]:
    yield f"Sent {'once' if statement.calls == 1 else f'{statement.calls} times'}:"
    yield fenced(readable_sql(statement.sql), "sql")
    if statement.plan is not None:
        plan = statement.plan if isinstance(statement.plan, str) else json.dumps(statement.plan, indent=2, default=str)
        yield "Its plan:"
        yield fenced(plan, "text")


def _broken(line: str) -> list[str]:
    """A long line broken after commas. One with quotes or comments stays as it is: there, a line end may matter."""
    if len(line) <= _LONGEST_LINE or "'" in line or '"' in line or "--" in line:
        return [line]
    lines = [""]
    for part in re.split(r"(?<=,) ", line):
        if lines[-1] and len(lines[-1]) + len(part) >= _LONGEST_LINE:
            lines.append(f"    {part}")
        else:
            lines[-1] += f" {part}" if lines[-1] else part
    return lines
