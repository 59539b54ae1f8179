"""Two strategies at a point: by how much one is slower than the other, how sure that is, and the verdict on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Literal

from bench.scenario import Kind
from bench.statistics import (
    Interval,
    dependence,
    effective_number,
    holm_bound,
    median,
    median_interval,
    percentile,
    separation_test,
    sign_test,
)

Verdict = Literal["faster", "slower", "same", "inconclusive"]

ALPHA: Final = 0.05
"""The error that sign tests hold over a family of them, and one interval for itself."""
ALPHA_CUT_SHORT: Final = 0.01
"""The error that sign tests hold where the budget ended the rounds: wide intervals pass the margin by chance more
often.
"""
SMALL: Final = 0.05
"""A difference below this share must hold in a second worker too: two processes differ by as much."""
SLOW_SAMPLES: Final = 3
"""How many samples a slow strategy has."""
MANY_SAMPLES: Final = 20
"""From how many samples on a strategy's highest ones are left out where a slow one is judged against it."""
SLOW_FACTOR: Final = 2
"""By how much all samples of a slow strategy must exceed those of another to be called slower."""

_DECIDED: Final = ("faster", "slower")


@dataclass(frozen=True)
class Sampled:
    """A strategy's samples at a point.

    Attributes:
        samples: Its value in nanoseconds for each round that it was sampled in, by the number of the round; above 0.
        slow: Whether a call is so long that it is sampled three times and no more.
    """

    name: str
    kind: Kind
    samples: Mapping[int, float]
    baseline: bool = False
    slow: bool = False


@dataclass(frozen=True)
class Comparison:
    """A strategy's time over a reference's, and what can be said of it.

    Attributes:
        rounds: How many rounds both were sampled in.
        ratio: The median of the ratios of the rounds, or the quotient of the medians where either is slow; None where
            there are no samples.
        low, high: Its 95 % interval; None where either is slow, or where there are fewer than 6 rounds.
        smallest_detectable: The smallest difference that this run could have seen, as a share, where it is
            inconclusive; None too where there is no interval to tell it from.
        autocorrelation: The lag-1 autocorrelation of signs, where it is so high that the interval allows for it.
        p_value: The exact sign test's, or where the two are apart that of their ranks, not corrected for the number of
            comparisons.
        confirmed: Whether a second worker has shown it too.
    """

    strategy: str
    reference: str
    rounds: int
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    smallest_detectable: float | None = None
    autocorrelation: float | None = None
    p_value: float | None = None
    confirmed: bool = False

    @property
    def needs_confirmation(self) -> bool:
        """Whether it must hold in a second worker to be believed: a verdict of faster or slower by less than 5 %."""
        decided = self.verdict in _DECIDED and not self.confirmed
        return decided and self.ratio is not None and abs(math.log(self.ratio)) < math.log1p(SMALL)


def fastest(samples: Mapping[str, Mapping[int, float]]) -> str | None:
    """The strategy that none is estimated to be faster than, by the rounds that both were sampled in.

    Medians over all rounds only start the search, for strategies may have been sampled in different ones. None where
    there are no samples.
    """
    sampled = {name: values for name, values in samples.items() if values}
    if not sampled:
        return None
    best = min(sampled, key=lambda name: median(list(sampled[name].values())))
    passed = {best}
    while True:
        against = {name: log_ratios(values, sampled[best]) for name, values in sampled.items() if name not in passed}
        leads = {name: median(ratios) for name, ratios in against.items() if ratios}
        ahead = min(leads, key=lambda name: leads[name], default=best)
        if leads.get(ahead, 0.0) >= 0:
            return best
        best = ahead
        passed.add(best)


def log_ratios(samples: Mapping[int, float], reference: Mapping[int, float]) -> list[float]:
    """The logarithm of the value over the reference's for each round that has both, in the order of the rounds."""
    return [math.log(samples[number] / reference[number]) for number in sorted(samples) if number in reference]


def are_apart(samples: Mapping[int, float], reference: Mapping[int, float]) -> bool:
    """Whether every sample of one exceeds every one of the other, in the rounds that both were sampled in."""
    common = samples.keys() & reference.keys()
    values, others = [samples[number] for number in common], [reference[number] for number in common]
    return bool(common) and (min(values) > max(others) or min(others) > max(values))


def honest_interval(ratios: Sequence[float]) -> tuple[Interval | None, float]:
    """The 95 % interval of the median of log-ratios in the order of rounds, and the autocorrelation it allows for."""
    autocorrelation = dependence(ratios)
    return median_interval(ratios, 1 - ALPHA, autocorrelation=autocorrelation), autocorrelation


