"""The working tree measured at the points of a stored result, so that the two can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.description import ScenarioDescription
from bench.discovery import select
from bench.errors import UsageError
from bench.measurement import PointResult, Result, ScenarioResult, Settings
from bench.measuring.options import Options
from bench.measuring.run import Planned, Run
from bench.measuring.watching import Watcher
from bench.points import Point


def selected_of(base: Result, selectors: Sequence[str]) -> Result:
    """What selectors mean of a stored result, each scenario with its baseline.

    Raises:
        UsageError: One matches nothing in it.
    """
    names = {one.name: list(_strategies(one)) for one in base.scenarios}
    chosen = select(selectors, names)
    return replace(base, scenarios=[_reduced(one, chosen[one.name]) for one in base.scenarios if one.name in chosen])


def measure_like(base: Result, options: Options, watcher: Watcher, *, timed: bool) -> Result:
    """Prove and count what the result has, at its points, and time it where that is asked for.

    Raises:
        BenchError: A module does not import, or no database, or one that ended and did not come back.
        KeyboardInterrupt: It was interrupted.
    """
    with Run(options, watcher) as run:
        planned = _planned(run, base, options)
        measure = run.measure if timed else run.count
        points: dict[str, list[PointResult]] = {}
        for scenario, point in measure(planned):
            points.setdefault(scenario.name, []).append(point)
        if not all(point.finished for found in points.values() for point in found):
            raise KeyboardInterrupt
        scenarios = {one.scenario.name: one.scenario for one in planned}
        return Result(
            environment=run.environment(),
            settings=Settings(selectors=list(options.selectors), timed=timed, processes=run.processes),
            scenarios=[_measured(scenarios[name], found) for name, found in points.items()],
        )


def _planned(run: Run, base: Result, options: Options) -> list[Planned]:
    """The points of the stored result, of the scenarios that are still there; one that is not will be missed."""
    try:
        typical = {one.scenario.name: one for one in run.plan()}
    except UsageError:
        select(options.selectors, {one.name: list(_strategies(one)) for one in base.scenarios})
        return []
    return [
        replace(typical[one.name], point=point)
        for one in base.scenarios
        if one.name in typical
        for point in dict.fromkeys(_points_of(one, typical[one.name].scenario))
    ]


def _points_of(scenario: ScenarioResult, now: ScenarioDescription) -> Iterator[Point]:
    for point in scenario.points:
        if point.strategies and set(point.params) == set(now.params) and _is_chosen_from(point, now):
            yield Point(point.params, point.rtt_ms)


def _is_chosen_from(point: PointResult, now: ScenarioDescription) -> bool:
    """Whether each parameter has a value of a type that its scenario knows: strategies get what a file says."""
    return all(_is_of_a_kind(value, {type(one) for one in now.params[name]}) for name, value in point.params.items())


def _is_of_a_kind(value: object, kinds: set[type]) -> bool:
    return type(value) in kinds or (type(value) is int and float in kinds)


def _measured(scenario: ScenarioDescription, points: Sequence[PointResult]) -> ScenarioResult:
    return ScenarioResult(name=scenario.name, question=scenario.question, dataset=scenario.dataset, points=points)


def _strategies(scenario: ScenarioResult) -> dict[str, None]:
    return {strategy.name: None for point in scenario.points for strategy in point.strategies}


def _reduced(scenario: ScenarioResult, wanted: Sequence[str] | None) -> ScenarioResult:
    if wanted is None:
        return scenario
    points = [
        replace(point, strategies=[one for one in point.strategies if one.name in wanted or one.baseline])
        for point in scenario.points
    ]
    return replace(scenario, points=points)
