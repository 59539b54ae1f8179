"""Budgets that a strategy passes, or that nobody could check, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.measurement import Result, StrategyResult
from bench.regressions.limits import LimitPassed, passed_limits, unchecked_limits
from bench.reports.columns import shown_counter
from bench.reports.formatting import count, parameters, plain


def over_budget(passed: LimitPassed) -> str:
    """What is taken and what is allowed (`51 statements (at most 2)`)."""
    return f"{counted(passed.counter, passed.count)} (at most {count(passed.limit)})"


def counted(counter: str, number: int) -> str:
    """So many of a counter (`1 statement`)."""
    shown = shown_counter(counter)
    return f"{count(number)} {shown.removesuffix('s') if number == 1 and not shown.startswith('bytes') else shown}"


def of_limits(strategy: StrategyResult) -> Iterable[str]:
    """A remark on each budget that a strategy passes, or that could not be checked, as it stands after its name and a
    colon.
    """
    for passed in passed_limits(strategy):
        yield f"over budget: {over_budget(passed)}"
    for counter in unchecked_limits(strategy):
        limit = count(strategy.limits[counter])
        yield f"budget not checked: {shown_counter(counter)} (at most {limit}) could not be counted here"


def lines_of_limits(result: Result) -> list[str]:
    """A line on each budget that is passed in a run, named in full; points that differ in their added round-trip time
    alone have the same counts, and one line.
    """
    return list(dict.fromkeys(_lines(result)))


def _lines(result: Result) -> Iterator[str]:
    for scenario in result.scenarios:
        for point in scenario.points:
            at = f" at {parameters(point.params)}" if point.params else ""
            for strategy in point.strategies:
                for passed in passed_limits(strategy):
                    yield f"Over budget: {plain(f'{scenario.name}:{strategy.name}{at}')}: {over_budget(passed)}"
