"""Compares two results: what both have point by point, and what only one of them has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.measurement import PointResult, Result, ScenarioResult, Statement, StrategyResult
from bench.regressions.chance import beyond_chance, up_to_the_tasks
from bench.regressions.comparison import (
    BROKEN,
    Comparison,
    Outcome,
    PointComparison,
    ScenarioComparison,
    Side,
    StrategyComparison,
    Unpaired,
)
from bench.regressions.counters import EXACT, GATED, counter_changes, uncompared
from bench.regressions.limits import passed_limits, unchecked_limits
from bench.regressions.renamed import new_choice_of_point, new_name_of_scenario, new_name_of_strategy
from bench.regressions.statements import statement_changes
from bench.regressions.surroundings import Difference, differences
from bench.regressions.two_runs import time_change, time_verdict
from bench.statement_texts import without_placeholders

NOT_REACHED = "the run was interrupted before it"


@dataclass(frozen=True)
class _Rules:
    """What may be concluded: which counters are gated, and whether both went by the same driver, without which no two
    statements have the same placeholders.
    """

    gated: frozenset[str]
    same_driver: bool


@dataclass(frozen=True)
class _Compared:
    """A scenario that both have, and what only one of them has of it."""

    scenario: ScenarioComparison
    vanished: Sequence[Unpaired]
    appeared: Sequence[Unpaired]


def compare(base: Result, new: Result, base_file: str = "BASE", new_file: str = "NEW") -> Comparison:
    """Compare two results: counters exactly, statements, budgets and times.

    Exact counters are gated whatever differs but the data: a version that takes more statements is a regression too.
    Python calls and bytes are gated where client, driver and server are the same, and beyond what chance makes of one
    count. With other data nothing is, for there is no baseline. Times never are: the interval of a ratio covers what
    varies inside two runs, and not between them.

    Args:
        base: What was measured before.
        new: What was measured now.
        base_file: What the first is called.
        new_file: What the second is called.
    """
    different = differences(base, new)
    before, after = _by_name(base.scenarios), _by_name(new.scenarios)
    rules = _rules(different, base.environment.driver == new.environment.driver)
    compared = [_scenario(before[name], after[name], rules) for name in after if name in before]
    come = [after[name] for name in after if name not in before]
    reached = {scenario.name for scenario in new.scenarios}
    vanished = [
        Unpaired(
            name, reason=NOT_REACHED if name in reached else None, renamed=new_name_of_scenario(before[name], come)
        )
        for name in before
        if name not in after
    ]
    appeared = [found for scenario in come for found in _new_scenario(scenario)]
    scenarios = tuple(one.scenario for one in compared)
    return Comparison(
        base=_side(base, base_file),
        new=_side(new, new_file),
        differences=different,
        scenarios=scenarios if different else _with_verdicts(scenarios),
        vanished=(*vanished, *(found for one in compared for found in one.vanished)),
        appeared=(*appeared, *(found for one in compared for found in one.appeared)),
    )


def _side(result: Result, file: str) -> Side:
    return Side(file, result.started, result.environment.git, result.interrupted, result.settings.timed)


def _rules(different: Sequence[Difference], same_driver: bool) -> _Rules:
    bearing = {one.bears_on for one in different}
    gated = () if "data" in bearing else EXACT if "client" in bearing else GATED
    return _Rules(frozenset(gated), same_driver)


def _by_name(scenarios: Sequence[ScenarioResult]) -> dict[str, ScenarioResult]:
    """The scenarios of which anything was measured."""
    return {one.name: one for one in scenarios if any(point.strategies for point in one.points)}


def _scenario(base: ScenarioResult, new: ScenarioResult, rules: _Rules) -> _Compared:
    before, after = _by_choice(base.points), _by_choice(new.points)
    come = [after[key] for key in after if key not in before]
    reached = {_choice(point) for point in new.points}
    points: list[PointComparison] = []
    vanished: list[Unpaired] = []
    appeared = [found for point in come for found in _new_point(new.name, point)]
    for key, point in before.items():
        if key in after:
            points.append(_point(point, after[key], rules))
            vanished += _gone_strategies(base.name, point, after[key])
            appeared += _come_strategies(new.name, point, after[key])
        else:
            reason = NOT_REACHED if key in reached else None
            renamed = new_choice_of_point(point, come)
            vanished.append(Unpaired(base.name, point.params, point.rtt_ms, reason=reason, renamed=renamed))
    return _Compared(ScenarioComparison(new.name, new.question, tuple(points)), vanished, appeared)


def _by_choice(points: Sequence[PointResult]) -> dict[str, PointResult]:
    """The points of which anything was measured, by what two of them have in common."""
    return {_choice(point): point for point in points if point.strategies}


def _choice(point: PointResult) -> str:
    """Parameters and added time as a key, in which True is not 1 and the order of names makes no other point."""
    return json.dumps([dict(point.params), float(point.rtt_ms)], sort_keys=True)


def _point(base: PointResult, new: PointResult, rules: _Rules) -> PointComparison:
    before = {strategy.name: strategy for strategy in base.strategies}
    strategies = [_strategy(before[one.name], one, rules) for one in new.strategies if one.name in before]
    return PointComparison(new.params, new.rtt_ms, tuple(strategies), base.was_busy or new.was_busy)


def _with_verdicts(scenarios: Sequence[ScenarioComparison]) -> tuple[ScenarioComparison, ...]:
    """The same with a verdict on each time, where the machine was not busy."""
    points = [point for scenario in scenarios for point in scenario.points]
    ratios = sorted(one.time.ratio for point in points for one in point.strategies if one.time is not None)

    def judged(one: StrategyComparison) -> StrategyComparison:
        if one.time is None:
            return one
        return replace(one, time=replace(one.time, verdict=time_verdict(one.time, ratios)))

    def of_point(point: PointComparison) -> PointComparison:
        return point if point.busy else replace(point, strategies=tuple(map(judged, point.strategies)))

    return tuple(replace(scenario, points=tuple(map(of_point, scenario.points))) for scenario in scenarios)


def _gone_strategies(scenario: str, base: PointResult, new: PointResult) -> Iterator[Unpaired]:
    known = {strategy.name for strategy in base.strategies}
    names = {strategy.name for strategy in new.strategies}
    come = [strategy for strategy in new.strategies if strategy.name not in known]
    for strategy in base.strategies:
        if strategy.name not in names:
            renamed = new_name_of_strategy(strategy, come)
            yield Unpaired(scenario, base.params, base.rtt_ms, strategy.name, renamed=renamed)


def _come_strategies(scenario: str, base: PointResult, new: PointResult) -> Iterator[Unpaired]:
    known = {strategy.name for strategy in base.strategies}
    for strategy in new.strategies:
        if strategy.name not in known:
            yield _new_strategy(scenario, new, strategy)


def _new_scenario(scenario: ScenarioResult) -> Iterator[Unpaired]:
    """A scenario that appeared, and those of its strategies that there is something to be said of."""
    yield Unpaired(scenario.name)
    for point in scenario.points:
        yield from _remarkable(scenario.name, point)


def _new_point(scenario: str, point: PointResult) -> Iterator[Unpaired]:
    yield Unpaired(scenario, point.params, point.rtt_ms)
    yield from _remarkable(scenario, point)


def _remarkable(scenario: str, point: PointResult) -> Iterable[Unpaired]:
    found = [_new_strategy(scenario, point, strategy) for strategy in point.strategies]
    return [one for one in found if one.passed or one.reason]


def _new_strategy(scenario: str, point: PointResult, strategy: StrategyResult) -> Unpaired:
    outcome = _outcome(strategy)
    return Unpaired(
        scenario,
        point.params,
        point.rtt_ms,
        strategy.name,
        reason=f"{outcome}: {_why(strategy)}" if outcome in BROKEN else None,
        passed=passed_limits(strategy),
    )


def _strategy(base: StrategyResult, new: StrategyResult, rules: _Rules) -> StrategyComparison:
    before, after = _outcome(base), _outcome(new)
    compared = StrategyComparison(
        new.name,
        before,
        after,
        reason=None if after == "measured" else _why(new),
        passed=passed_limits(new),
        unchecked=unchecked_limits(new),
    )
    if not (before == after == "measured"):
        return compared
    changes = [one for one in counter_changes(base.counters, new.counters) if beyond_chance(one, base.counters)]
    told = [one for one in changes if one.counter in rules.gated and not up_to_the_tasks(one, base, new)]
    return replace(
        compared,
        more=tuple(one for one in told if one.is_more),
        fewer=tuple(one for one in told if not one.is_more),
        shown=tuple(one for one in changes if one not in told),
        uncompared=uncompared(base.counters, new.counters),
        statements=statement_changes(_sent(base, rules), _sent(new, rules)),
        time=time_change(base.samples_ns, new.samples_ns),
    )


def _sent(strategy: StrategyResult, rules: _Rules) -> Sequence[Statement]:
    if rules.same_driver:
        return strategy.statements
    return [replace(statement, sql=without_placeholders(statement.sql)) for statement in strategy.statements]


def _outcome(strategy: StrategyResult) -> Outcome:
    match strategy.verdict:
        case "failed" | "differs" | "skipped" as verdict:
            return verdict
    if strategy.demonstration:
        return "demonstration"
    counted = any(getattr(strategy.counters, name) is not None for name in GATED)
    return "measured" if counted or strategy.samples_ns or strategy.disturbed is not None else "not measured"


def _why(strategy: StrategyResult) -> str | None:
    """What is known of why a strategy is no more measured, or what a demonstration showed."""
    said = (strategy.error, strategy.reason) if strategy.verdict == "failed" else (strategy.reason, strategy.error)
    return said[0] or said[1]
