"""Puts results together that are parts of one: measured with the same, each with points that the others lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from bench.measurement import ClaimResult, ClaimVerdict, PointResult, Result, ScenarioResult
from bench.regressions.surroundings import surroundings

HELD: Mapping[ClaimVerdict, str] = {
    "supported": "holds at every point that decided",
    "contradicted": "holds at no point that decided",
}
OF = "of ("
"""What begins the points of a part."""


def distinct(results: Sequence[Result]) -> list[Result]:
    """The results without those that are equal to one before."""
    return [result for place, result in enumerate(results) if result not in results[:place]]


def grouped(results: Sequence[Result]) -> list[list[Result]]:
    """The results, those together that are parts of one: they were measured with the same, the code of the strategies
    included, and each has a point that the others have not. Two runs of the same points are no parts of one.
    """
    groups: list[list[Result]] = []
    for result in results:
        group = next((group for group in groups if _completes(group, result)), None)
        if group is None:
            groups.append([result])
        else:
            group.append(result)
    return groups


def merged(parts: Sequence[Result]) -> Result:
    """One result of several parts. Of a point that several have, the first that was finished is kept; what became of a
    claim is put together from what it was judged to be on each part.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    found: dict[str, list[ScenarioResult]] = {}
    for scenario in (scenario for part in parts for scenario in part.scenarios):
        found.setdefault(scenario.name, []).append(scenario)
    scenarios = [_scenario(same) for same in found.values()]
    rtts_ms = sorted({rtt_ms for part in parts for rtt_ms in part.settings.rtts_ms})
    return replace(
        first,
        settings=replace(first.settings, rtts_ms=rtts_ms),
        scenarios=scenarios,
        seconds=sum(part.seconds for part in parts),
        interrupted=any(part.interrupted for part in parts)
        and any(not point.finished for scenario in scenarios for point in scenario.points),
    )


def measured_again(parts: Sequence[Result]) -> int:
    """How many points of later parts are left out for one of an earlier part."""
    return sum(len(_places(part)) for part in parts) - len(_all_places(parts))


PointKey = tuple[str, float]
"""What tells the points of a scenario apart: the choice of parameters, and the round-trip time that was added."""


def point_key(point: PointResult) -> PointKey:
    """What tells a point from the others of its scenario."""
    return repr(sorted(point.params.items())), point.rtt_ms


def points_measured(scenario: ScenarioResult) -> frozenset[PointKey]:
    """The points of a scenario that were measured, if only in part."""
    return frozenset(point_key(point) for point in scenario.points if point.strategies)


def scenario_at(parts: Sequence[Result], name: str, points: Set[PointKey]) -> ScenarioResult | None:
    """A scenario as those parts of a result have it that measured no point of it beyond these: its claims are judged on
    these alone. None where such parts have not all of them.
    """
    within = [
        scenario
        for part in parts
        for scenario in part.scenarios
        if scenario.name == name and points_measured(scenario) <= points
    ]
    found = frozenset[PointKey]().union(*map(points_measured, within))
    return _scenario(within) if within and found == points else None


def _completes(group: Sequence[Result], result: Result) -> bool:
    first, git = group[0], result.environment.git or ""
    # With changes that were not committed, nobody can tell whether both are of the same.
    alike = (first.environment.git or "") == git and not git.endswith("+")
    alike = alike and surroundings(first) == surroundings(result) and first.settings.timed == result.settings.timed
    return alike and all(_adds(result, part) and _adds(part, result) and _same_code(result, part) for part in group)


def _adds(result: Result, other: Result) -> bool:
    return bool(_places(result) - _places(other))


def _same_code(result: Result, other: Result) -> bool:
    """Whether the strategies that both have are the same functions: those of another revision are no part."""
    one, two = _code(result), _code(other)
    return all(one[strategy] == two[strategy] for strategy in one.keys() & two.keys())


