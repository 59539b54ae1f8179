"""What became of a claim, in a sentence that claims no more than was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.measurement import ClaimResult, ClaimVerdict, ScenarioResult
from bench.reports.formatting import code, markdown, parameters, plain

Quoted = Callable[[str], str]

LESS_OF = dict.fromkeys(("peak_memory", "traced_memory"), "less")
"""What is said of those counters that are no number of things."""


def judged(scenario: ScenarioResult, timed: bool) -> Sequence[ClaimResult]:
    """The claims that a run could judge: without a clock, those about a counter."""
    return [claim for claim in scenario.claims if timed or claim.counter is not None]


def claims_list(claims: Sequence[ClaimResult]) -> str:
    """Claims with their sources and what became of them, in Markdown; empty where there are none."""
    if not claims:
        return ""
    lines = [
        f"- “{markdown(claim.text)}” ({markdown(claim.source)})  \n  {claim_sentence(claim, code, markdown)}"
        for claim in claims
    ]
    return "\n".join(["**What is advised, and what was measured of it:**", "", *lines])


def claim_sentence(claim: ClaimResult, quoted: Quoted = plain, prose: Quoted = plain) -> str:
    """The verdict on a claim, and what it says of which strategies.

    Args:
        claim: What was measured of it.
        quoted: How names of strategies and values of parameters are written; as they are, if left out.
        prose: How other text of the author's is written.
    """
    where = f" where {quoted(parameters(claim.limits))}" if claim.limits else ""
    said = _compared(claim, where, quoted, prose) if claim.than is not None else _counted(claim, where, quoted, prose)
    return f"{claim.verdict.capitalize()}: {said[claim.verdict]}."


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
        "undecided": f"nothing was counted that decides whether {one} has {expected}{where}",
    }


def _counter(claim: ClaimResult) -> str:
    return plain((claim.counter or "").replace("_", " "))
