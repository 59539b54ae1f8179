"""A result without what only another analysis would need: to be kept in a repository, and read for years."""

from __future__ import annotations

import json
from dataclasses import replace

from bench.measurement import Counters, Latency, LoadResult, PointResult, Result, ScenarioResult, StrategyResult


def compact(result: Result) -> Result:
    """The result without its raw samples and histograms, of which percentiles and intervals stay; and without what a
    point repeats of one that differs from it in its added round-trip time alone, where it is the same: code,
    statements with their plans, and counters of a cold call.

    What is drawn from the whole and from the compact one is the same: rounds are left out only where a strategy was
    sampled in all of them, which is what a reader takes it for that finds none.
    """
    return replace(result, scenarios=[_scenario(one) for one in result.scenarios])


def _scenario(scenario: ScenarioResult) -> ScenarioResult:
    nearest: dict[str, PointResult] = {}
    for point in scenario.points:
        key = json.dumps(dict(point.params), sort_keys=True, default=str)
        if key not in nearest or point.rtt_ms < nearest[key].rtt_ms:
            nearest[key] = point
    kept = {id(point) for point in nearest.values()}
    return replace(scenario, points=[_point(point, repeats=id(point) not in kept) for point in scenario.points])


def _point(point: PointResult, *, repeats: bool) -> PointResult:
    return replace(point, strategies=[_strategy(one, point.rounds, repeats=repeats) for one in point.strategies])


def _strategy(one: StrategyResult, rounds: int, *, repeats: bool) -> StrategyResult:
    short = replace(
        one,
        samples_ns=(),
        rounds=() if len(one.rounds) == rounds else one.rounds,
        load=_load(one.load) if one.load is not None else None,
    )
    if not repeats:
        return short
    return replace(short, code="", description="", statements=(), costliest=(), cold_counters=Counters())


def _load(load: LoadResult) -> LoadResult:
    unit, waiting, lag = (_without_histogram(one) for one in (load.unit, load.waiting, load.loop_lag))
    return replace(load, unit=unit, waiting=waiting, loop_lag=lag)


def _without_histogram(latency: Latency | None) -> Latency | None:
    return replace(latency, histogram="") if latency is not None else None
