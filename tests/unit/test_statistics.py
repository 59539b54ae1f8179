import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.statistics import (
    Interval,
    dependence,
    effective_number,
    fewest_for_separation,
    fewest_for_significance,
    half_width_by_quartiles,
    holm,
    lag1_autocorrelation,
    median,
    median_interval,
    percentile,
    separation_test,
    sign_test,
)

FLOATS = st.floats(-1e6, 1e6)


def test_percentile_interpolates_between_neighbours():
    """The 95th percentile of 1 to 5 lies four fifths of the way from 4 to 5."""
    assert 4.8 == pytest.approx(percentile([5, 1, 4, 2, 3], 95))


@given(st.lists(FLOATS, min_size=1), st.floats(0, 100))
def test_percentile_is_scipys(values, percent):
    """A percentile is the one that SciPy computes by its default method."""
    assert percentile(values, percent) == pytest.approx(stats.scoreatpercentile(values, percent), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 101), ([1.0], -1)])
def test_percentile_refuses_what_has_none(values, percent):
    """Without values, or outside 0 to 100, there is no percentile."""
    with pytest.raises(ValueError, match="percent"):
        percentile(values, percent)


def test_median_of_an_even_number_is_the_mean_of_the_middle_two():
    """The median of 1, 2, 3, 10 is 2.5."""
    assert median([10, 1, 3, 2]) == 2.5


def test_five_values_have_no_interval():
    """Five values cannot hold a median at 95 %: all lie on one side of it in 2 of 32 cases."""
    assert median_interval([1, 2, 3, 4, 5]) is None


def test_six_values_have_the_interval_from_the_least_to_the_greatest():
    """Six values hold the median between their extremes in 62 of 64 cases."""
    assert median_interval([6, 1, 5, 2, 4, 3]) == Interval(3.5, 1, 6)


@pytest.mark.parametrize("number", [6, 7, 30, 61, 220, 1000, 9999, 10_000])
def test_ranks_are_the_narrowest_that_hold_95_percent(number):
    """The interval's ranks are those of SciPy's binomial distribution: 95 % inside, and less if it were narrower."""
    interval = median_interval(range(1, number + 1))
    rank = round(interval.low)
    assert 2 * stats.binom.cdf(rank, number, 0.5) > 0.05
    assert 2 * stats.binom.cdf(rank - 1, number, 0.5) <= 0.05
    assert interval.low + interval.high == number + 1


@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_interval_at_another_confidence_is_scipys(confidence):
    """At another confidence the interval is that of SciPy's quantile test."""
    values = [Random(4).gauss(0, 1) for _ in range(75)]
    expected = stats.quantile_test(values, q=0, p=0.5).confidence_interval(confidence)
    interval = median_interval(values, confidence)
    assert (expected.low, expected.high) == (interval.low, interval.high)


@given(st.lists(FLOATS, min_size=6, max_size=80), st.floats(0, 0.9))
def test_interval_holds_its_estimate_and_negates_with_its_values(values, autocorrelation):
    """The estimate lies in the interval, and negated values have the negated interval."""
    interval = median_interval(values, autocorrelation=autocorrelation)
    mirrored = median_interval([-value for value in values], autocorrelation=autocorrelation)
    if interval is None:
        assert mirrored is None
    else:
        assert interval.low <= interval.estimate <= interval.high
        assert (mirrored.low, mirrored.high) == (-interval.high, -interval.low)


@pytest.mark.parametrize(("number", "runs"), [(6, 3000), (30, 2000), (220, 1000)])
def test_interval_covers_the_median_of_heavy_tails(number, runs):
    """Of values with Student's t at 2 degrees of freedom, the interval holds the median in at least 94 % of runs."""
    random = Random(number)
    held = 0
    for _ in range(runs):
        interval = median_interval([_student(random) for _ in range(number)])
        held += interval.low <= 0 <= interval.high
    assert held >= 0.94 * runs


