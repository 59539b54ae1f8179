"""Exports: a result in the formats of other tools, and what is left out of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bench.errors import ResultError
from bench.measurement import (
    Counters,
    DisturbedResult,
    Environment,
    PointResult,
    Result,
    ScenarioResult,
    Settings,
    StrategyResult,
)
from bench.reports.exports.bencher import bencher
from bench.reports.exports.entries import sorted_out
from bench.reports.exports.github_action_benchmark import github_action_benchmark
from bench.reports.exports.pytest_benchmark import pytest_benchmark

ENVIRONMENT = Environment(
    python="CPython 3.11.2",
    packages={"sqlalchemy": "2.1.9", "asyncpg": "0.32.0"},
    postgres="18.1",
    settings={},
    cpu="a processor",
    cores=2,
    kernel="Linux 6.1",
    git="9f0450d+",
    database="embedded: named by --database",
    driver="asyncpg",
    gc="",
    loop="asyncio",
    seed=1,
    scale=1,
)
SAMPLES = (4_000_000, 1_000_000, 2_000_000, 3_000_000, 5_000_000, 6_000_000, 7_000_000)
"""Nanoseconds: the median is 4 ms, and its 95 % interval reaches from the lowest to the highest of seven."""

selectin = StrategyResult(
    name="selectin",
    verdict="faster",
    ratio=0.25,
    ratio_low=0.2,
    ratio_high=0.3,
    p95_ms=6.7,
    samples_ns=SAMPLES,
    calls_in_a_row=3,
    counters=Counters(statements=2, round_trips=4, bytes_sent=1145, connections=0),
    notes=["a note"],
)
lazy = StrategyResult(
    name="lazy", baseline=True, samples_ns=(16_000_000,), calls_in_a_row=1, counters=Counters(statements=101)
)
far = PointResult(params={"authors": 10, "posts": 10}, rtt_ms=5.0, strategies=[selectin])
typical = PointResult(params={"authors": 100, "posts": 10}, strategies=[lazy, selectin])


def result(*points: PointResult, **settings: Any) -> Result:
    """A result of one scenario at these points."""
    scenario = ScenarioResult("loading.one_to_many", typical={"authors": 100, "posts": 10}, points=points)
    return Result(ENVIRONMENT, Settings(**settings), [scenario], started="2026-11-22T09:31:00+00:00")


def one(strategy: StrategyResult) -> Result:
    """A result of one strategy at a point without parameters."""
    return result(PointResult(params={}, strategies=[strategy]))


def test_pytest_benchmark_has_times_in_seconds_and_counters_beside_them() -> None:
    """A strategy at its typical point is named as a parametrized test is, in the group of its scenario."""
    found = pytest_benchmark(result(typical)).content["benchmarks"][1]

    stats = found.pop("stats")
    assert {
        "group": "loading.one_to_many",
        "name": "selectin[authors=100-posts=10]",
        "fullname": "loading.one_to_many::selectin[authors=100-posts=10]",
        "params": {"authors": 100, "posts": 10},
        "param": "authors=100-posts=10",
        "extra_info": {
            "params": {"authors": 100, "posts": 10},
            "rtt_ms": 0.0,
            "baseline": False,
            "returns": "entities",
            "verdict": "faster",
            "ratio": 0.25,
            "ratio_low": 0.2,
            "ratio_high": 0.3,
            "statements": 2,
            "round_trips": 4,
            "bytes_sent": 1145,
            "connections": 0,
            "notes": ["a note"],
            "postgres": "18.1",
            "sqlalchemy": "2.1.9",
            "asyncpg": "0.32.0",
        },
        "options": {
            "disable_gc": False,
            "timer": "perf_counter_ns",
            "min_rounds": 1,
            "max_time": None,
            "min_time": 0.0,
            "precision": 0.025,
            "confidence": 0.95,
            "warmup": True,
        },
    } == found
    assert (0.004, 0.001, 7, 3) == tuple(stats[name] for name in ("median", "min", "rounds", "iterations"))
    assert [nanoseconds / 1e9 for nanoseconds in SAMPLES] == stats["data"]


def test_pytest_benchmark_compares_strategies_of_one_point() -> None:
    """Points other than the typical one, and those with added time, are groups of their own."""
    there = replace(typical, params={"authors": 10, "posts": 10})
    found = pytest_benchmark(result(typical, there, replace(typical, rtt_ms=5.0))).content["benchmarks"]

    assert [
        "loading.one_to_many",
        "loading.one_to_many [authors=10, posts=10]",
        "loading.one_to_many [authors=100, posts=10, rtt=5ms]",
    ] == list(dict.fromkeys(one["group"] for one in found))
    assert 6 == len({one["fullname"] for one in found})


def test_pytest_benchmark_is_told_where_without_the_name_of_the_machine() -> None:
    """Interpreter, processor and commit stand where pytest-benchmark has them; `node` is empty."""
    content = pytest_benchmark(result(typical)).content

    assert ("", "CPython", "3.11.2", "Linux", "6.1", {"brand_raw": "a processor", "count": 2}) == tuple(
        content["machine_info"][name]
        for name in ("node", "python_implementation", "python_version", "system", "release", "cpu")
    )
    assert ("9f0450d", True) == (content["commit_info"]["id"], content["commit_info"]["dirty"])
    assert ("2026-11-22T09:31:00+00:00", "5.2.0") == (content["datetime"], content["version"])
    outside = pytest_benchmark(replace(result(typical), environment=replace(ENVIRONMENT, git=None))).content
    assert ("unversioned", False) == (outside["commit_info"]["id"], outside["commit_info"]["dirty"])


def test_bencher_has_a_measure_for_time_and_for_each_counter() -> None:
    """Latency is the median in nanoseconds, with its interval where there are samples enough; counters are slugs."""
    assert {
        "loading.one_to_many:lazy [authors=100, posts=10]": {
            "latency": {"value": 16_000_000},
            "statements": {"value": 101},
        },
        "loading.one_to_many:selectin [authors=100, posts=10]": {
            "latency": {"value": 4_000_000, "lower_value": 1_000_000, "upper_value": 7_000_000},
            "statements": {"value": 2},
            "round-trips": {"value": 4},
            "bytes-sent": {"value": 1145},
            "connections": {"value": 0},
        },
    } == bencher(result(typical)).content


def test_github_action_benchmark_has_times_and_the_counters_that_repeat_exactly() -> None:
    """Each figure has its unit; what else was counted stands with the time."""
    name = "loading.one_to_many:selectin [authors=10, posts=10, rtt=5ms]"

    assert [
        {
            "name": name,
            "unit": "ms",
            "value": 4.0,
            "range": "± 3.00",
            "extra": "faster: 0.25× the baseline\nrounds: 7\np95: 6.70 ms\nbytes_sent: 1145",
        },
        {"name": f"{name} statements", "unit": "statements", "value": 2},
        {"name": f"{name} round_trips", "unit": "round trips", "value": 4},
        {"name": f"{name} connections", "unit": "connections", "value": 0},
    ] == github_action_benchmark(result(far)).content


@pytest.mark.parametrize("export", [pytest_benchmark, bencher, github_action_benchmark])
def test_an_export_is_json(export: Any) -> None:
    """Everything in it is a value that JSON has."""
    content = export(result(typical, far)).content

    assert content == json.loads(json.dumps(content))


@pytest.mark.parametrize(
    ("strategy", "with_counters", "without"),
    [
        (
            StrategyResult("s", verdict="skipped", reason="requires sqlite"),
            "left out: loading.one_to_many:s: skipped: requires sqlite",
            "left out: loading.one_to_many:s: skipped: requires sqlite",
        ),
        (
            StrategyResult("s", verdict="failed", reason="it hung", counters=Counters(rows=3)),
            "counters alone: loading.one_to_many:s: failed: it hung",
            "left out: loading.one_to_many:s: failed: it hung",
        ),
        (
            StrategyResult("s", verdict="differs", reason="one less", counters=Counters(rows=3)),
            "left out: loading.one_to_many:s: differs: one less",
            "left out: loading.one_to_many:s: differs: one less",
        ),
        (
            StrategyResult("s", demonstration=True, counters=Counters(rows=3)),
            "left out: loading.one_to_many:s: a demonstration",
            "left out: loading.one_to_many:s: a demonstration",
        ),
        (
            StrategyResult("s", verdict="inconclusive", counters=Counters(rows=3)),
            "counters alone: loading.one_to_many:s: not timed",
            "left out: loading.one_to_many:s: not timed",
        ),
        (
            StrategyResult("s", disturbed=DisturbedResult(10, [1], [0], [2.0], [3.0], [0.0], {})),
            "left out: loading.one_to_many:s: its loads were disturbed",
            "left out: loading.one_to_many:s: its loads were disturbed",
        ),
    ],
)
def test_what_has_no_time_is_said(strategy: StrategyResult, with_counters: str, without: str) -> None:
    """Of a strategy without samples the counters are kept where they are those of what was asked for."""
    entries, lines = sorted_out(one(strategy), counters_alone=True)

    assert ([with_counters], with_counters.startswith("counters")) == (lines, bool(entries))
    assert ([], [without]) == sorted_out(one(strategy), counters_alone=False)


def test_one_reason_is_said_once_for_all_points() -> None:
    """A strategy that is skipped all over a grid has one line."""
    skipped = StrategyResult("s", verdict="skipped", reason="requires sqlite")
    points = [PointResult(params={"authors": number}, strategies=[skipped]) for number in (1, 2, 3)]

    assert ["left out: loading.one_to_many:s at 3 points: skipped: requires sqlite"] == sorted_out(
        result(*points), counters_alone=True
    )[1]


def test_points_that_were_not_reached_are_said() -> None:
    """What an interrupted run has is exported, and what it lacks is said."""
    interrupted = result(typical, replace(typical, strategies=(), finished=False))

    assert ["the run was interrupted: 1 point is unfinished or missing"] == bencher(interrupted).left_out
    assert 2 == len(bencher(interrupted).content)


def test_a_count_is_exported_where_there_is_a_place_for_counters() -> None:
    """Of `bench count` counters alone are exported, which is said once; pytest-benchmark's file refuses it."""
    counted = StrategyResult("s", counters=Counters(statements=2))
    run = replace(one(counted), settings=Settings(timed=False))
    said = "the run counted and timed nothing: there are counters, and no times"

    assert ({"loading.one_to_many:s": {"statements": {"value": 2}}}, [said]) == (
        bencher(run).content,
        bencher(run).left_out,
    )
    assert ([{"name": "loading.one_to_many:s statements", "unit": "statements", "value": 2}], [said]) == (
        github_action_benchmark(run).content,
        github_action_benchmark(run).left_out,
    )
    with pytest.raises(ResultError, match="nothing in this result was timed, and pytest-benchmark's file holds times"):
        pytest_benchmark(run)


@pytest.mark.parametrize("export", [bencher, github_action_benchmark])
def test_a_result_with_nothing_in_it_is_refused(export: Any) -> None:
    """An empty file would be taken for a suite that has no benchmarks any more."""
    with pytest.raises(ResultError, match="nothing in this result was timed or counted"):
        export(one(StrategyResult("s", verdict="skipped", reason="requires sqlite")))