def _code(result: Result) -> dict[tuple[str, str], str]:
    return {
        (scenario.name, strategy.name): strategy.code
        for scenario in result.scenarios
        for point in scenario.points
        for strategy in point.strategies
        if strategy.code  # a compact result has it once
    }


_Place = tuple[str, PointKey]


def _places(result: Result) -> set[_Place]:
    """The points that were measured, if only in part."""
    return {(scenario.name, key) for scenario in result.scenarios for key in points_measured(scenario)}


def _all_places(results: Iterable[Result]) -> set[_Place]:
    return set[_Place]().union(*map(_places, results))


def _scenario(same: Sequence[ScenarioResult]) -> ScenarioResult:
    points: dict[PointKey, PointResult] = {}
    for point in (point for scenario in same for point in scenario.points):
        kept = points.get(point_key(point))
        if kept is None or (point.finished and not kept.finished):
            points[point_key(point)] = point
    claims: dict[ClaimKey, list[tuple[ClaimResult, ScenarioResult]]] = {}
    for scenario in same:
        for key, claim in by_key(scenario.claims).items():
            claims.setdefault(key, []).append((claim, scenario))
    return replace(same[0], points=[*points.values()], claims=[_claim(alike) for alike in claims.values()])


ClaimKey = tuple[str, int]
"""What a claim says, and whether it is the first of its scenario that says it, or the second."""


def by_key(claims: Iterable[ClaimResult]) -> dict[ClaimKey, ClaimResult]:
    """The claims of a scenario by what tells them apart, whatever became of them."""
    found: dict[ClaimKey, ClaimResult] = {}
    seen: Counter[str] = Counter()
    for claim in claims:
        said = repr(replace(claim, verdict="undecided", where="", limits=dict(sorted(claim.limits.items()))))
        found[said, seen[said]] = claim
        seen[said] += 1
    return found


def _claim(alike: Sequence[tuple[ClaimResult, ScenarioResult]]) -> ClaimResult:
    """A claim judged on several parts: where it holds in one and not in another, it depends."""
    first = alike[0][0]
    decided = [(claim, _places_within(claim, scenario)) for claim, scenario in alike if claim.verdict != "undecided"]
    verdicts = {claim.verdict for claim, _ in decided}
    if len(verdicts) < 2 and "depends" not in verdicts:
        return decided[0][0] if decided else first
    telling = _telling_apart([place for _, places in decided for place in places])
    said = dict.fromkeys(_held(claim, places, telling) for claim, places in decided)
    # What follows `of (…):` would be taken for what is said of those points.
    where = "; ".join(sorted(said, key=lambda one: one.startswith(OF)))
    return replace(decided[0][0], verdict="depends", where=where)


def _places_within(claim: ClaimResult, scenario: ScenarioResult) -> list[dict[str, Any]]:
    """The points of a part that a claim was judged by."""
    places = [{**point.params, "rtt_ms": point.rtt_ms} for point in scenario.points if point.strategies]
    return [place for place in places if all(place.get(name) == value for name, value in claim.limits.items())]


def _telling_apart(places: Sequence[Mapping[str, Any]]) -> list[str]:
    """The parameters that are not the same at all of these points; all of them, where each is."""
    names = list(dict.fromkeys(name for place in places for name in place))
    return [name for name in names if len({repr(place.get(name)) for place in places}) > 1] or names


def _held(claim: ClaimResult, places: Sequence[Mapping[str, Any]], telling: Sequence[str]) -> str:
    """Where a claim holds of the points of one part, which are told where they would be taken for those of all."""
    where = HELD.get(claim.verdict, claim.where)
    if all(f"{name}=" in where for name in telling):
        return where
    of = "; ".join(f"{name}={', '.join(_values(name, places))}" for name in telling)
    return f"{OF}{of}): {where}"


def _values(name: str, places: Sequence[Mapping[str, Any]]) -> list[str]:
    values = list({repr(place[name]): place[name] for place in places if name in place}.values())
    numbers = all(isinstance(value, int | float) for value in values)
    return [str(value) for value in (sorted(values) if numbers else values)]
