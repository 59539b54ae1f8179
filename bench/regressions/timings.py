"""Whether a strategy takes longer in one revision than in another, judged by launches.

What is estimated is the mean of the launches' median log-ratios, and its interval is Student's over these medians: both
what a launch has of its own and what its rounds leave uncertain is in what they differ by. That is exact for normal
medians; with the heavy tails of timings, its 95 % leave the true value out in 3.4 to 5.6 % of simulated comparisons of
8 or 16 launches. A bootstrap of launches and of the rounds within counts the noise of rounds twice (Davison and Hinkley
1997, Bootstrap Methods and their Application, 3.8), and left it out in none of 400.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from bench.statistics import holm, median, student_t_cdf, student_t_quantile

TimingVerdict = Literal["slower", "faster", "same", "inconclusive"]

SCREEN_CONFIDENCE = 0.90
"""One-sided, of the screen: who is suspected wrongly is looked at again, and who is not suspected is never."""
CONFIDENCE = 0.99
"""One-sided, of what is called slower or faster, by Holm over all that are judged; two-sided, of the null arm."""
LOOKS = (4, 8, 16)
"""After how many launches what is suspected is looked at, and after the last in any case. A verdict may come at the
first that allows one, so each has its share of the level, by Bonferroni: the shares add up, whatever the looks have in
common.
"""
PRECISION = 0.25
"""The share of a threshold that a launch's median is to be known to, as a standard error: what is left of the noise of
rounds then matters little beside what launches differ by, and more of them say more than longer ones.
"""
SHOWN_CONFIDENCE = 0.95
"""Two-sided, of the intervals that are shown, and of `same`."""


@dataclass(frozen=True)
class Launch:
    """What one launch has seen of a strategy: for each round the log-ratio of the head to the base, and of the base's
    second process to its first; and the medians of base and head in milliseconds.
    """

    head: Sequence[float]
    again: Sequence[float]
    base_ms: float
    head_ms: float


@dataclass(frozen=True)
class Estimate:
    """A log-ratio, the mean of so many launches' medians, and the standard error of that."""

    value: float
    error: float
    launches: int

    def bound(self, tail: float) -> float:
        """The value that the true one is below with a probability of `tail`."""
        return self.value + student_t_quantile(tail, self.launches - 1) * self.error

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval."""
        tail = (1 - confidence) / 2
        return self.bound(tail), self.bound(1 - tail)

    def p_above_zero(self) -> float:
        """The one-sided p-value of a true value that is not above 0."""
        return 1 - self._below_zero()

    def p_below_zero(self) -> float:
        """The one-sided p-value of a true value that is not below 0."""
        return self._below_zero()

    def _below_zero(self) -> float:
        """P(T <= t) of the value over its error."""
        if self.error == 0:
            return 0.5 if self.value == 0 else float(self.value > 0)
        return student_t_cdf(self.value / self.error, self.launches - 1)


@dataclass(frozen=True)
class Timed:
    """A strategy's launches, estimated: head against base, and the null arm, base against base."""

    head: Estimate
    null: Estimate

    def null_is_off(self, threshold: float) -> bool:
        """Whether the base differs from itself, so that nothing can be said: the null arm's 99 % interval excludes 0,
        and its estimate is beyond half the threshold.
        """
        low, high = self.null.interval(CONFIDENCE)
        return (low > 0 or high < 0) and abs(self.null.value) > math.log1p(threshold) / 2


def estimate(launches: Sequence[Sequence[float]]) -> Estimate:
    """The mean of the medians of launches, with its standard error.

    Raises:
        ValueError: There are fewer than two launches, or one without rounds.
    """
    medians = [median(launch) for launch in launches]
    if len(medians) < 2:
        raise ValueError("it takes two launches or more to see what they differ by")
    return Estimate(fmean(medians), stdev(medians) / math.sqrt(len(medians)), len(medians))


def timed(launches: Sequence[Launch]) -> Timed:
    """Estimate head and null arm of a strategy's launches, two or more."""
    return Timed(estimate([launch.head for launch in launches]), estimate([launch.again for launch in launches]))


def is_suspected(one: Timed, threshold: float) -> bool:
    """Whether a screen gives reason for fresh launches: the 90 % lower bound is above 0, and the estimate beyond half
    the threshold.
    """
    return one.head.bound(1 - SCREEN_CONFIDENCE) > 0 and one.head.value > math.log1p(threshold) / 2


def is_plain(one: Timed, threshold: float, tests: int) -> bool:
    """Whether launches call a strategy slower, whatever others and later looks say: by Bonferroni over so many tests.

    By this a confirmation ends at one of its looks, with `tests` the looks times the strategies that are judged, and a
    screen at the first, for what is suspected by it is judged by fresh launches.
    """
    significant = one.head.p_above_zero() * tests <= 1 - CONFIDENCE
    return significant and one.head.value > math.log1p(threshold) and not one.null_is_off(threshold)


def judge(timings: Mapping[str, Timed], threshold: float, looks: int = 1) -> dict[str, TimingVerdict]:
    """The verdict on each strategy by launches that nobody was chosen by, which were looked at so many times.

    Slower or faster where the estimate is beyond the threshold and, by Holm over all at 99 %, on that side of 0;
    same where the 95 % interval lies within the threshold; else inconclusive, as where the null arm is off.
    """
    beyond, alpha = math.log1p(threshold), 1 - CONFIDENCE
    slower = holm({name: one.head.p_above_zero() * looks for name, one in timings.items()}, alpha)
    faster = holm({name: one.head.p_below_zero() * looks for name, one in timings.items()}, alpha)
    verdicts: dict[str, TimingVerdict] = {}
    for name, one in timings.items():
        low, high = one.head.interval(SHOWN_CONFIDENCE)
        if one.null_is_off(threshold):
            verdicts[name] = "inconclusive"
        elif name in slower and one.head.value > beyond:
            verdicts[name] = "slower"
        elif name in faster and one.head.value < -beyond:
            verdicts[name] = "faster"
        else:
            verdicts[name] = "same" if -beyond < low and high < beyond else "inconclusive"
    return verdicts
