"""What changed its winner from one side to another, and which advice is judged otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.crossings import contenders, stretches
from bench.measurement import ClaimResult, ClaimVerdict, PointResult, ScenarioResult
from bench.reports.busy import rests_on_busy
from bench.reports.claims import claim_sentence, judged
from bench.reports.columns import UNRANKED
from bench.reports.formatting import code, markdown
from bench.reports.merging import by_key, point_key, points_measured, scenario_at
from bench.reports.sentences import typical_point
from bench.reports.sides import Side


@dataclass(frozen=True)
class SharedPoint:
    """A point of a scenario as each side measured it, in their order; None where a side has not measured it."""

    params: Mapping[str, Any]
    rtt_ms: float
    of_each: Sequence[PointResult | None]

    @property
    def is_compared(self) -> bool:
        """Whether at least two sides tell who wins here."""
        return len(self._telling) > 1

    @property
    def changed(self) -> bool:
        """Whether no strategy is among the winners of every side that tells who wins, not even one of those that more
        rounds may rule out: so whoever wins on one side was shown to be behind on another, or was not ranked there.
        """
        return self.is_compared and not set.intersection(*(set(point.winners) for point in self._telling))

    @property
    def same(self) -> bool:
        """Whether a strategy is among the winners of every side that tells, without those that rounds may rule out."""
        return self.is_compared and bool(set.intersection(*(set(contenders(point)) for point in self._telling)))

    @property
    def winners(self) -> list[tuple[str, ...]]:
        """Who wins on each side; nobody where it does not tell."""
        return [contenders(point) if point in self._telling else () for point in self.of_each]

    @property
    def _telling(self) -> list[PointResult]:
        return [point for point in self.of_each if point is not None and stretches([point])]

    def unranked(self, name: str) -> list[tuple[int, str]]:
        """The sides, by their number, on which a strategy that wins elsewhere could not win, and what it was there."""
        found = []
        for number, point in enumerate(self.of_each):
            if point is None or point not in self._telling:
                continue
            there = next((one for one in point.strategies if one.name == name), None)
            if there is None:
                found.append((number, "missing"))
            elif there.verdict in UNRANKED:
                found.append((number, there.verdict))
        return found


@dataclass(frozen=True)
class SharedScenario:
    """A scenario as each side measured it, in their order; None where a side has not got it."""

    name: str
    of_each: Sequence[ScenarioResult | None]

    @property
    def known(self) -> list[ScenarioResult]:
        """The scenario as those sides have it that do."""
        return [scenario for scenario in self.of_each if scenario is not None]

    @property
    def question(self) -> str:
        """What it asks, as the first side that has it puts it."""
        return self.known[0].question

    def typical(self) -> SharedPoint | None:
        """The point that the answers are about, if all sides that have the scenario answer about the same one."""
        found = [typical_point(scenario) if scenario else None for scenario in self.of_each]
        at = {point_key(point) for point in found if point is not None}
        first = next((point for point in found if point is not None), None)
        return SharedPoint(first.params, first.rtt_ms, found) if first is not None and len(at) == 1 else None

    def points(self) -> list[SharedPoint]:
        """Every point that any side has, the one that the first side's answer is about first."""
        by_key = [{point_key(point): point for point in (one.points if one else ())} for one in self.of_each]
        first = typical_point(self.known[0])
        keys = dict.fromkeys(
            [*([point_key(first)] if first is not None else []), *(key for points in by_key for key in points)]
        )
        found = []
        for key in keys:
            of_each = [points.get(key) for points in by_key]
            one = next(point for point in of_each if point is not None)
            found.append(SharedPoint(one.params, one.rtt_ms, [_measured(point) for point in of_each]))
        return found


@dataclass(frozen=True)
class SharedClaim:
    """A claim, and what became of it on each side, in their order; None where a side could not judge it.

    `scenarios` is the scenario that it is of, as each side has it; `at_shared_points` is what each side judged it to be
    by the points alone that all of them have, None where that is not known.
    """

    of_each: Sequence[ClaimResult | None]
    scenarios: Sequence[ScenarioResult | None]
    at_shared_points: Sequence[ClaimVerdict | None]

    @property
    def known(self) -> list[ClaimResult]:
        """What became of it on those sides that judged it."""
        return [claim for claim in self.of_each if claim is not None]

    @property
    def verdicts(self) -> list[ClaimVerdict | None]:
        """What it was judged to be on each side."""
        return [claim.verdict if claim is not None else None for claim in self.of_each]

    @property
    def sentences(self) -> list[str]:
        """What is said of it on each side, in Markdown; empty where a side could not judge it."""
        return [
            claim_sentence(claim, code, markdown, measured=scenario.points) if claim and scenario else ""
            for claim, scenario in zip(self.of_each, self.scenarios, strict=True)
        ]

    @property
    def busy(self) -> list[bool]:
        """Whether the verdict of each side rests on points at which its machine was busy."""
        return [
            claim is not None and rests_on_busy(claim, scenario)
            for claim, scenario in zip(self.of_each, self.scenarios, strict=True)
        ]

    @property
    def differs(self) -> bool:
        """Whether two sides decided otherwise at the same points; one that decided nothing contradicts no other."""
        return _are_several(self.at_shared_points)

    @property
    def differs_by_points(self) -> bool:
        """Whether two sides decided otherwise, and nothing but the points that only some of them have shows why."""
        return _are_several(self.verdicts) and not self.differs


def shared_scenarios(sides: Sequence[Side]) -> list[SharedScenario]:
    """The scenarios of all sides, in the order of the first that has each."""
    by_name = [{scenario.name: scenario for scenario in side.result.scenarios} for side in sides]
    names = dict.fromkeys(name for scenarios in by_name for name in scenarios)
    return [SharedScenario(name, [scenarios.get(name) for scenarios in by_name]) for name in names]


def shared_claims(scenario: SharedScenario, sides: Sequence[Side]) -> list[SharedClaim]:
    """The claims of a scenario that any side could judge, in the order of the first that has each."""
    of_each = [
        by_key(judged(one, side.result.settings.timed) if one else ())
        for one, side in zip(scenario.of_each, sides, strict=True)
    ]
    at_shared = [
        by_key(judged(one, side.result.settings.timed) if one else ())
        for one, side in zip(_at_shared_points(scenario, sides), sides, strict=True)
    ]
    keys = dict.fromkeys(key for claims in of_each for key in claims)
    return [
        SharedClaim(
            [claims.get(key) for claims in of_each],
            scenario.of_each,
            [claims[key].verdict if key in claims else None for claims in at_shared],
        )
        for key in keys
    ]


def _at_shared_points(scenario: SharedScenario, sides: Sequence[Side]) -> list[ScenarioResult | None]:
    """The scenario as each side has it at the points alone that all have which have any; None where that is not known:
    what a side judged by further points as well may be otherwise for these.
    """
    measured = [points_measured(one) for one in scenario.known]
    shared = frozenset.intersection(*measured)
    return [
        one if one is None or points_measured(one) == shared else scenario_at(side.parts, scenario.name, shared)
        for one, side in zip(scenario.of_each, sides, strict=True)
    ]


def _are_several(verdicts: Sequence[ClaimVerdict | None]) -> bool:
    """Whether two of these decided, and otherwise."""
    return len(set(verdicts) - {None, "undecided"}) > 1


def _measured(point: PointResult | None) -> PointResult | None:
    """A point that was begun at least."""
    return point if point is not None and point.strategies else None


def _key(point: PointResult) -> tuple[str, float]:
    return repr(sorted(point.params.items())), point.rtt_ms
