"""Judges a claim on what was measured: a sentence of advice holds, does not, or holds in places."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
NEGLIGIBLE = 0.1
"""The fraction of a counter within which two are alike: what varies by more may hide that one is less."""
_UNRANKED = ("failed", "differs", "skipped")


@dataclass(frozen=True)
class _Found:
    """What a strategy is against `than` at a point, and the 95 % interval of how many times as fast it is."""

    outcome: Outcome = "inconclusive"
    low: float | None = None
    high: float | None = None


def judge(claim: Claim, points: Sequence[PointResult], precision: float = 0.025) -> ClaimResult:
    """Judge a claim at the points that it is limited to.

    One about times is `supported` where the strategy is faster (with `as_fast` or the same, with `by` so many times as
    fast by the whole interval) at every point that decides, `contradicted` where it is not at every one, `depends`
    where both are found, and `undecided` where no point decides. One about a counter is judged in the same way, by
    equality, or by one strategy's being less than the other's, beyond what the counter varies by.

    Args:
        claim: The claim.
        points: What was measured of its scenario.
        precision: What was asked of the run, as a fraction; strategies are the same within twice that.
    """
    within = [point for point in points if all(point.params.get(name) == value for name, value in claim.where.items())]
    ahead = claim.faster or claim.as_fast
    if ahead is not None and claim.than is not None:
        found = _compared(ahead, claim.than, within, math.log1p(2 * precision))
        held = [_holds(claim, one) for one in found]
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
        by=claim.by,
        limits=dict(claim.where),
    )


def _holds(claim: Claim, found: _Found) -> bool | None:
    if found.outcome == "inconclusive":
        return None
    if claim.by is None or found.outcome != "faster":
        return found.outcome == "faster" or (claim.as_fast is not None and found.outcome == "same")
    if found.low is None or found.high is None or found.low < claim.by <= found.high:
        return None
    return found.low >= claim.by


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
    """Whether one value is less than the other; None where it may be, within what the counter varies by."""
    varies = varies_by(counter, other)
    if value < other - varies:
        return True
    return None if value <= other + varies and varies > NEGLIGIBLE * max(value, other) else False


def _counter(strategy: str | None, name: str, point: PointResult) -> int | None:
    found = _ranked(strategy, point)
    value: int | None = getattr(found.counters, name) if found is not None else None
    return value


def _compared(ahead: str, than: str, points: Sequence[PointResult], margin: float) -> list[_Found]:
    """What `ahead` is against `than` at each point.

    Where the run did not judge the two, their samples are judged, the points of the claim being the family that is
    corrected for.
    """
    found = [_Found()] * len(points)
    pairs: dict[int, tuple[Sampled, Sampled]] = {}
    for number, point in enumerate(points):
        one, other = _ranked(ahead, point), _ranked(than, point)
        if one is None or other is None:
            continue
        judged = _judged_by_the_run(one, other)
        if judged is not None:
            found[number] = judged
        else:
            pairs[number] = (_sampled(one), _sampled(other))
    cut_short = any(points[number].cut_short for number in pairs)
    comparisons = judge_pairs(list(pairs.values()), margin, cut_short=cut_short)
    for number, comparison in zip(pairs, comparisons, strict=True):
        # What a second worker would have to confirm stays open: the run did not ask one about this pair.
        if not comparison.needs_confirmation:
            found[number] = _inverted(comparison.verdict, comparison.low, comparison.high) or _Found()
    return found


def _ranked(name: str | None, point: PointResult) -> StrategyResult | None:
    found = (strategy for strategy in point.strategies if strategy.name == name)
    return next((one for one in found if one.verdict not in _UNRANKED and not one.demonstration), None)


def _judged_by_the_run(one: StrategyResult, other: StrategyResult) -> _Found | None:
    """The run's own verdict of `one` against `other`, so that a claim never contradicts the table.

    There is one where either is the baseline or the fastest of their kind; else None.
    """
    alike = one.returns == other.returns
    if other.baseline:
        return _inverted(one.verdict, one.ratio_low, one.ratio_high)
    if one.baseline:
        return _turned(other.verdict, other.ratio_low, other.ratio_high)
    if alike and _is_fastest(one):
        return _turned(other.behind_verdict, other.behind_low, other.behind_high)
    if alike and _is_fastest(other):
        return _inverted(one.behind_verdict, one.behind_low, one.behind_high)
    return None


def _turned(verdict: Verdict | None, low: float | None, high: float | None) -> _Found | None:
    """What the one is that another was judged against, and by how much the other takes longer."""
    outcome = None if verdict is None else _OPPOSITE.get(verdict)
    return None if outcome is None else _Found(outcome, low, high)


def _inverted(verdict: Verdict | None, low: float | None, high: float | None) -> _Found | None:
    """What the one is that was judged, the interval being that of its time over the other's."""
    turned = _turned(verdict, low, high)
    if turned is None:
        return None
    return _Found(_OPPOSITE[turned.outcome], high and 1 / high, low and 1 / low)


def _is_fastest(strategy: StrategyResult) -> bool:
    """Whether it is the fastest of its kind, which is behind nobody and has no verdict on that."""
    return strategy.behind is not None and strategy.behind_verdict is None


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
