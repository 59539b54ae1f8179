"""Verdicts by launches: what is estimated, when it is suspected, and what is said of it."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from bench.regressions.timings import LOOKS, Estimate, Launch, Timed, estimate, is_plain, is_suspected, judge, timed
from bench.statistics import student_t_cdf, student_t_quantile

THRESHOLD = 0.05


def launches(number: int, change: float, seed: int, *, null: float = 0.0, noise: float = 0.1) -> list[Launch]:
    """Launches of 40 rounds whose head takes e^change times as long; a launch has half a per cent of its own."""
    random = Random(seed)

    def rounds(middle: float) -> list[float]:
        own = random.gauss(middle, 0.005)
        return [own + random.gauss(0, noise) for _ in range(40)]

    return [Launch(rounds(change), rounds(null), 10.0, 10.0) for _ in range(number)]


def verdict(change: float, *, null: float = 0.0, number: int = 16) -> str:
    """The verdict on one strategy alone."""
    return judge({"one": timed(launches(number, change, seed=7, null=null, noise=0.02))}, THRESHOLD)["one"]


def test_what_is_estimated_is_the_mean_of_the_medians_of_launches() -> None:
    """Three launches with medians 1, 2 and 6 give 3, with the standard error of these three numbers."""
    found = estimate([[1.0], [0.0, 2.0, 9.0], [5.0, 7.0]])

    assert Estimate(3.0, math.sqrt(7.0 / 3), 3) == found


def test_one_launch_says_nothing() -> None:
    """From one launch nobody knows what launches differ by."""
    with pytest.raises(ValueError, match="two launches"):
        estimate([[0.1, 0.2]])


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.floats(0.5, 0.999))
def test_the_interval_is_that_of_a_t_test_of_the_medians(medians: list[float], confidence: float) -> None:
    """Bounds agree with scipy's interval of Student's t for the mean of the same numbers."""
    found = estimate([[one] for one in medians])
    if found.error > 1e-9:
        expected = stats.t.interval(confidence, len(medians) - 1, loc=found.value, scale=found.error)
        assert pytest.approx(expected, rel=1e-6, abs=1e-9) == found.interval(confidence)


@given(st.floats(-60, 60), st.integers(1, 80))
def test_student_s_t_is_scipy_s(value: float, degrees: int) -> None:
    """The finite sums for the distribution are what scipy finds by the incomplete beta function, to twelve digits."""
    # Near 0, the distribution as scipy has it has lost some of them.
    inside = special.betainc(0.5, degrees / 2, value * value / (degrees + value * value))
    assert pytest.approx(0.5 + math.copysign(inside, value) / 2, abs=1e-12) == student_t_cdf(value, degrees)


def test_student_s_t_near_0_is_what_it_is_by_its_density() -> None:
    """With one degree of freedom, the share below a value is a half and its arc tangent over pi."""
    value = 1.4881357810627432e-07
    assert pytest.approx(0.5 + math.atan(value) / math.pi, abs=1e-15) == student_t_cdf(value, 1)


@given(st.floats(0.0005, 0.9995), st.integers(1, 80))
def test_a_quantile_of_student_s_t_is_scipy_s(probability: float, degrees: int) -> None:
    """The value below which a share of the distribution lies is what scipy finds."""
    expected = stats.t.ppf(probability, degrees)
    assert pytest.approx(expected, rel=1e-6, abs=1e-6) == student_t_quantile(probability, degrees)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1])
def test_a_quantile_needs_a_probability(probability: float) -> None:
    """Outside of 0 to 1 there is none."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        student_t_quantile(probability, 5)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=16))
def test_p_values_of_both_sides_add_up_to_one(medians: list[float]) -> None:
    """What speaks against slower speaks for faster."""
    found = estimate([[one] for one in medians])

    assert pytest.approx(1.0) == found.p_above_zero() + found.p_below_zero()


@pytest.mark.parametrize(
    ("change", "expected"),
    [(0.10, "slower"), (-0.10, "faster"), (0.0, "same"), (0.02, "same")],
)
def test_a_verdict_says_where_the_change_is(change: float, expected: str) -> None:
    """Far beyond the threshold it is slower or faster, well within it the same."""
    assert expected == verdict(change)


@pytest.mark.parametrize("value", [0.048, -0.048])
def test_a_change_about_as_large_as_the_threshold_is_inconclusive(value: float) -> None:
    """An interval from within the threshold to beyond it says neither that nothing changed nor that it did."""
    nothing = Estimate(0.0, 0.001, 16)

    assert "inconclusive" == judge({"one": Timed(Estimate(value, 0.01, 16), nothing)}, THRESHOLD)["one"]


