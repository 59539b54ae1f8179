"""Budgets of counters: how much of one a call may take at most, and which of them it passes, without any baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.description import ScenarioDescription, StrategyDescription
from bench.measurement import COUNTERS, StrategyResult
from bench.regressions.counters import GATED

DECLARED = ("statements", "executions", "round_trips", "rows")
"""The counters that a scenario or a strategy declares a budget of, as `max_statements=`; a project may have one of each
gated counter.
"""

Budgets = Mapping[str, Mapping[str, int]]
"""A project's own: for each selector (`loading`, `loading.one_to_many`, `loading.one_to_many:selectin`) the most that a
call may take of each counter.
"""


@dataclass(frozen=True)
class LimitPassed:
    """A counter of one warm call that is above its budget."""

    counter: str
    count: int
    limit: int


def passed_limits(strategy: StrategyResult) -> tuple[LimitPassed, ...]:
    """The budgets that a strategy passes, the most telling first; none of one that failed, differs or was skipped."""
    return tuple(
        LimitPassed(counter, count, strategy.limits[counter])
        for counter, count in _counts(strategy).items()
        if count is not None and count > strategy.limits[counter]
    )


def unchecked_limits(strategy: StrategyResult) -> tuple[str, ...]:
    """The counters of which a strategy has a budget, and of which nobody could count how much it takes."""
    return tuple(counter for counter, count in _counts(strategy).items() if count is None)


def with_budgets(scenario: ScenarioDescription, budgets: Budgets) -> ScenarioDescription:
    """A scenario whose strategies have a project's budgets too: of each counter the one of the selector that says most
    counts, before what the scenario declares.
    """
    strategies = [_with_budgets(scenario, strategy, budgets) for strategy in scenario.strategies]
    return replace(scenario, strategies=strategies)


def matches(selector: str, scenario: str, strategy: str) -> bool:
    """Whether a selector means a strategy of a scenario."""
    chosen, _, name = selector.partition(":")
    return (scenario == chosen or scenario.startswith(f"{chosen}.")) and name in ("", strategy)


def _with_budgets(
    scenario: ScenarioDescription, strategy: StrategyDescription, budgets: Budgets
) -> StrategyDescription:
    if strategy.demonstrates or scenario.disturbed_by is not None:
        return strategy
    limits = dict(strategy.limits)
    for selector in sorted(budgets, key=_says):
        if matches(selector, scenario.name, strategy.name):
            limits |= budgets[selector]
    return replace(strategy, limits=limits)


def _says(selector: str) -> tuple[bool, int]:
    """How much a selector says: one with a strategy more than any without, then the one of more parts."""
    scenario, _, strategy = selector.partition(":")
    return bool(strategy), scenario.count(".")


def _counts(strategy: StrategyResult) -> dict[str, int | None]:
    """What was counted of each counter that has a budget, in the order of importance."""
    if strategy.demonstration or strategy.verdict in ("failed", "differs", "skipped"):
        return {}
    order = [*(name for name in GATED if name in strategy.limits), *sorted(strategy.limits.keys() - set(GATED))]
    return {name: getattr(strategy.counters, name) if name in COUNTERS else None for name in order}
