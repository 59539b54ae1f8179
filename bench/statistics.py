"""The arithmetic of verdicts: medians with exact intervals, sign tests, Holm's correction, autocorrelation.

Nothing here assumes a shape for the noise: order statistics and signs hold under the heavy tails that timings have.
What they assume is that values are independent of each other, so each takes the `autocorrelation` of a series where
they are not, and then answers for fewer values.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

AUTOCORRELATED_ABOVE = 0.2
"""The lag-1 autocorrelation of signs from which a series is no longer taken for independent."""
AUTOCORRELATED_FROM = 60
"""The number of values from which that autocorrelation is known well enough to be acted on."""


@dataclass(frozen=True)
class Interval:
    """A median with its confidence interval, in the unit of the values."""

    estimate: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two middle ones.

    Raises:
        ValueError: There are no values.
    """
    return percentile(values, 50)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values lie below, interpolated linearly (Hyndman and Fan's type 7).

    Raises:
        ValueError: There are no values, or `percent` is not from 0 to 100.
    """
    if not values:
        raise ValueError("no values, so no percentile")
    if not 0 <= percent <= 100:
        raise ValueError(f"percent must be from 0 to 100, not {percent}")
    return _percentile_of_sorted(sorted(values), percent)


def median_interval(
    values: Sequence[float], confidence: float = 0.95, *, autocorrelation: float = 0.0
) -> Interval | None:
    """The median, between the two order statistics that hold the true one with at least `confidence`.

    Exact for independent values of any continuous distribution, for the number of values below the true median is
    binomial(n, 1/2) (Conover, Practical Nonparametric Statistics, 3.2). With `autocorrelation` the ranks are those of
    `effective_number` values, carried over to all of them by their place in the order. None where there are too few
    values for that confidence: under 6 for 95 %.
    """
    counted = effective_number(len(values), autocorrelation)
    rank = _lower_rank(counted, confidence)
    if rank < 1:
        return None
    if counted != len(values):
        rank = max(1, rank * (len(values) + 1) // (counted + 1))
    ordered = sorted(values)
    return Interval(_percentile_of_sorted(ordered, 50), ordered[rank - 1], ordered[-rank])


def median_error(values: Sequence[float]) -> float:
    """The standard error of a median, by the spread around it that half of the values are within.

    Exact for many normal values: 1.253 standard deviations over the root of their number, each 1.483 times the median
    absolute deviation (Huber 1981, Robust Statistics, 5.1).
    """
    middle = median(values)
    deviation = 1.4826 * median([abs(one - middle) for one in values])
    return math.sqrt(math.pi / 2) * deviation / math.sqrt(len(values))


def half_width_by_quartiles(
    values: Sequence[float], confidence: float = 0.95, *, autocorrelation: float = 0.0
) -> float:
    """The half-width to expect of `median_interval`, were the values as spread about the median as their quartiles say.

    It is the asymptotic one of a normal distribution, sqrt(pi / 2) z sigma / sqrt(n) with sigma from the quartiles. The
    interval itself rests on a few values beside the median: who stops as soon as it is narrow stops where these happen
    to lie close together, and its 95 % hold the median in 93.5 % (simulated). The quartiles vary far less.
    """
    counted = effective_number(len(values), autocorrelation)
    if counted < 1:
        return math.inf
    ordered = sorted(values)
    sigma = (_percentile_of_sorted(ordered, 75) - _percentile_of_sorted(ordered, 25)) / (2 * NormalDist().inv_cdf(0.75))
    return math.sqrt(math.pi / 2) * NormalDist().inv_cdf((1 + confidence) / 2) * sigma / math.sqrt(counted)


def sign_test(values: Sequence[float], *, autocorrelation: float = 0.0) -> float:
    """The exact two-sided p-value of a median of 0, by the signs of the values; zeros are left out.

    With `autocorrelation`, the same share of signs is judged as that of `effective_number` values, the rarer sign
    rounded up.
    """
    above = sum(value > 0 for value in values)
    below = sum(value < 0 for value in values)
    signs, rarer = above + below, min(above, below)
    counted = effective_number(signs, autocorrelation)
    if counted != signs:
        rarer = -(-rarer * counted // signs)
    return min(1.0, 2 * _binomial_tail(counted, rarer))


def holm(p_values: Mapping[Key, float], alpha: float) -> set[Key]:
    """The hypotheses rejected at a family-wise error of `alpha`, by Holm's step-down procedure (Holm 1979)."""
    bound = holm_bound(p_values.values(), alpha)
    return {key for key, p_value in p_values.items() if bound is not None and p_value <= bound}


def holm_bound(p_values: Iterable[float], alpha: float) -> float | None:
    """The largest p-value that `holm` rejects, as it does all below; None where it rejects none.

    It keeps each value once, however many hypotheses share it: of half a million sign tests that is a few hundred.
    """
    family = Counter(p_values)
    left = family.total()
    bound = None
    for p_value in sorted(family):
        if p_value > alpha / left:
            break
        bound = p_value
        left -= family[p_value]
    return bound


def lag1_autocorrelation(values: Sequence[float]) -> float:
    """The lag-1 autocorrelation of the signs of (value - median), -1 to 1; 0 where all values are equal."""
    middle = median(values)
    signs = [(value > middle) - (value < middle) for value in values]
    varied = sum(sign * sign for sign in signs)
    return sum(one * next_one for one, next_one in pairwise(signs)) / varied if varied else 0.0


def dependence(values: Sequence[float]) -> float:
    """The autocorrelation that answers about this series must allow for, the values given in the order of measuring.

    It is 0 unless it is above `AUTOCORRELATED_ABOVE` in at least `AUTOCORRELATED_FROM` values.
    """
    if len(values) < AUTOCORRELATED_FROM:
        return 0.0
    found = lag1_autocorrelation(values)
    return found if found > AUTOCORRELATED_ABOVE else 0.0


def effective_number(number: int, autocorrelation: float) -> int:
    """How many independent values say as much about a median as so many with that lag-1 autocorrelation of signs.

    The series is taken for a Gaussian AR(1): signs correlated by `rho` at lag 1 belong to values correlated by
    phi = sin(pi rho / 2), and these have signs correlated by (2 / pi) asin(phi^k) at lag k. What these add up to over
    all lags is what the variance of the share of signs grows by. The better known n (1 - rho) / (1 + rho) takes the
    signs for a Markov chain, which they are not: at phi = 0.85 its 95 % intervals hold the median in 85 %.
    """
    if autocorrelation <= 0:
        return number
    return int(number / _variance_inflation(min(autocorrelation, 0.999)))


def fewest_for_significance(tests: int, alpha: float) -> int:
    """The fewest values, all of one sign, that a sign test rejects at `alpha` by Holm over so many tests."""
    return math.ceil(1 + math.log2(max(1, tests) / alpha))


def separation_test(number: int) -> float:
    """The two-sided p-value of so many values that all lie on one side of as many others, each measured beside one.

    It is the smallest p-value of Wilcoxon's rank-sum test, exact where all values come from one distribution: each
    choice of places in the order is as likely then (Wilcoxon 1945). Where the two of a pair come from one distribution,
    but each pair from another, as on a machine whose speed changes, it is less: with the shares p of these
    distributions below v, all others lie below v with the product of p, all values above it with the product of 1 - p.
    As log(1 - exp(x)) is concave that is at most (1 - g)^n, g being the geometric mean of p, and the integral of
    (1 - g)^n over g^n is what it is for one distribution.
    """
    return 2 / math.comb(2 * number, number)


def fewest_for_separation(tests: int, alpha: float) -> int:
    """The fewest values on either side that a `separation_test` rejects at `alpha` by Holm over so many tests."""
    number = 1
    while separation_test(number) > alpha / max(1, tests):
        number += 1
    return number


def student_t_cdf(value: float, degrees: int) -> float:
    """P(T <= value) for Student's t with whole `degrees` of freedom, 1 or more: the finite sums over powers of a cosine
    (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    angle = math.atan(value / math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    if degrees % 2:
        term, total = cosine, cosine if degrees > 1 else 0.0
        for power in range(3, degrees - 1, 2):
            term *= cosine * cosine * (power - 1) / power
            total += term
        inside = 2 / math.pi * (angle + sine * total)
    else:
        term, total = 1.0, 1.0
        for power in range(2, degrees - 1, 2):
            term *= cosine * cosine * (power - 1) / power
            total += term
        inside = sine * total
    return (1 + inside) / 2


def student_t_quantile(probability: float, degrees: int) -> float:
    """The value that Student's t is below with that probability, by halving, to nine digits.

    Raises:
        ValueError: The probability is not between 0 and 1.
    """
    if not 0 < probability < 1:
        raise ValueError(f"a quantile's probability is between 0 and 1, not {probability}")
    high = 1.0
    while student_t_cdf(high, degrees) < max(probability, 1 - probability):
        high *= 2
    low = -high
    while high - low > 1e-9 * max(1.0, abs(high)):
        middle = (low + high) / 2
        low, high = (middle, high) if student_t_cdf(middle, degrees) < probability else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def _variance_inflation(sign_correlation: float) -> float:
    correlation = math.sin(math.pi * sign_correlation / 2)
    total, power = 0.0, correlation
    while power > 1e-6:
        total += math.asin(power)
        power *= correlation
    return 1 + 4 / math.pi * total


@lru_cache(maxsize=4096)
def _lower_rank(number: int, confidence: float) -> int:
    """The largest r, counted from 1, such that both tails beyond the r-th values hold at most 1 - confidence; or 0."""
    low, high = 0, number // 2
    while low < high:
        middle = (low + high + 1) // 2
        if 2 * _binomial_tail(number, middle - 1) <= 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low


@lru_cache(maxsize=65536)
def _binomial_tail(number: int, successes: int) -> float:
    """P(X <= successes) for X of binomial(number, 1/2): the largest term exactly, the others by their ratios to it."""
    if successes < 0:
        return 0.0
    if 2 * successes >= number:
        return 1 - _binomial_tail(number, number - successes - 1)
    term = math.comb(number, successes) / (1 << number)
    total = term
    while successes > 0 and term > total * 1e-17:
        term *= successes / (number - successes + 1)
        successes -= 1
        total += term
    return total


def _percentile_of_sorted(ordered: Sequence[float], percent: float) -> float:
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