def judge(pairs: Sequence[tuple[Sampled, Sampled]], margin: float, *, cut_short: bool = False) -> list[Comparison]:
    """A comparison for each pair, its verdict included; the pairs are the family that Holm's correction is made over.

    Args:
        pairs: Each strategy with its reference.
        margin: The difference up to which two are the same, as a logarithm.
        cut_short: Whether the budget ended the rounds before the intervals were as narrow as asked.
    """
    measured = [compared(*pair) for pair in pairs]
    return _judged(measured, (one.p_value for one in measured), margin, cut_short)


def judge_beside(
    reference: Sampled, strategies: Sequence[Sampled], margin: float, *, cut_short: bool = False
) -> list[Comparison]:
    """A comparison with the reference for each other strategy, as by `judge`; the family is every pair of them all.

    Of a thousand strategies there are half a million pairs: of those without the reference nothing is kept.
    """
    measured = [compared(one, reference) for one in strategies if one is not reference]
    family = (compared(*pair).p_value for pair in combinations(strategies, 2))
    return _judged(measured, family, margin, cut_short)


def compared(one: Sampled, other: Sampled) -> Comparison:
    """What the samples of two say without a verdict, which takes a family; two of which either is slow have theirs."""
    if one.slow or other.slow:
        return _compared_by_rule(one, other)
    ratios = log_ratios(one.samples, other.samples)
    interval, autocorrelation = honest_interval(ratios)
    if interval is None:
        ratio = math.exp(median(ratios)) if ratios else None
        return Comparison(one.name, other.name, len(ratios), ratio, None, None, "inconclusive")
    return Comparison(
        one.name,
        other.name,
        len(ratios),
        math.exp(interval.estimate),
        math.exp(interval.low),
        math.exp(interval.high),
        "inconclusive",
        autocorrelation=autocorrelation or None,
        p_value=_p_value(one, other, ratios, autocorrelation),
    )


def _p_value(one: Sampled, other: Sampled, ratios: Sequence[float], autocorrelation: float) -> float:
    """That of two whose ratios these are. Samples that are apart have all ratios on one side; by ranks, fewer of them
    do.
    """
    by_signs = sign_test(ratios, autocorrelation=autocorrelation)
    if not are_apart(one.samples, other.samples):
        return by_signs
    return min(by_signs, separation_test(effective_number(len(ratios), autocorrelation)))


def _judged(
    measured: Sequence[Comparison], family: Iterable[float | None], margin: float, cut_short: bool
) -> list[Comparison]:
    alpha = ALPHA_CUT_SHORT if cut_short else ALPHA
    bound = holm_bound((p_value for p_value in family if p_value is not None), alpha)
    return [_with_verdict(one, margin, bound) for one in measured]


def _with_verdict(comparison: Comparison, margin: float, bound: float | None) -> Comparison:
    """With the verdict that its interval and its sign test allow, where these hold up to the bound."""
    if comparison.ratio is None or comparison.low is None or comparison.high is None:
        return comparison
    estimate, low, high = (math.log(one) for one in (comparison.ratio, comparison.low, comparison.high))
    if -margin < low and high < margin:
        return replace(comparison, verdict="same")
    side = side_of(comparison)
    shown = bound is not None and comparison.p_value is not None and comparison.p_value <= bound
    if side is not None and shown and abs(estimate) > margin:
        return replace(comparison, verdict=side)
    return replace(comparison, smallest_detectable=math.expm1(max(high - estimate, estimate - low, margin)))


def _compared_by_rule(one: Sampled, other: Sampled) -> Comparison:
    values, others = list(one.samples.values()), list(other.samples.values())
    rounds = len(one.samples.keys() & other.samples.keys())
    ratio = median(values) / median(others) if values and others else None
    verdict: Verdict = "inconclusive"
    enough = min(len(values), len(others)) >= SLOW_SAMPLES
    if enough and min(values) > SLOW_FACTOR * _ceiling(others):
        verdict = "slower"
    elif enough and min(others) > SLOW_FACTOR * _ceiling(values):
        verdict = "faster"
    detectable = SLOW_FACTOR - 1.0 if enough and verdict == "inconclusive" else None
    return Comparison(one.name, other.name, rounds, ratio, None, None, verdict, smallest_detectable=detectable)


def _ceiling(values: Sequence[float]) -> float:
    """What hardly any sample exceeds: the largest of a few, the 95th percentile of many, among which one is disturbed.

    Three samples of an equal strategy would all exceed twice that percentile in fewer than one case in 8,000.
    """
    return percentile(values, 95) if len(values) >= MANY_SAMPLES else max(values)


def side_of(comparison: Comparison) -> Verdict | None:
    """The side of 1 that the interval wholly lies on."""
    if comparison.low is not None and comparison.low > 1:
        return "slower"
    return "faster" if comparison.high is not None and comparison.high < 1 else None