@pytest.mark.parametrize("correlation", [0.5, 0.7])
def test_interval_of_an_autocorrelated_series_is_honest(correlation):
    """Where neighbours are alike the interval holds the median in 93 % of runs; not allowing for it, in under 86 %."""
    random = Random(11)
    honest = naive = 0
    for _ in range(400):
        series = _autoregressive(random, 220, correlation)
        wide = median_interval(series, autocorrelation=dependence(series))
        narrow = median_interval(series)
        honest += wide.low <= 0 <= wide.high
        naive += narrow.low <= 0 <= narrow.high
    assert honest >= 0.93 * 400
    assert naive < 0.86 * 400


def test_sign_test_of_an_autocorrelated_series_keeps_its_error():
    """Where neighbours are alike the sign test rejects a true median in at most 7 % of runs; not allowing, in 20 %."""
    random = Random(12)
    honest = naive = 0
    for _ in range(400):
        series = _autoregressive(random, 220, 0.7)
        honest += sign_test(series, autocorrelation=dependence(series)) <= 0.05
        naive += sign_test(series) <= 0.05
    assert honest <= 0.07 * 400
    assert naive > 0.2 * 400


def test_sign_test_of_six_alike():
    """Six values above 0 have a p-value of 2 in 64."""
    assert sign_test([1, 2, 3, 4, 5, 6]) == 2 / 64


@given(st.lists(st.integers(-3, 3), max_size=300))
def test_sign_test_is_scipys_exact_one(values):
    """The p-value is that of SciPy's binomial test on the values that are not 0."""
    above, below = sum(value > 0 for value in values), sum(value < 0 for value in values)
    expected = stats.binomtest(above, above + below).pvalue if above + below else 1.0
    assert sign_test(values) == pytest.approx(expected, rel=1e-9)


def test_sign_test_of_fewer_effective_values_rounds_against_itself():
    """With 61 above, 39 below, and 100 values worth 43, the rarer sign counts as 17: 39 * 43 / 100 rounded up."""
    expected = stats.binomtest(17, 43).pvalue
    assert sign_test([1] * 61 + [-1] * 39, autocorrelation=1 / 3) == pytest.approx(expected)


@pytest.mark.parametrize(("above", "below"), [(5200, 4800), (10_000, 0), (5000, 5000), (4000, 6000)])
def test_sign_test_of_ten_thousand_is_scipys(above, below):
    """The p-value is SciPy's for ten thousand values too, down to what a float can hold."""
    expected = stats.binomtest(above, above + below).pvalue
    assert sign_test([1] * above + [-1] * below) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_holm_rejects_step_by_step():
    """Of 0.01, 0.02, 0.03 at 5 % all are rejected, for the second needs 0.025 and the third 0.05."""
    assert holm({"a": 0.03, "b": 0.01, "c": 0.02}, 0.05) == {"a", "b", "c"}


def test_holm_stops_at_the_first_that_is_too_large():
    """Once a p-value is too large for its step, the larger ones stand too, though 0.04 is under 5 %."""
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}, 0.05) == {"b"}


@given(st.dictionaries(st.integers(), st.floats(0, 1)), st.floats(0.001, 0.5))
def test_holm_lies_between_bonferroni_and_no_correction(p_values, alpha):
    """Holm rejects all that Bonferroni does, and nothing that is above alpha by itself."""
    rejected = holm(p_values, alpha)
    assert {key for key, p in p_values.items() if p <= alpha / len(p_values)} <= rejected
    assert rejected <= {key for key, p in p_values.items() if p <= alpha}


@given(st.lists(st.sampled_from([0.0, 1e-6, 0.001, 0.01, 0.02, 0.05, 0.5, 1.0]), max_size=60), st.floats(0.001, 0.5))
def test_holm_takes_equal_p_values_alike(p_values, alpha):
    """Of hypotheses in ascending order each is rejected that, like all before it, is within alpha over those left."""
    left = len(p_values)
    expected = {key for key, p in enumerate(sorted(p_values)) if all_within(sorted(p_values)[: key + 1], alpha, left)}
    assert expected == holm(dict(enumerate(sorted(p_values))), alpha)


def all_within(p_values, alpha, tests):
    """Whether the first of so many tests are each within alpha, over those from it on."""
    return all(p <= alpha / (tests - number) for number, p in enumerate(p_values))


