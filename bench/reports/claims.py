"""What became of a claim, in a sentence that claims no more than was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.measurement import ClaimResult, ClaimVerdict, PointResult, ScenarioResult
from bench.reports.busy import within
from bench.reports.formatting import code, markdown, parameters, plain

Quoted = Callable[[str], str]

LESS_OF = dict.fromkeys(("peak_memory", "traced_memory"), "less")
"""What is said of those counters that are no number of things."""

HOW_JUDGED = (
    "A claim about times tests one pair of strategies by itself. Where one of the two is the baseline or the fastest,"
    " its verdict is that of the table; any other pair is judged by its own samples, corrected for the number of the"
    " claim's points and not for that of strategies. So a claim can decide what the ranking (★) leaves open."
)
"""Which test a claim's verdict rests on."""


def judged(scenario: ScenarioResult, timed: bool) -> Sequence[ClaimResult]:
    """The claims that a run could judge: without a clock, those about a counter."""
    return [claim for claim in scenario.claims if timed or claim.counter is not None]


def claims_list(scenario: ScenarioResult, claims: Sequence[ClaimResult]) -> str:
    """Claims of a scenario with their sources and what became of them, in Markdown; empty where there are none."""
    if not claims:
        return ""
    lines = [
        f"- “{markdown(claim.text)}” ({markdown(claim.source)})  \n  "
        + claim_sentence(claim, code, markdown, measured=scenario.points)
        for claim in claims
    ]
    return "\n".join([*claims_heading(claims), *lines])


def claims_heading(claims: Sequence[ClaimResult]) -> list[str]:
    """The lines above a list of claims, in Markdown: what it is, and how claims about times are judged."""
    return [
        "**What is advised, and what was measured of it:**",
        "",
        *([HOW_JUDGED, ""] if any_of_times(claims) else []),
    ]


def any_of_times(claims: Sequence[ClaimResult]) -> bool:
    """Whether any of these claims is about times."""
    return any(claim.counter is None for claim in claims)


def claim_sentence(
    claim: ClaimResult, quoted: Quoted = plain, prose: Quoted = plain, *, measured: Sequence[PointResult] | None = None
) -> str:
    """The verdict on a claim, and what it says of which strategies.

    Args:
        claim: What was measured of it.
        quoted: How names of strategies and values of parameters are written; as they are, if left out.
        prose: How other text of the author's is written.
        measured: The points of its scenario, where it is to be told from them that none is within the claim's limits.
    """
    at = quoted(parameters(claim.limits)) if claim.limits else ""
    where = f" where {at}" if at else ""
    said = _compared(claim, where, quoted, prose) if claim.than is not None else _counted(claim, where, quoted, prose)
    found = said[claim.verdict]
    if claim.verdict == "undecided" and at and measured is not None and not within(claim, measured):
        whether = found.partition(" decides ")[2].removesuffix(where)
        found = f"not measured at {at}, so that nothing says {whether} there"
    return f"{claim.verdict.capitalize()}: {found}."


def _compared(claim: ClaimResult, where: str, quoted: Quoted, prose: Quoted) -> Mapping[ClaimVerdict, str]:
    one, other = quoted(claim.faster or claim.as_fast or claim.less or ""), quoted(claim.than or "")
    predicate, denied = f"is faster than {other}", f"is not faster than {other}"
    if claim.by:
        times = f"{claim.by:g} times as fast as {other}"
        predicate, denied = f"is at least {times}", f"is not {times}"
    if claim.as_fast:
        predicate, denied = f"is as fast as {other}, or faster,", f"is not as fast as {other}"
    if claim.less:
        fewer = f"{LESS_OF.get(claim.counter or '', 'fewer')} {_counter(claim)} than {other}"
        predicate, denied = f"has {fewer}", f"does not have {fewer}"
    measured = "counted" if claim.less else "measured"
    return {
        "supported": f"{one} {predicate} at every point{where} that decided",
        "contradicted": f"{one} {denied} at any point{where} that decided",
        "depends": f"{one} {predicate.removeprefix('is ').removesuffix(',')}: {prose(claim.where)}",
        "undecided": f"nothing that was {measured} decides whether {one} {predicate.removesuffix(',')}{where}",
    }


def _counted(claim: ClaimResult, where: str, quoted: Quoted, prose: Quoted) -> Mapping[ClaimVerdict, str]:
    counted, one = _counter(claim), quoted(claim.strategy or "")
    expected = f"{claim.equals} {counted.removesuffix('s') if claim.equals == 1 else counted}"
    return {
        "supported": f"{one} has {expected} at every point{where}",
        "contradicted": f"{one} does not have {expected} at any point{where}",
        "depends": f"{one} with {expected}: {prose(claim.where)}",
        "undecided": f"nothing that was counted decides whether {one} has {expected}{where}",
    }


def _counter(claim: ClaimResult) -> str:
    return plain((claim.counter or "").replace("_", " "))
