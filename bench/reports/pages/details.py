"""What is folded away of strategies that were measured on several sides: once what is alike, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from bench.measurement import StrategyResult
from bench.reports.folded import folded, python_time, sent, source
from bench.reports.formatting import html, listed, markdown

OfEach = Mapping[str, StrategyResult]
"""A strategy as each side measured it that has it, by the side's label."""


def details(of_sides: Mapping[str, Sequence[StrategyResult]]) -> list[str]:
    """A fold for each strategy, with its code, what it sent and its plans: once where all sides are alike in them.

    Args:
        of_sides: The strategies at the point that is shown, by the side's label in plain text.
    """
    names = dict.fromkeys(one.name for strategies in of_sides.values() for one in strategies)
    folds = [_fold(_of_each(name, of_sides), list(of_sides)) for name in names]
    return ["**The code of each strategy, and what it sent:**", *folds] if folds else []


def _of_each(name: str, of_sides: Mapping[str, Sequence[StrategyResult]]) -> dict[str, StrategyResult]:
    return {label: one for label, strategies in of_sides.items() for one in strategies if one.name == name}


def _fold(of_each: OfEach, sides: Sequence[str]) -> str:
    first = next(iter(of_each.values()))
    summary = f"<code>{html(first.name)}</code> {html(first.description)}".rstrip()
    parts = [
        *_where_not(of_each, sides),
        *_differing(of_each, lambda one: one.code.strip(), lambda one: [source(one)], "the code"),
        *_differing(of_each, _sent, sent, "what was sent"),
        *_python_times(of_each),
    ]
    return folded(summary, "\n\n".join(part for part in parts if part) or "Nothing was sent.")


def _where_not(of_each: OfEach, sides: Sequence[str]) -> list[str]:
    missing = [markdown(label) for label in sides if label not in of_each]
    return [f"Not with {listed(missing)}."] if missing else []


def _differing(
    of_each: OfEach,
    key: Callable[[StrategyResult], Hashable],
    shown: Callable[[StrategyResult], list[str]],
    what: str,
) -> list[str]:
    """What all sides have alike once, else each kind of it below the labels of those that have it."""
    kinds: dict[Hashable, list[str]] = {}
    for label, strategy in of_each.items():
        kinds.setdefault(key(strategy), []).append(label)
    if len(kinds) == 1:
        return shown(next(iter(of_each.values())))
    parts = []
    for labels in kinds.values():
        said = shown(of_each[labels[0]]) or ["Nothing."]
        parts += [f"**With {listed(map(markdown, labels))}, {what}:**", *said]
    return parts


def _sent(strategy: StrategyResult) -> Hashable:
    """What makes a difference in what was sent: costs and numbers of rows in a plan of one shape do not."""
    statements = tuple((one.sql, one.calls, one.plan_shape or _unshaped(one.plan)) for one in strategy.statements)
    loads = tuple((load.relationship, load.kind, load.count) for load in strategy.repeated_loads)
    return statements, loads, strategy.verdict in ("failed", "differs", "skipped"), strategy.reason, strategy.error


def _unshaped(plan: object) -> str:
    return plan if isinstance(plan, str) else ""


def _python_times(of_each: OfEach) -> list[str]:
    """Every side has its own, for every profile has other figures."""
    known = {label: table for label, one in of_each.items() if (table := python_time(one))}
    if len(of_each) == 1:
        return list(known.values())
    return [part for label, table in known.items() for part in (f"**With {markdown(label)}:**", table)]
