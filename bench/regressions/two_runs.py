"""What the samples of two runs say of a strategy's time: the ratio of their medians, and how little that is worth."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.statistics import dependence, median, median_interval

CONFIDENCE = 0.95
"""How surely an interval holds the ratio of the two runs' true medians."""

BETWEEN_RUNS = 1.5
"""The factor from which on two runs differ by more than runs of the same code do: two such runs, one after the other,
had medians that differed by a factor with a standard deviation of 8 to 21 %, and this is twice the larger.
"""

TimeVerdict = Literal["faster", "slower", "inconclusive"]


@dataclass(frozen=True)
class TimeChange:
    """The medians of a strategy's samples in two runs, in milliseconds, and the second over the first.

    `low` and `high` bound `ratio` with 95 % for what varies inside the runs, not between them; None where one of the
    runs has too few samples. `verdict` is None where the two were not measured alike, or the machine was busy.
    """

    before_ms: float
    after_ms: float
    ratio: float
    low: float | None = None
    high: float | None = None
    verdict: TimeVerdict | None = None


def time_change(base: Sequence[int], new: Sequence[int]) -> TimeChange | None:
    """What two runs say of a strategy's time, without a verdict.

    Args:
        base: The values of its rounds in nanoseconds, in the order of measuring.
        new: The same of the other run.

    Returns:
        None where one of the two has no samples, or a median of 0.
    """
    if not base or not new or median(base) <= 0 or median(new) <= 0:
        return None
    low, high = ratio_interval(base, new) or (None, None)
    return TimeChange(median(base) / 1e6, median(new) / 1e6, median(new) / median(base), low, high)


def ratio_interval(base: Sequence[int], new: Sequence[int]) -> tuple[float, float] | None:
    """An interval that holds the median of `new` over that of `base` with 95 % at least, whatever the distributions.

    Each median lies between two of its order statistics with 97.5 % (the exact interval of `median_interval`, which
    allows for the dependence of rounds on each other), so that both do at once with 95 % (Bonferroni's inequality), and
    then the ratio is between the quotients of the bounds. The runs are independent of each other, so nothing is paired.

    Returns:
        None where one has too few samples: under 7.
    """
    each = 1 - (1 - CONFIDENCE) / 2
    before = median_interval(base, each, autocorrelation=dependence(base))
    after = median_interval(new, each, autocorrelation=dependence(new))
    if before is None or after is None or before.low <= 0:
        return None
    return after.low / before.high, after.high / before.low


def time_verdict(change: TimeChange, ratios: Sequence[float]) -> TimeVerdict:
    """Slower or faster only where the whole interval is beyond what two runs of the same code differ by, and beyond
    that from what the other strategies did: where all moved alike, it was the machine, or something that they share.

    Args:
        change: Of a strategy.
        ratios: Those of all strategies that were compared, this one among them, in ascending order.
    """
    drift = _median_of_others(ratios, change.ratio)
    if change.low is not None and change.low > BETWEEN_RUNS * max(1.0, drift):
        return "slower"
    if change.high is not None and change.high * BETWEEN_RUNS < min(1.0, drift):
        return "faster"
    return "inconclusive"


def _median_of_others(ordered: Sequence[float], one: float) -> float:
    """The median without one of the values; 1 where there are no others."""
    if len(ordered) < 2:
        return 1.0
    place, middle = bisect_left(ordered, one), (len(ordered) - 1) // 2
    above, below = middle + (place <= middle), middle - 1 + (place <= middle - 1)
    return ordered[above] if len(ordered) % 2 == 0 else (ordered[above] + ordered[below]) / 2
