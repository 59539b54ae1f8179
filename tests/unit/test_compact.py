"""What a compact result leaves out, and that nobody who reads a report misses it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

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
from bench.reports.markdown import markdown_report
from bench.results.compact import compact
from bench.results.file import read_result
from tests.cli.helpers import HASTE, run

PLAN = [{"Plan": {"Node Type": "Result"}}]
LATENCY = Latency(5, 1.0, 2.0, 3.0, 4.0, "a histogram")
LOAD = LoadResult(3, 8, 24, None, 100.0, LATENCY, LATENCY, LATENCY, 8, 0, 8, 0, 0, {}, 0.5)
STRATEGY = StrategyResult(
    "selectin",
    code="async def selectin(db): ...",
    median_ms=10.0,
    median_low_ms=9.0,
    median_high_ms=11.0,
    rounds=(0, 1, 2),
    samples_ns=(9_000_000, 10_000_000, 11_000_000),
    counters=Counters(statements=2),
    cold_counters=Counters(statements=3),
    statements=(Statement("SELECT 1", 2),),
    load=LOAD,
)


def point(rtt_ms: float, *strategies: StrategyResult) -> PointResult:
    """A point of three rounds at a distance."""
    return PointResult({"size": 10}, rtt_ms, strategies or (STRATEGY,), rounds=3)


def compacted(result: Result, *points: PointResult) -> tuple[PointResult, ...]:
    """The points of one scenario in a compact result."""
    scenario = ScenarioResult("shop.page", typical={"size": 10}, points=points)
    return tuple(compact(replace(result, scenarios=[scenario])).scenarios[0].points)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A result that was measured here."""
    folder = tmp_path_factory.mktemp("measured")
    assert 0 == run("run", "small.reading", *HASTE, "--budget", "1s", "--output", "raw.json", cwd=folder).code
    return read_result(folder / "raw.json")


def test_a_report_of_a_compact_result_is_the_same(measured: Result) -> None:
    """Both reports are equal to the letter, though the samples are gone."""
    short = compact(measured)

    assert markdown_report(measured) == markdown_report(short)
    assert [True, False] == [bool(one.scenarios[0].points[0].strategies[0].samples_ns) for one in (measured, short)]


def test_samples_and_histograms_are_left_out(measured: Result) -> None:
    """Medians, their intervals and percentiles stay, what they were drawn from does not."""
    (only,) = compacted(measured, point(0.0))

    (found,) = only.strategies
    latency = replace(LATENCY, histogram="")
    load = replace(LOAD, unit=latency, waiting=latency, loop_lag=latency)
    assert replace(STRATEGY, samples_ns=(), rounds=(), load=load) == found


def test_rounds_of_a_strategy_that_was_not_in_all_of_them_stay(measured: Result) -> None:
    """How many rounds two strategies have in common could not be known without them."""
    (only,) = compacted(measured, point(0.0, STRATEGY, replace(STRATEGY, name="lazy", rounds=(0, 2))))

    assert [(), (0, 2)] == [tuple(one.rounds) for one in only.strategies]


def test_what_is_the_same_at_each_distance_is_kept_once(measured: Result) -> None:
    """Code and statements are those of the nearest point, wherever it stands; times and counters are each point's."""
    far, near = compacted(measured, point(5.0), point(0.5))

    assert [("", ()), (STRATEGY.code, STRATEGY.statements)] == [
        (one.strategies[0].code, tuple(one.strategies[0].statements)) for one in (far, near)
    ]
    assert [10.0, 10.0] == [one.strategies[0].median_ms for one in (far, near)]
    assert [2, 2] == [one.strategies[0].counters.statements for one in (far, near)]


def test_a_plan_of_the_typical_shape_is_kept_once(measured: Result) -> None:
    """At another size, a plan stays where its shape is another; of the same, and of a statement abridged, the shape."""
    many = f"SELECT 1 WHERE a IN ({', '.join(f'${n}' for n in range(1, 9))})"
    typical = replace(STRATEGY, statements=[Statement(many, 1, PLAN, "same"), Statement("SELECT 2", 1, PLAN, "here")])
    larger = replace(STRATEGY, statements=[Statement(many, 1, PLAN, "same"), Statement("SELECT 2", 1, PLAN, "there")])

    first, second = compacted(measured, point(0.0, typical), replace(point(0.0, larger), params={"size": 20}))

    sql = "SELECT 1 WHERE a IN ($1, … 8 in all)"
    assert [(sql, PLAN, "same"), ("SELECT 2", PLAN, "here")] == plans(first)
    assert [(sql, None, "same"), ("SELECT 2", PLAN, "there")] == plans(second)


def test_a_plan_stays_where_the_typical_point_has_two_of_its_statement(measured: Result) -> None:
    """A statement that was planned in two ways there has none that another point's could be the same as."""
    two = replace(STRATEGY, statements=[Statement("SELECT 1", 1, PLAN, "one"), Statement("SELECT 1", 1, PLAN, "two")])

    _, second = compacted(measured, point(0.0, two), replace(point(0.0, two), params={"size": 20}))

    assert [("SELECT 1", PLAN, "one"), ("SELECT 1", PLAN, "two")] == plans(second)


def plans(point: PointResult) -> list[tuple[str, Any, str | None]]:
    """Each statement of its strategy with its plan and the shape of that."""
    return [(one.sql, one.plan, one.plan_shape) for one in point.strategies[0].statements]