def test_autocorrelation_of_runs_and_of_alternation():
    """Two runs of four have neighbours alike in 6 of 7 places, (6 - 1) / 8; an alternation of eight, -7 / 8."""
    assert lag1_autocorrelation([1, 1, 1, 1, 2, 2, 2, 2]) == 5 / 8
    assert lag1_autocorrelation([1, 2, 1, 2, 1, 2, 1, 2]) == -7 / 8


def test_autocorrelation_of_a_constant_is_none():
    """Values that are all equal have no signs to correlate."""
    assert lag1_autocorrelation([3, 3, 3]) == 0


def test_dependence_is_only_believed_from_sixty_values_on():
    """The same pattern is ignored in 56 values and allowed for in 64."""
    pattern = [1, 1, 1, 1, 2, 2, 2, 2]
    assert dependence(pattern * 7) == 0
    assert dependence(pattern * 8) == pytest.approx(33 / 64)


def test_alternation_is_no_reason_to_count_less():
    """A series whose neighbours differ counts in full."""
    assert dependence([1, 2] * 50) == 0
    assert effective_number(100, -0.9) == 100


def test_effective_number_is_that_of_an_autoregression():
    """At a correlation of 0.5, signs correlate by 1/3, and 1000 values say as much about their median as 433."""
    lags = [math.asin(0.5**lag) * 2 / math.pi for lag in range(1, 60)]
    assert effective_number(1000, 1 / 3) == int(1000 / (1 + 2 * sum(lags))) == 433


@pytest.mark.parametrize("tests", [1, 2, 8, 36, 66])
def test_fewest_values_for_significance(tests):
    """So many values of one sign pass Holm's first step, and one less does not."""
    fewest = fewest_for_significance(tests, 0.05)
    assert sign_test([1] * fewest) <= 0.05 / tests < sign_test([1] * (fewest - 1))


@pytest.mark.parametrize("number", [1, 2, 6, 12])
def test_separation_has_the_p_value_of_the_rank_sum_test(number):
    """Values that all lie above as many others have the exact two-sided p-value of Wilcoxon's test, as scipy says."""
    expected = stats.mannwhitneyu([*range(number)], [*range(number, 2 * number)], method="exact").pvalue
    assert min(1.0, separation_test(number)) == pytest.approx(expected)


@given(st.lists(st.floats(0, 3), min_size=2, max_size=8))
def test_a_drift_that_both_share_makes_separation_rarer(drift):
    """Normal values beside others of the same distribution, each pair with a mean of its own, are apart less often than
    ranks say: integrated numerically.
    """
    grid = np.linspace(-6, 9, 6001)
    below = stats.norm.cdf(grid[:, None] - np.array(drift))
    all_below = below.prod(axis=1)
    all_above = (1 - below).prod(axis=1)
    apart = 2 * float(np.sum((all_above[1:] + all_above[:-1]) / 2 * np.diff(all_below)))
    assert apart <= separation_test(len(drift)) * (1 + 1e-3)


@pytest.mark.parametrize("tests", [1, 2, 8, 36, 66])
def test_fewest_values_for_separation(tests):
    """So many values on either side pass Holm's first step by their ranks, and one less does not."""
    fewest = fewest_for_separation(tests, 0.01)
    assert separation_test(fewest) <= 0.01 / tests < separation_test(fewest - 1)


def test_half_width_by_quartiles_of_a_normal_sample():
    """With quartiles at 0.6745 to either side of 0, 100 values have a half-width of 1.2533 * 1.96 / 10."""
    quartile = stats.norm.ppf(0.75)
    values = [-quartile] * 40 + [quartile] * 40 + [9] * 10 + [-9] * 10
    assert half_width_by_quartiles(values) == pytest.approx(1.2533 * 1.96 / 10, rel=1e-4)


def _student(random):
    return random.gauss(0, 1) / math.sqrt(random.expovariate(1))


def _autoregressive(random, number, correlation):
    value, series = random.gauss(0, 1) / math.sqrt(1 - correlation**2), []
    for _ in range(number):
        value = correlation * value + random.gauss(0, 1)
        series.append(value)
    return series