def test_a_base_that_differs_from_itself_leaves_everything_open() -> None:
    """Where the null arm is off by more than half the threshold, a slowdown is inconclusive."""
    assert "inconclusive" == verdict(0.10, null=0.04)


def test_a_base_that_differs_from_itself_by_little_does_not() -> None:
    """Within half the threshold the null arm has no say, however sure it is."""
    assert "slower" == verdict(0.10, null=0.02)


def test_what_is_suspected_is_beyond_half_the_threshold() -> None:
    """A screen suspects what may be a slowdown, not what is surely smaller than half of one."""
    suspected = [is_suspected(timed(launches(8, change, seed=3)), THRESHOLD) for change in (-0.1, 0.01, 0.05, 0.1)]

    assert [False, False, True, True] == suspected


def test_holm_asks_more_where_many_are_judged() -> None:
    """One p-value of 0.004 is slower alone, and inconclusive among twenty strategies that show nothing."""
    error = 0.1 / student_t_quantile(1 - 0.004, 15)
    nothing = Estimate(0.0, 0.05, 16)
    one = Timed(Estimate(0.1, error, 16), nothing)
    others = {f"other {number}": Timed(nothing, nothing) for number in range(20)}

    assert "slower" == judge({"one": one}, THRESHOLD)["one"]
    assert "inconclusive" == judge({"one": one, **others}, THRESHOLD)["one"]


def test_what_is_plain_is_so_whatever_other_looks_say() -> None:
    """A p-value of 0.004 ends a screen of one look, and no confirmation, whose three looks share the 1 %."""
    error = 0.1 / student_t_quantile(1 - 0.004, 3)
    one = Timed(Estimate(0.1, error, 4), Estimate(0.0, 0.01, 4))

    assert (True, False) == (is_plain(one, THRESHOLD, tests=1), is_plain(one, THRESHOLD, tests=3))
    assert ("slower", "inconclusive") == tuple(judge({"one": one}, THRESHOLD, looks)["one"] for looks in (1, 3))


@pytest.mark.parametrize(
    ("value", "null"),
    [(0.04, 0.0), (-0.1, 0.0), (0.1, 0.04)],
    ids=["within the threshold", "faster", "the base differs from itself"],
)
def test_what_is_not_plain_has_all_its_launches(value: float, null: float) -> None:
    """A small slowdown, a speed-up and a null arm that is off end nothing early, however sure they are."""
    assert not is_plain(Timed(Estimate(value, 1e-4, 8), Estimate(null, 1e-4, 8)), THRESHOLD, tests=3)


def test_looking_several_times_calls_nothing_slower_more_often() -> None:
    """Without a threshold, of 1,000 comparisons of equal code in which one ends at the first of three looks that says
    slower, no more do than the 1 % of a single look.
    """
    ended = 0
    for seed in range(1000):
        all_of_them = launches(LOOKS[-1], 0.0, seed)
        ended += any(is_plain(timed(all_of_them[:number]), 0.0, len(LOOKS)) for number in LOOKS)

    assert stats.binomtest(ended, 1000, 0.01, alternative="greater").pvalue > 0.001


def test_an_interval_holds_the_truth_wherever_looks_may_end_it() -> None:
    """Of 600 confirmations of a slowdown of 5 %, each ended at the first look that calls it, the intervals that are
    shown hold it as often as they say.
    """
    held = 0
    for seed in range(600):
        made = launches(LOOKS[-1], 0.05, seed)
        number = next((one for one in LOOKS if is_plain(timed(made[:one]), 0.03, len(LOOKS))), LOOKS[-1])
        low, high = timed(made[:number]).head.interval(0.95)
        held += low <= 0.05 <= high

    assert stats.binomtest(held, 600, 0.95, alternative="less").pvalue > 0.001


def test_nothing_changed_is_hardly_ever_a_regression() -> None:
    """Of 300 comparisons of equal code, noise alone makes none slower or faster at a threshold of 3 %."""
    found = [judge({"one": timed(launches(16, 0.0, seed))}, 0.03)["one"] for seed in range(300)]

    assert 0 == found.count("slower") + found.count("faster")


def test_an_interval_of_95_per_cent_holds_the_truth_that_often() -> None:
    """Of 400 screens of eight launches about one in twenty leaves out what is true."""
    left_out = 0
    for seed in range(400):
        low, high = timed(launches(8, 0.0, seed)).head.interval(0.95)
        left_out += low > 0 or high < 0

    assert stats.binomtest(left_out, 400, 0.05).pvalue > 0.001
