"""That the machine was busy when something was measured, said wherever a report rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.measurement import ClaimResult, PointResult, Result, ScenarioResult
from bench.reports.formatting import count, plural

BUSY_MACHINE = "busy machine"
"""What marks in a table what was measured then."""
LOOK_DIFFERENT = "can make equal strategies look different"


def busy_sentence(point: PointResult | None) -> str:
    """That the machine was busy at a point, in a sentence; empty where it was not."""
    if point is None or not point.was_busy:
        return ""
    return (
        f"The machine was busy when this was measured ({point.load_per_core:.1f} processes for each core), which"
        f" {LOOK_DIFFERENT}."
    )


def marked(said: str, is_busy: bool) -> str:
    """What was found, marked where the machine was busy meanwhile; what stands in parentheses already is joined."""
    if not is_busy:
        return said
    return (
        f"{said.removesuffix(')')}; {BUSY_MACHINE})" if said.endswith(" not ruled out)") else f"{said} ({BUSY_MACHINE})"
    )


def labelled(label: str, is_busy: bool) -> str:
    """The label of a side whose verdict stands with those of others, marked in the same way."""
    return f"{label} on a {BUSY_MACHINE}" if is_busy else label


def rests_on_busy(claim: ClaimResult, scenario: ScenarioResult | None) -> bool:
    """Whether a verdict on times rests on points at which the machine was busy; counters are the same then."""
    if scenario is None or claim.counter is not None or claim.verdict == "undecided":
        return False
    return any(point.was_busy for point in within(claim, scenario.points))


def within(claim: ClaimResult, points: Iterable[PointResult]) -> list[PointResult]:
    """The points that a claim is limited to, of those that were measured."""
    limits = claim.limits.items()
    return [one for one in points if one.strategies and all(one.params.get(name) == value for name, value in limits)]


def busy_note(results: Sequence[Result]) -> str:
    """What the mark means, with how many points have it, in a sentence of plain text; empty where none has."""
    points = [one for result in results if result.settings.timed for of in result.scenarios for one in of.points]
    busy = sum(one.was_busy for one in points)
    if not busy:
        return ""
    return (
        f"“{BUSY_MACHINE}” marks what was measured while other processes kept the machine's cores busy, as they did at"
        f" {count(busy)} of {plural(len(points), 'point')}: that {LOOK_DIFFERENT}."
    )
