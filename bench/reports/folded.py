"""What is folded away in a report: a strategy's code, the statements that it sent, their plans, and its Python time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bench.measurement import CostlyFunction, RepeatedLoad, Statement, StrategyResult
from bench.plans import short_form
from bench.reports.formatting import code, count, fenced, html, markdown, milliseconds
from bench.reports.tables import why
from bench.statement_texts import abridged

MOST_STATEMENTS = 20
"""Distinct statements of a strategy that are shown; the result file has the others."""

MOST_FUNCTIONS = 5
"""Functions that are shown of those which a strategy spends its time in."""

_LONGEST_LINE = 110


def folded(summary: str, body: str) -> str:
    """Markdown that GitHub folds away under a line of HTML; elsewhere it stands open.

    Args:
        summary: The line that stays, as HTML that is safe.
        body: The Markdown below it.
    """
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def strategy_details(strategy: StrategyResult) -> str:
    """A strategy's code, what it sent and where its Python time goes, as Markdown."""
    parts = [source(strategy), *sent(strategy), python_time(strategy)]
    return "\n\n".join(part for part in parts if part) or "Nothing was sent."


def source(strategy: StrategyResult) -> str:
    """A strategy's code, as Markdown; empty where it is not known."""
    return fenced(strategy.code, "python") if strategy.code.strip() else ""


def sent(strategy: StrategyResult) -> list[str]:
    """Why a strategy was not ranked, if it was not, and what it sent, as paragraphs of Markdown."""
    parts = [markdown(said)] if (said := why(strategy)) else []
    parts += [_repeated(load) for load in strategy.repeated_loads]
    parts += [part for statement in strategy.statements[:MOST_STATEMENTS] for part in _statement(statement)]
    if (left := len(strategy.statements) - MOST_STATEMENTS) > 0:
        parts.append(f"And {left} more distinct statement{'s' if left > 1 else ''}, which the result file has.")
    return parts


def python_time(strategy: StrategyResult) -> str:
    """Where a strategy's Python time goes, as Markdown; empty where nobody asked."""
    if not strategy.costliest:
        return ""
    return f"Where its Python time goes, under the profiler:\n\n{_costliest(strategy.costliest)}"


def readable_sql(sql: str) -> str:
    """A statement as it was sent but for two things: lists of placeholders and rows of them are abridged, and long
    lines are broken where that changes nothing.
    """
    return "\n".join(part for line in abridged(sql).split("\n") for part in _broken(line))


def _repeated(load: RepeatedLoad) -> str:
    where = f", at {code(load.where)}" if load.where else ""
    return (
        f"N+1: {code(load.relationship)} is loaded by a statement of its own for each of {count(load.count)} objects"
        f" ({markdown(load.kind)}){where}."
    )


def _statement(statement: Statement) -> Iterable[str]:
    yield f"Repeated {_times(statement.calls)}:" if statement.calls > 1 else "Sent once:"
    yield fenced(readable_sql(statement.sql), "sql")
    plan = short_form(statement.plan)
    if isinstance(statement.plan, str):
        yield f"{markdown(plan_heading(statement))}:"
        yield fenced(plan, "text")
    elif plan:
        yield folded(html(plan_heading(statement)), fenced(plan, "text"))
    elif statement.plan_shape:
        yield f"{markdown(plan_heading(statement))}."


def plan_heading(statement: Statement) -> str:
    """What stands over a plan: its shape, and how often the server used a generic and a custom one, where it tells.

    Where the plan itself was left out, it has the shape of the typical point's.
    """
    shape = f" (shape {statement.plan_shape})" if statement.plan_shape else ""
    if shape and statement.plan is None:
        shape = f" (shape {statement.plan_shape}, as at the typical point)"
    generic, custom = statement.generic_plans, statement.custom_plans
    if generic is None or custom is None:
        return f"Its plan{shape}"
    return f"Its plan{shape}, generic plan used {_times(generic)}, custom plan {_times(custom)}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{count(number)} times"


def _costliest(functions: Sequence[CostlyFunction]) -> str:
    from tabulate import tabulate

    shown = sorted(functions, key=lambda function: -function.own_ms)[:MOST_FUNCTIONS]
    return tabulate(
        [[code(one.name), code(one.where), count(one.calls), milliseconds(one.own_ms)] for one in shown],
        headers=["function", "where", "calls", "own ms"],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left", "left", "right", "right"],
    )


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
