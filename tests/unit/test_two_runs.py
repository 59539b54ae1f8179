"""What two runs say of a time: an interval that holds, and hardly ever a verdict."""

from __future__ import annotations

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import quantile_test

from bench.regressions.two_runs import TimeChange, _median_of_others, ratio_interval, time_change, time_verdict

samples = st.lists(st.integers(1, 10**9), min_size=7, max_size=59)


@given(samples, samples)
def test_the_bounds_are_quotients_of_exact_ones(base: list[int], new: list[int]) -> None:
    """Each median lies in scipy's exact interval of 97.5 %, and the ratio between the quotients of their bounds."""
    before, after = (quantile_test(values, p=0.5).confidence_interval(0.975) for values in (base, new))

    assert (after.low / before.high, after.high / before.low) == ratio_interval(base, new)


@pytest.mark.parametrize("draw", ["normal", "heavy", "skewed"])
def test_the_interval_holds_the_true_ratio(draw: str) -> None:
    """Of 2,000 pairs of runs whose true medians are 1 and 1.3, at least 95 % of the intervals hold 1.3."""
    random = Random(f"two runs {draw}")

    def value(middle: float) -> int:
        if draw == "normal":
            return round(1e6 * random.gauss(middle, 0.1))
        if draw == "heavy":
            return round(1e6 * middle * (1 + 0.05 * random.gauss(0, 1) / max(abs(random.gauss(0, 1)), 0.3)))
        return round(1e6 * middle * random.lognormvariate(0, 0.4))

    held = 0
    for _ in range(2000):
        bounds = ratio_interval([value(1.0) for _ in range(31)], [value(1.3) for _ in range(43)])
        assert bounds is not None
        held += bounds[0] <= 1.3 <= bounds[1]

    assert held >= 1900


def test_rounds_that_hang_together_widen_the_interval() -> None:
    """Where a round is like the one before it, fewer values count: the interval is wider than that of them shuffled."""
    random, drifting = Random("drift"), [1e6]
    while len(drifting) < 300:
        drifting.append(1e6 + 0.7 * (drifting[-1] - 1e6) + random.gauss(0, 1e4))
    series = [round(value) for value in drifting]
    shuffled = random.sample(series, len(series))

    wide, narrow = ratio_interval(series, series), ratio_interval(shuffled, shuffled)

    assert wide is not None
    assert narrow is not None
    assert wide[1] - wide[0] > narrow[1] - narrow[0]


def test_too_few_samples_have_no_interval() -> None:
    """Six samples cannot hold a median with 97.5 %, seven can; a single one still has a ratio."""
    assert ratio_interval([5] * 6, [5] * 7) is None
    assert (1.0, 1.0) == ratio_interval([5] * 7, [5] * 7)
    assert TimeChange(2.0, 3.0, 1.5) == time_change([2_000_000], [3_000_000])


def test_no_samples_have_no_ratio() -> None:
    """Where one of the runs only counted, or took no time at all, there is nothing to compare."""
    assert time_change([], [1]) is None
    assert time_change([1], []) is None
    assert time_change([0, 0], [1, 1]) is None


@pytest.mark.parametrize(
    ("low", "ratio", "high", "verdict"),
    [
        (1.6, 2.0, 2.5, "slower"),
        (1.4, 2.0, 2.5, "inconclusive"),
        (0.95, 1.0, 1.05, "inconclusive"),
        (0.4, 0.5, 0.6, "faster"),
        (0.4, 0.5, 0.7, "inconclusive"),
        (None, 9.0, None, "inconclusive"),
    ],
)
def test_only_what_no_two_runs_differ_by_has_a_verdict(
    low: float | None, ratio: float, high: float | None, verdict: str
) -> None:
    """The whole interval must be beyond 1.5×: two runs of the same code differ by a fifth, and more now and then."""
    assert verdict == time_verdict(TimeChange(1.0, ratio, ratio, low, high), sorted([1.0, 1.0, ratio]))


def test_where_all_strategies_moved_it_was_the_machine() -> None:
    """A strategy that takes three times as long as before is not slower where the others do as well."""
    change = TimeChange(1.0, 3.0, 3.0, 2.5, 3.5)

    assert "inconclusive" == time_verdict(change, [2.8, 3.0, 3.1])
    assert "slower" == time_verdict(change, [0.9, 1.0, 3.0])
    assert "slower" == time_verdict(change, [3.0])
    assert "inconclusive" == time_verdict(TimeChange(3.0, 1.0, 0.33, 0.3, 0.4), [0.32, 0.33, 0.34])


@given(st.lists(st.floats(0.1, 10), min_size=2), st.data())
def test_the_median_of_the_others_leaves_one_out(values: list[float], data: st.DataObject) -> None:
    """It is the median of all values but one, whichever that is."""
    one = data.draw(st.sampled_from(values))
    others = values.copy()
    others.remove(one)

    assert median(others) == _median_of_others(sorted(values), one)
