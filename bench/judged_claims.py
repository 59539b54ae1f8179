"""Judges a claim on what was measured: a sentence of advice holds, does not, or holds in places."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from bench.claim import Claim
from bench.measurement import ClaimResult, ClaimVerdict, PointResult, StrategyResult, Verdict
from bench.verdicts.comparisons import SLOW_SAMPLES, Sampled
from bench.verdicts.comparisons import judge as judge_pairs

Outcome = Literal["faster", "slower", "same", "inconclusive"]

_OPPOSITE: Mapping[Verdict, Outcome] = {
    "faster": "slower",
    "slower": "faster",
    "same": "same",
    "inconclusive": "inconclusive",
}
VARIES_BY: Mapping[str, float] = {
    **dict.fromkeys(("peak_memory", "traced_memory"), 0.1),
    **dict.fromkeys(("python_calls", "bytes_sent", "bytes_received", "wal_bytes"), 0.01),
}
"""The fraction by which a counter may differ between two calls that are alike: less means less by more than that."""
VARIES_BY_BYTES: Mapping[str, int] = {"peak_memory": 500_000}
"""What it may differ by however small it is: a process grows by whole pages of its allocators."""
_UNRANKED = ("failed", "differs", "skipped")


def judge(claim: Claim, points: Sequence[PointResult], precision: float = 0.025) -> ClaimResult:
    """Judge a claim at the points that it is limited to.

    One about times is `supported` where the strategy is faster (or, with `as_fast`, the same) at every point that
    decides, `contradicted` where it is not at every one, `depends` where both are found, and `undecided` where no point
    decides. One about a counter is judged in the same way, by equality, or by one strategy's being less than the
    other's, beyond what the counter varies by.

    Args:
        claim: The claim.
        points: What was measured of its scenario.
        precision: What was asked of the run, as a fraction; strategies are the same within twice that.
    """
    within = [point for point in points if all(point.params.get(name) == value for name, value in claim.where.items())]
    ahead = claim.faster or claim.as_fast
    if ahead is not None and claim.than is not None:
        outcomes = _outcomes(ahead, claim.than, within, math.log1p(2 * precision))
        holding = ("faster",) if claim.faster else ("faster", "same")
        held = [None if outcome == "inconclusive" else outcome in holding for outcome in outcomes]
    else:
        held = [_counted(claim, point) for point in within]
    verdict: ClaimVerdict = "undecided"
    if True in held:
        verdict = "depends" if False in held else "supported"
    elif False in held:
        verdict = "contradicted"
    return ClaimResult(
        text=claim.text,
        source=claim.source,
        verdict=verdict,
        where=_where(within, held) if verdict == "depends" else "",
        faster=claim.faster,
        than=claim.than,
        strategy=claim.strategy,
        counter=claim.counter,
        equals=claim.equals,
        as_fast=claim.as_fast,
        less=claim.less,
        limits=dict(claim.where),
    )


def _counted(claim: Claim, point: PointResult) -> bool | None:
    name = claim.counter or ""
    value = _counter(claim.strategy or claim.less, name, point)
    if value is None or claim.less is None:
        return None if value is None else value == claim.equals
    other = _counter(claim.than, name, point)
    return None if other is None else _is_less(name, value, other)


def varies_by(counter: str, value: int) -> float:
    """What a counter of about this value may differ by between two calls that are alike."""
    return max(VARIES_BY.get(counter, 0.0) * value, VARIES_BY_BYTES.get(counter, 0))


def _is_less(counter: str, value: int, other: int) -> bool | None:
    """Whether one value is less than the other; None where both are so small that this could not be seen."""
    varies = varies_by(counter, other)
    if value < other - varies:
        return True
    return None if varies > max(value, other) / 2 else False


def _counter(strategy: str | None, name: str, point: PointResult) -> int | None:
    found = _ranked(strategy, point)
    value: int | None = getattr(found.counters, name) if found is not None else None
    return value


def _outcomes(faster: str, than: str, points: Sequence[PointResult], margin: float) -> list[Outcome]:
    """What `faster` is against `than` at each point.

    Where the run did not judge the two, their samples are judged, the points of the claim being the family that is
    corrected for.
    """
    outcomes: list[Outcome] = ["inconclusive"] * len(points)
    pairs: dict[int, tuple[Sampled, Sampled]] = {}
    for number, point in enumerate(points):
        one, other = _ranked(faster, point), _ranked(than, point)
        if one is None or other is None:
            continue
        judged = _judged_by_the_run(one, other)
        if judged is not None:
            outcomes[number] = judged
        else:
            pairs[number] = (_sampled(one), _sampled(other))
    cut_short = any(points[number].cut_short for number in pairs)
    comparisons = judge_pairs(list(pairs.values()), margin, cut_short=cut_short)
    for number, comparison in zip(pairs, comparisons, strict=True):
        # What a second worker would have to confirm stays open: the run did not ask one about this pair.
        outcomes[number] = "inconclusive" if comparison.needs_confirmation else comparison.verdict
    return outcomes


def _ranked(name: str | None, point: PointResult) -> StrategyResult | None:
    found = (strategy for strategy in point.strategies if strategy.name == name)
    return next((one for one in found if one.verdict not in _UNRANKED and not one.demonstration), None)


def _judged_by_the_run(one: StrategyResult, other: StrategyResult) -> Outcome | None:
    """The run's own verdict of `one` against `other`, so that a claim never contradicts the table.

    There is one where either is the baseline or the fastest of their kind; else None.
    """
    alike = one.returns == other.returns
    if other.baseline:
        return _opposite(_opposite(one.verdict))
    if one.baseline:
        return _opposite(other.verdict)
    if alike and _is_fastest(one):
        return _opposite(other.behind_verdict)
    if alike and _is_fastest(other):
        return _opposite(_opposite(one.behind_verdict))
    return None


def _is_fastest(strategy: StrategyResult) -> bool:
    """Whether it is the fastest of its kind, which is behind nobody and has no verdict on that."""
    return strategy.behind is not None and strategy.behind_verdict is None


def _opposite(verdict: Verdict | None) -> Outcome | None:
    return None if verdict is None else _OPPOSITE.get(verdict)


def _sampled(strategy: StrategyResult) -> Sampled:
    pairs = zip(strategy.rounds, strategy.samples_ns, strict=True)
    samples = {number: sample for number, sample in pairs if sample > 0}
    return Sampled(strategy.name, strategy.returns, samples, slow=len(samples) <= SLOW_SAMPLES)


def _where(points: Sequence[PointResult], held: Sequence[bool | None]) -> str:
    """`holds at authors=10, 100; not at authors=1000`: of the parameters, those that tell the deciding points apart."""
    decided = [(point, holds) for point, holds in zip(points, held, strict=True) if holds is not None]
    places = [{**point.params, "rtt_ms": point.rtt_ms} for point, _ in decided]
    names = [name for name in places[0] if len({repr(place.get(name)) for place in places}) > 1]
    holding, others = (
        _listed(names, [place for place, (_, holds) in zip(places, decided, strict=True) if holds is wanted])
        for wanted in (True, False)
    )
    return f"holds at {holding}; not at {others}"


def _listed(names: Sequence[str], places: Iterable[Mapping[str, object]]) -> str:
    if len(names) == 1:
        return f"{names[0]}={', '.join(str(place[names[0]]) for place in places)}"
    return ", ".join(f"({', '.join(f'{name}={place[name]}' for name in names)})" for place in places)
