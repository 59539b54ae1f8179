"""Results to begin from, as JSON: the published ones, each cut to a scenario, and one with all that there can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.measurement import (
    CostlyFunction,
    DisturbedResult,
    PointResult,
    RepeatedLoad,
    ScenarioResult,
    StrategyResult,
    Witnesses,
)
from bench.results.encoding import encode
from tests.browser.made import READING
from tests.reports.measured import load
from tests.reports.measured import scenario as of_points
from tests.unit.pages import result

PUBLISHED = Path(__file__).resolve().parents[2] / "reports" / "results"
_MOST_POINTS, _MOST_STRATEGIES = 4, 4


@cache
def seeds() -> tuple[str, ...]:
    """The results, each as JSON that is short enough for a reader to be run many times."""
    return tuple(json.dumps(one) for one in [everything(), *_published()])


def everything() -> Any:
    """A result with claims, distances, loads, faults, failures, and every list with something in it."""
    busy = replace(
        READING.points[0].strategies[1],
        samples_ns=(1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000, 6_000_000, 7_000_000),
        rounds=(1, 2, 3, 4, 5, 6, 7),
        repeated_loads=(RepeatedLoad("User.posts", "lazy", 20, "shop.py:7"),),
        costliest=(CostlyFunction("_load", "sqlalchemy/orm/loading.py:80", 20, 1.5),),
        witnesses=Witnesses(2, 3, None, {"server": "no pg_stat_statements"}),
        limits={"statements": 1, "wal_bytes": 2},
        notes=("a note",),
    )
    first, *others = READING.points
    seen = replace(
        first, strategies=(first.strategies[0], busy, *first.strategies[2:]), load_per_core=2.0, notes=("n",)
    )
    loads = [
        PointResult({"tasks": tasks}, strategies=[_loaded("small", 5), _loaded("large", 20)], winners=("small",))
        for tasks in (1, 20)
    ]
    lost = DisturbedResult(100, [1, 2], [3, 4], [5.0, 6.0], [7.0, None], [8.0, 9.0], {"OSError": 3}, 1, 2)
    faults = ScenarioResult(
        "pooling.faults",
        typical={"fault": "restart"},
        points=[PointResult({"fault": "restart"}, strategies=[StrategyResult("kept", baseline=True, disturbed=lost)])],
        disturbed_by="fault",
    )
    whole = result(replace(READING, points=(seen, *others)), of_points(*loads, name="pooling.sizes"), faults)
    return json.loads(encode({"schema": whole.schema} | {one.name: getattr(whole, one.name) for one in fields(whole)}))


def _loaded(name: str, connections: int) -> StrategyResult:
    driven = replace(load(1.0, 2.0, 3.0), most_connections=connections)
    return StrategyResult(
        name, baseline=name == "large", median_ms=3.0, ratio=1.0, behind=1.0, load=driven, drives_load=True
    )


def _published() -> Iterator[Any]:
    """One scenario of each file, another of each, for those of one file are much alike."""
    for number, path in enumerate(sorted(PUBLISHED.glob("*.json"))):
        whole = json.loads(path.read_text(encoding="utf-8"))
        scenario = whole["scenarios"][number % len(whole["scenarios"])]
        points = [
            {**point, "strategies": point["strategies"][:_MOST_STRATEGIES]}
            for point in scenario["points"][:_MOST_POINTS]
        ]
        yield {**whole, "scenarios": [{**scenario, "points": points}]}
