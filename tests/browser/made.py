"""Results that are made up, in round figures: what the page must say of them can be told by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.measurement import (
    ClaimResult,
    Counters,
    LoadResult,
    PointResult,
    Result,
    ScenarioResult,
    Settings,
    Statement,
    StrategyResult,
)
from bench.reports.html.data import ChartShown
from tests.unit.pages import ENVIRONMENT as PLAIN

ENVIRONMENT = replace(
    PLAIN, python="CPython 3.14.0", git="9f0450d1aa", database="embedded", gc="collected before each sample"
)
HOSTILE = "<script>hacked()</script>"
HOSTILE_ERROR = "<img src=x onerror=hacked()> & </script><b>"
PLAN = [{"Plan": {"Node Type": "Seq Scan", "Relation Name": "item", "Plan Rows": 7, "Actual Rows": 7}}]
TRIPS = {"lazy": 21, "chatty": 11, "bulky": 2}
AT_0 = {"lazy": 20.0, "chatty": 2.0, "bulky": 8.0}
AT_1 = {"lazy": 41.0, "chatty": 13.0, "bulky": 10.0}
AT_5 = {"lazy": 125.0, "chatty": 57.0, "bulky": 18.0}


def strategy(name: str, ms: float, fastest: float, baseline: float, **more: Any) -> StrategyResult:
    """One that was measured without doubt."""
    won = ms == fastest
    trips = more.pop("trips", TRIPS[name])
    return StrategyResult(
        name,
        description=f"The way that is `{name}`.",
        code=f"async def {name}(db):\n    return await db.{name}()\n",
        baseline=name == "lazy",
        verdict=None if name == "lazy" else "faster" if ms < baseline else "slower",
        winner=won,
        median_ms=ms,
        median_low_ms=ms * 0.98,
        median_high_ms=ms * 1.02,
        p95_ms=ms * 1.5,
        ratio=ms / baseline,
        ratio_low=ms / baseline * 0.98,
        ratio_high=ms / baseline * 1.02,
        behind=ms / fastest,
        behind_low=None if won else ms / fastest * 0.98,
        behind_high=None if won else ms / fastest * 1.02,
        behind_verdict=None if won else "slower",
        counters=Counters(statements=trips - 1, round_trips=trips, rows=7),
        statements=(Statement(f"SELECT '{name}'\nFROM item", trips - 1, PLAN, "00ff"),),
        **more,
    )


def point(times: dict[str, float], rtt_ms: float = 0.0, items: int = 10, *more: StrategyResult) -> PointResult:
    """A point at which strategies take these times, in milliseconds; the least wins."""
    fastest = min(times, key=lambda name: times[name])
    measured = [
        strategy(
            name,
            ms,
            times[fastest],
            times["lazy"],
            at_1ms_ms=ms + TRIPS[name] if not rtt_ms else None,
        )
        for name, ms in times.items()
    ]
    return PointResult({"items": items}, rtt_ms, (*measured, *more), (fastest,), rounds=40, seconds=2.0)


FAILED = StrategyResult(HOSTILE, HOSTILE, f"# {HOSTILE}", verdict="failed", error=HOSTILE_ERROR)
CLAIMS = (
    ClaimResult("Chatty is the one to use", "the manual", "depends", "holds at rtt_ms=0.0", "chatty", "lazy"),
    ClaimResult("Bulky is as good", "a talk", "supported", faster="bulky", than="lazy"),
    ClaimResult(f"Never {HOSTILE}", "folklore", "contradicted", faster="lazy", than="bulky"),
)
READING = ScenarioResult(
    "shop.reading",
    "How should items be read?",
    "shop",
    "entities",
    "items",
    {"items": 10},
    (
        point(AT_0, 0.0, 10, FAILED),
        point(AT_1, 1.0, 10, FAILED),
        point(AT_5, 5.0, 10, FAILED),
        point({"lazy": 200.0, "chatty": 90.0, "bulky": 30.0}, 0.0, 1000),
    ),
    CLAIMS,
)


def tied(name: str = "shop.writing") -> ScenarioResult:
    """A scenario at no added time alone, of which two strategies were not told apart, one by several connections."""
    times = {"lazy": 20.0, "chatty": 10.0, "bulky": 10.2}
    measured = {one.name: one for one in point(times).strategies}
    bulky = replace(measured["bulky"], winner=True, behind=1.02, behind_low=0.98, behind_verdict="same")
    lazy = replace(measured["lazy"], at_1ms_ms=None)
    found = replace(point(times), strategies=(lazy, measured["chatty"], bulky), winners=("chatty", "bulky"))
    return ScenarioResult(name, "How should items be written?", "shop", typical={"items": 10}, points=(found,))


def overtaken() -> ScenarioResult:
    """A scenario at two distances: at the nearer one rounds did not rule out who wins at the farther one."""
    near = point({"lazy": 20.0, "chatty": 10.0, "bulky": 12.0})
    lazy, chatty, bulky = near.strategies
    bulky = replace(bulky, winner=True, behind_low=0.98, behind_high=1.30, behind_verdict="inconclusive")
    points = (replace(near, strategies=(lazy, chatty, bulky), winners=("chatty", "bulky")), point(AT_5, 5.0))
    name, question = "shop.overtaking", "How should items be overtaken?"
    return ScenarioResult(name, question, "shop", typical={"items": 10}, points=points)


def at_once() -> ScenarioResult:
    """A scenario at two distances, at both of which the one that uses several connections is the fastest."""
    points = []
    for rtt_ms, times in ((0.0, AT_0), (1.0, {**AT_1, "chatty": 3.0})):
        measured = point(times, rtt_ms=rtt_ms)
        points.append(
            replace(
                measured,
                strategies=tuple(
                    replace(one, at_1ms_ms=None) if one.name == "chatty" else one for one in measured.strategies
                ),
            )
        )
    name, question = "shop.gathering", "How should items be gathered?"
    return ScenarioResult(name, question, "shop", typical={"items": 10}, points=tuple(points))


def loaded() -> ScenarioResult:
    """A scenario whose strategies drive loads, at no added time alone."""
    load = LoadResult(9, 20, 60, None, 3000.0, None, None, None, 0, 0, 5, 0, 0, {}, 0.5)
    found = point({"lazy": 20.0, "chatty": 10.0, "bulky": 18.0})
    driving = [replace(one, load=load, drives_load=True, at_1ms_ms=None) for one in found.strategies]
    name, question = "shop.serving", "How should many be served?"
    return ScenarioResult(name, question, "shop", typical={"items": 10}, points=(replace(found, strategies=driving),))


def long_winded() -> ScenarioResult:
    """The scenario with parameters whose names are long."""
    more = {"a_parameter_with_a_rather_long_name": "and a long value", "another_one": False}
    points = [replace(one, params={**one.params, **more}) for one in READING.points]
    return replace(READING, points=points, typical={"items": 10, **more})


def result(*scenarios: ScenarioResult, sqlalchemy: str = "2.1.9", **more: Any) -> Result:
    """The result of a run."""
    environment = replace(ENVIRONMENT, packages={**ENVIRONMENT.packages, "sqlalchemy": sqlalchemy})
    return Result(environment, Settings(), scenarios, "2026-11-22T10:31:05+01:00", 131.4, **more)


def older() -> Result:
    """A result of another version, in which bulky wins where chatty did, and which lacks what is written."""
    slow = point({"lazy": 20.0, "chatty": 9.0, "bulky": 8.0})
    return result(replace(READING, points=(slow, *READING.points[1:])), sqlalchemy="2.0.51", interrupted=True)


BLUE, SKY = "#0072b2", "#56b4e9"
CHART = ChartShown(
    title="chatty takes a tenth of the time of lazy",
    text="lazy 20 ms, chatty 2 ms, bulky 8 ms.",
    spec={
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 400,
        "data": {"values": [{"strategy": name, "ms": ms} for name, ms in AT_0.items()]},
        "transform": [{"calculate": "datum.ms * 1000", "as": "us"}],
        "mark": {"type": "bar", "color": BLUE, "tooltip": True},
        "encoding": {
            "y": {"field": "strategy", "type": "nominal", "title": None},
            "x": {"field": "us", "type": "quantitative", "title": "µs a call"},
        },
    },
)


def large_charts(scenario: str) -> list[ChartShown]:
    """Charts as large as those of a scenario: three with some hundred rows."""
    rows = [
        {
            "x": len(scenario) + row / 7,
            "y": row * 3.14159 % 97,
            "y2": row * 2.71828 % 89,
            "run": f"{scenario} {row % 6}",
        }
        for row in range(240)
    ]
    turned = [rows[start:] + rows[:start] for start in (0, 80, 160)]
    return [replace(CHART, spec={**CHART.spec, "data": {"values": values}}) for values in turned]


def catalogue(version: str, scenarios: int = 91, distances: Sequence[float] = (0.0, 0.5, 1.0, 5.0)) -> Result:
    """A result as large as that of the whole catalogue: eight strategies each, with code, statements and plans that are
    like no other's.
    """
    return result(*(_large(number, distances) for number in range(scenarios)), sqlalchemy=version)


def _large(number: int, distances: Sequence[float]) -> ScenarioResult:
    names = [f"strategy_{number}_{which}" for which in range(8)]
    points = []
    for distance in distances:
        measured = []
        for which, name in enumerate(names):
            ms = 1.234567 * (which + 1) * (number + 1) + distance * (which + 1)
            like = strategy("lazy", ms, 1.0 * number + 1 + distance, 7.7 * (number + 1), trips=which + 1)
            columns = ", ".join(f"table_{number}.column_{(number * 31 + which * 7 + one) % 997}" for one in range(20))
            measured.append(
                replace(
                    like,
                    name=name,
                    baseline=not which,
                    winner=which == 1,
                    code="\n".join(f"    await db.call_{(number * 17 + which * 5 + one) % 991}()" for one in range(15)),
                    statements=tuple(
                        Statement(f"SELECT {columns}\nFROM table_{number}_{one}", one + 1, _plan(number, which, one))
                        for one in range(4)
                    ),
                )
            )
        points.append(PointResult({"size": 10}, distance, tuple(measured), (names[1],), rounds=30, seconds=3.0))
    claims = tuple(ClaimResult(f"Claim {one} of {number}", f"source {one}", "undecided") for one in range(3))
    return ScenarioResult(
        f"module_{number // 7}.scenario_{number}", f"How should {number} be done?", points=points, claims=claims
    )


def _plan(number: int, which: int, one: int) -> list[dict[str, Any]]:
    scans = [
        {
            "Node Type": "Index Scan",
            "Index Name": f"index_{number}_{which}_{one}_{leaf}",
            "Plan Rows": number * leaf + which,
        }
        for leaf in range(6)
    ]
    return [{"Plan": {"Node Type": "Hash Join", "Plan Rows": number, "Actual Rows": which, "Plans": scans}}]
