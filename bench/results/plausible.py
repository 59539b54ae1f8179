"""Refuses a result that no run can have written, before anything is made of it: a file may come from anywhere.

Its types were checked when it was read. What is looked at here is what pages, charts and comparisons reckon with: a
time is not below 0, a load was driven once at least, all points of a scenario have the same parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from bench.errors import ResultError
from bench.measurement import PointResult, Result, ScenarioResult, StrategyResult
from bench.points import Point
from bench.results.file import read_result

LARGEST = 1e15
"""No figure of a run is larger: in milliseconds these are 30,000 years."""
SHORTEST_MS = 1e-9
"""No clock tells a shorter time, but for none at all."""
LONGEST_RTT_MS = 1000.0
"""What `--rtt` takes at most."""
WIDEST = 1e100
"""A broken number that is a parameter's value lies between this and its reciprocal: charts put it on an axis."""

_TIMES = frozenset({"median_ms", "median_low_ms", "median_high_ms", "tapped_ms", "p50_ms", "p95_ms", "p99_ms"})
_NEVER_BELOW_0 = _TIMES | {
    *("max_ms", "cold_ms", "seconds", "timeout_s", "budget_s", "rtt_ms", "rtts_ms", "load_per_core", "precision"),
    *("ratio", "ratio_low", "ratio_high", "behind", "behind_low", "behind_high", "smallest_detectable"),
    *("throughput", "rate", "slowest_ms", "recovered_ms", "outage_ms"),
}
_NO_FIGURES = frozenset({"plan", "samples_ns", "rounds"})
"""Members that are not gone through: a plan is the server's, and samples are whole numbers, thousands of them."""
_LONGEST_NAME = 60

Complaint = tuple[str, str]
"""A place in a result, below its root, and what is wrong there."""


def read_plausible(path: Path) -> Result:
    """The result in a file, checked by its schema, its types, and for what no run can have written.

    Raises:
        ResultError: It is not there, cut short, of another schema, or no result; the message says which.
    """
    result = read_result(path)
    refuse_implausible(result, str(path))
    return result


def refuse_implausible(result: Result, where: str) -> None:
    """Refuse a result that no run can have written.

    Args:
        result: What was read.
        where: What it was read from, for the message.

    Raises:
        ResultError: What is wrong in it, and at which place.
    """
    found = next(_complaints(result), None)
    if found is not None:
        place, complaint = found
        raise ResultError(f"{where} is not as `bench` writes it: {complaint} - at `${place}`")


def _complaints(result: Result) -> Iterator[Complaint]:
    yield from _figures(result)
    yield from _repeated([one.name for one in result.scenarios], ".scenarios")
    for number, scenario in enumerate(result.scenarios):
        yield from _below(f".scenarios[{number}]", _of_scenario(scenario))


def _of_scenario(scenario: ScenarioResult) -> Iterator[Complaint]:
    yield from _values(scenario.typical, ".typical")
    for number, claim in enumerate(scenario.claims):
        yield from _values(claim.limits, f".claims[{number}].limits")
    if not scenario.points:
        return
    names = set(scenario.points[0].params)
    if scenario.size is not None and scenario.size not in names:
        yield ".size", "it is no parameter of the points"
    seen: set[Point] = set()
    for number, point in enumerate(scenario.points):
        yield from _below(f".points[{number}]", _of_point(point, names))
        if (place := Point(point.params, point.rtt_ms)) in seen:
            yield f".points[{number}]", "it is there twice"
        seen.add(place)


def _of_point(point: PointResult, names: set[str]) -> Iterator[Complaint]:
    yield from _values(point.params, ".params")
    if set(point.params) != names:
        yield ".params", "the first point of the scenario has others"
    if point.rtt_ms > LONGEST_RTT_MS:
        yield ".rtt_ms", f"{point.rtt_ms:g} ms is no round-trip time: from 0 to {LONGEST_RTT_MS:g} ms"
    yield from _repeated([one.name for one in point.strategies], ".strategies")
    for number, strategy in enumerate(point.strategies):
        yield from _below(f".strategies[{number}]", _of_strategy(strategy))


def _of_strategy(strategy: StrategyResult) -> Iterator[Complaint]:
    if strategy.samples_ns and min(strategy.samples_ns) < 0:
        yield ".samples_ns", f"{min(strategy.samples_ns)} is below 0"
    if strategy.load is not None and strategy.load.samples < 1:
        yield ".load.samples", "a load is driven once at least"
    seen = strategy.disturbed
    if seen is not None:
        loads = {len(one) for one in (seen.lost, seen.late, seen.slowest_ms, seen.recovered_ms, seen.outage_ms)}
        if len(loads) > 1 or 0 in loads:
            yield ".disturbed", "there is not a value for each load"


def _figures(value: Any) -> Iterator[Complaint]:
    """The broken numbers of a dataclass, and of those in it, that are none of a run's."""
    for name in _members(value):
        member = getattr(value, name)
        several = isinstance(member, list | tuple)
        for number, part in enumerate(member if several else [member]):
            place = f".{name}[{number}]" if several else f".{name}"
            if isinstance(part, float):
                if complaint := _wrong(name, part):
                    yield place, complaint
            elif is_dataclass(part):
                yield from _below(place, _figures(part))


def _members(value: Any) -> list[str]:
    return [field.name for field in fields(value) if field.name not in _NO_FIGURES]


def _wrong(name: str, value: float) -> str | None:
    if abs(value) > LARGEST:
        return f"{value:g} is beyond what a run comes to"
    if value < 0 and name in _NEVER_BELOW_0:
        return f"{value:g} is below 0"
    if 0 < value < SHORTEST_MS and name in _TIMES:
        return f"{value:g} ms is shorter than a clock tells"
    return None


def _values(values: Mapping[str, object], place: str) -> Iterator[Complaint]:
    """The values of parameters that are no values of one: numbers, text, true or false."""
    for name, value in values.items():
        at = f"{place}.{name[:_LONGEST_NAME]}"
        if not isinstance(value, bool | int | float | str):
            yield at, "it is neither a number nor text"
        elif isinstance(value, float) and value and not 1 / WIDEST <= abs(value) <= WIDEST:
            yield at, f"{value:g} is no number that can be drawn"


def _repeated(names: Sequence[str], place: str) -> Iterator[Complaint]:
    """That two have the same name: of a comparison, nobody would know which is meant."""
    for name, number in Counter(names).items():
        if number > 1:
            yield place, f"{number} of them are called {name[:_LONGEST_NAME]!r}"


def _below(place: str, complaints: Iterable[Complaint]) -> Iterator[Complaint]:
    for inner, complaint in complaints:
        yield f"{place}{inner}", complaint
