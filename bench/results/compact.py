"""A result without what only another analysis would need: to be kept in a repository, and read for years."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from bench.measurement import (
    Counters,
    Latency,
    LoadResult,
    PointResult,
    Result,
    ScenarioResult,
    Statement,
    StrategyResult,
)
from bench.statement_texts import abridged

_Shapes = Mapping[tuple[str, str], str | None]
"""The shape of each plan by its strategy and its statement, abridged; None where that has several."""


def compact(result: Result) -> Result:
    """The result without its raw samples and histograms, of which percentiles and intervals stay; and without what a
    point repeats of one that differs from it in its added round-trip time alone, where it is the same: code,
    statements with their plans, and counters of a cold call. Statements are abridged as they are shown. At points of
    other parameters than the typical ones, of a plan that has the same shape there its shape alone is kept.

    What is drawn from the whole and from the compact one is the same: rounds are left out only where a strategy was
    sampled in all of them, which is what a reader takes it for that finds none.
    """
    settings = replace(result.settings, seal=None)  # nobody goes on with it
    return replace(result, settings=settings, scenarios=[_scenario(one) for one in result.scenarios])


def _scenario(scenario: ScenarioResult) -> ScenarioResult:
    nearest: dict[str, PointResult] = {}
    for point in scenario.points:
        key = json.dumps(dict(point.params), sort_keys=True, default=str)
        if key not in nearest or point.rtt_ms < nearest[key].rtt_ms:
            nearest[key] = point
    kept = {id(point) for point in nearest.values()}
    typical = next((point for point in nearest.values() if dict(point.params) == dict(scenario.typical)), None)
    shapes = _shapes(typical) if typical is not None else {}
    return replace(
        scenario,
        points=[
            _point(point, {} if point is typical else shapes, repeats=id(point) not in kept)
            for point in scenario.points
        ],
    )


def _shapes(point: PointResult) -> _Shapes:
    shapes: dict[tuple[str, str], str | None] = {}
    for one in point.strategies:
        for statement in one.statements:
            key = one.name, abridged(statement.sql)
            shapes[key] = (
                statement.plan_shape if shapes.get(key, statement.plan_shape) == statement.plan_shape else None
            )
    return shapes


def _point(point: PointResult, shapes: _Shapes, *, repeats: bool) -> PointResult:
    return replace(
        point, strategies=[_strategy(one, point.rounds, shapes, repeats=repeats) for one in point.strategies]
    )


def _strategy(one: StrategyResult, rounds: int, shapes: _Shapes, *, repeats: bool) -> StrategyResult:
    short = replace(
        one,
        samples_ns=(),
        rounds=() if len(one.rounds) == rounds else one.rounds,
        statements=tuple(_statement(statement, shapes, one.name) for statement in one.statements),
        load=_load(one.load) if one.load is not None else None,
    )
    if not repeats:
        return short
    return replace(short, code="", description="", statements=(), costliest=(), cold_counters=Counters())


def _statement(statement: Statement, shapes: _Shapes, strategy: str) -> Statement:
    sql = abridged(statement.sql)
    is_same = statement.plan_shape is not None and shapes.get((strategy, sql)) == statement.plan_shape
    return replace(statement, sql=sql, plan=None if is_same else statement.plan)


def _load(load: LoadResult) -> LoadResult:
    unit, waiting, lag = (_without_histogram(one) for one in (load.unit, load.waiting, load.loop_lag))
    return replace(load, unit=unit, waiting=waiting, loop_lag=lag)


def _without_histogram(latency: Latency | None) -> Latency | None:
    return replace(latency, histogram="") if latency is not None else None
