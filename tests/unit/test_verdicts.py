import math
import tracemalloc
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.statistics import effective_number, separation_test
from bench.verdicts import Sampled, confirm, decide
from bench.verdicts.comparisons import are_apart, judge, judge_beside

WAVE = (-0.02, 0.01, 0.0, 0.02, -0.01)
"""Logarithms of a noise with the median 0."""


def sampled(name, time, rounds=30, *, kind="entities", baseline=False, slow=False, wave=WAVE):
    """A strategy that takes `time`, but for a small noise: the rounds are numbers, or a count of them."""
    numbers = range(rounds) if isinstance(rounds, int) else rounds
    samples = {number: 1e6 * time * math.exp(wave[number % len(wave)]) for number in numbers}
    return Sampled(name, kind, samples, baseline, slow)


def flat(name, time, rounds=30, **options):
    """A strategy that takes `time` in each round, so that ratios to it show the other's noise alone."""
    return sampled(name, time, rounds, wave=(0.0,), **options)


def drifting(name, time, rounds, **options):
    """A strategy on a machine that is half as fast in every third round: samples of different rounds overlap."""
    return sampled(name, time, rounds, wave=(0.0, math.log(2), 0.0), **options)


def test_slower_by_a_tenth():
    """A tenth slower in 30 rounds is slower, with the median of the ratios between their 10th and 21st."""
    decision = decide([flat("old", 1, baseline=True), sampled("new", 1.1)], 0.025, "entities")
    new = decision["new"]
    assert new.verdict == "slower"
    assert new.ratio == pytest.approx(1.1)
    assert (new.ratio_low, new.ratio_high) == pytest.approx((1.1 * math.exp(-0.01), 1.1 * math.exp(0.01)))
    assert new.rounds == 30
    assert new.smallest_detectable is None


def test_faster_by_a_fifth_is_the_mirror_of_slower():
    """The faster of two is faster than the baseline, and the baseline is behind it by as much."""
    decision = decide([flat("old", 1, baseline=True), sampled("new", 0.8)], 0.025, "entities")
    assert decision["new"].verdict == "faster"
    assert decision["old"].behind == pytest.approx(1.25)
    assert decision["old"].behind_low == pytest.approx(1 / decision["new"].ratio_high)
    assert decision["old"].behind_high == pytest.approx(1 / decision["new"].ratio_low)
    assert decision["old"].behind_verdict == "slower"
    assert decision.winners == ("new",)


def test_the_same_within_the_margin():
    """An interval wholly inside twice the precision means the same, though it excludes 1."""
    decision = decide([flat("old", 1, baseline=True), sampled("new", 1.03)], 0.025, "entities")
    assert decision["new"].ratio_low > 1
    assert decision["new"].verdict == "same"
    assert decision.winners == ("old", "new")


def test_at_the_margin_it_is_inconclusive():
    """An estimate just past the margin with an interval across it is slower; one just short of it is inconclusive."""
    past = decide([flat("old", 1, baseline=True), sampled("new", 1.052)], 0.025, "entities")["new"]
    short = decide([flat("old", 1, baseline=True), sampled("new", 1.048)], 0.025, "entities")["new"]
    assert past.verdict == "slower"
    assert short.verdict == "inconclusive"
    assert short.smallest_detectable == pytest.approx(0.05)


def test_wide_noise_is_inconclusive_and_says_what_could_have_been_seen():
    """Noise of a third leaves a difference of a tenth open, and says that only a third would have been seen."""
    decision = decide([flat("old", 1, baseline=True), sampled("new", 1.1, wave=(-0.3, 0.3))], 0.025, "entities")
    new = decision["new"]
    assert new.verdict == "inconclusive"
    assert new.smallest_detectable == pytest.approx(math.expm1(0.3))
    assert decision.winners == ("old", "new")


def test_the_baseline_and_the_fastest_have_ratio_one_and_no_verdict():
    """What a strategy is compared with itself needs no measuring: exactly 1, and no verdict."""
    decision = decide([flat("old", 2, baseline=True), sampled("new", 1)], 0.025, "entities")
    old, new = decision["old"], decision["new"]
    assert (old.ratio, old.ratio_low, old.ratio_high, old.verdict) == (1, 1, 1, None)
    assert (new.behind, new.behind_low, new.behind_high, new.behind_verdict) == (1, 1, 1, None)


@pytest.mark.parametrize("rounds", [1, 5])
def test_under_six_common_rounds_there_is_an_estimate_and_no_more(rounds):
    """With fewer than six rounds in common the verdict is inconclusive and the bounds are null, however far apart."""
    decision = decide([flat("old", 1, baseline=True), flat("new", 10, rounds)], 0.025, "entities")
    new = decision["new"]
    assert (new.verdict, new.ratio_low, new.ratio_high, new.smallest_detectable) == ("inconclusive", None, None, None)
    assert new.ratio == pytest.approx(10)
    assert new.rounds == rounds


def test_only_rounds_in_common_count():
    """Rounds in which one alone was sampled change nothing, however odd its values are there."""
    old = flat("old", 1, range(0, 120, 4), baseline=True)
    new = sampled("new", 1.1, range(0, 120, 4))
    odd = {**new.samples, **dict.fromkeys(range(1, 120, 4), 1e12)}
    plain = decide([old, new], 0.025, "entities")["new"]
    mixed = decide([old, Sampled("new", "entities", odd)], 0.025, "entities")["new"]
    assert (mixed.ratio, mixed.ratio_low, mixed.ratio_high, mixed.verdict) == (
        plain.ratio,
        plain.ratio_low,
        plain.ratio_high,
        "slower",
    )


def test_without_samples_nothing_is_said():
    """A strategy that the budget left no round for has no ratio, is inconclusive, and wins nothing."""
    decision = decide([flat("old", 1, baseline=True), flat("new", 1, 0)], 0.025, "entities")
    new = decision["new"]
    assert (new.ratio, new.verdict, new.behind, new.behind_verdict) == (None, "inconclusive", None, "inconclusive")
    assert decision.winners == ("old",)


def test_without_a_baseline_behind_still_stands():
    """Where the baseline failed there is neither ratio nor verdict, and the fastest is still compared with."""
    decision = decide([flat("a", 1), sampled("b", 1.5)], 0.025, "entities")
    assert [(one.ratio, one.verdict) for one in decision.strategies] == [(None, None), (None, None)]
    assert decision["b"].behind_verdict == "slower"
    assert decision.winners == ("a",)


def test_a_baseline_without_samples_is_none():
    """A baseline that was never sampled is no reference."""
    decision = decide([flat("old", 1, 0, baseline=True), flat("a", 1), sampled("b", 1.5)], 0.025, "entities")
    assert [(one.ratio, one.verdict) for one in decision.strategies] == [(None, None)] * 3
    assert decision.winners == ("a",)


def test_holm_over_the_point_asks_more_of_each():
    """Eleven of eleven rounds hold among 36 pairs of nine strategies, ten of ten do not: 2/1024 is above 0.05/36."""
    for rounds, verdict in ((10, "inconclusive"), (11, "slower")):
        alike = [drifting(f"s{number}", 1 + number / 1000, rounds) for number in range(8)]
        decision = decide([*alike, drifting("far", 1.9, rounds)], 0.025, "entities")
        assert decision["far"].behind_verdict == verdict, rounds


@given(st.lists(st.sampled_from([0.8, 1.0, 1.02, 1.3]), min_size=2, max_size=5), st.integers(4, 30), st.booleans())
def test_what_is_behind_is_judged_as_one_of_all_pairs(times, rounds, cut_short):
    """Beside one strategy the others get the verdicts that they have among all pairs, the other way round."""
    strategies = [_scrambled(f"s{number}", rounds, number, time) for number, time in enumerate(times)]
    strategies.append(flat("slow", 9, 3, slow=True))
    every_pair = judge([*combinations(strategies[::-1], 2)], 0.05, cut_short=cut_short)
    expected = [(one.strategy, one.ratio, one.verdict) for one in every_pair if one.reference == "s0"]
    beside = judge_beside(strategies[0], strategies, 0.05, cut_short=cut_short)
    assert expected == [(one.strategy, one.ratio, one.verdict) for one in reversed(beside)]


def test_no_more_is_kept_of_many_strategies_than_of_each():
    """Judging 200 strategies takes under 200 KB beside what is kept of each, though they are 19,900 pairs."""
    strategies = [_scrambled(f"s{number}", 6, number) for number in range(200)]
    tracemalloc.start()
    decision = decide(strategies, 0.025, "entities")
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 199 == len([one for one in decision.strategies if one.against_fastest])
    assert most - kept < 200_000


def test_a_sign_test_that_does_not_hold_leaves_it_open():
    """Six of six rounds give p = 1/32, which holds for one comparison and not for two."""
    old = drifting("old", 1, 6, baseline=True)
    alone = decide([old, drifting("a", 1.9, 6, kind="rows")], 0.025, "entities")
    both = decide([old, drifting("a", 1.9, 6, kind="rows"), drifting("b", 1, 6)], 0.025, "entities")
    assert alone["a"].verdict == "slower"
    assert both["a"].verdict == "inconclusive"


def test_ranks_hold_where_signs_do_not():
    """Six samples that all exceed six others have p = 2/924, which holds at 1 % for the pairs of three."""

    def verdict(time, rounds):
        strategies = [drifting("a", 1, rounds), drifting("b", 1.001, rounds), drifting("far", time, rounds)]
        return decide(strategies, 0.025, "entities", cut_short=True)["far"].behind_verdict

    assert ["slower", "inconclusive", "inconclusive"] == [verdict(2.1, 6), verdict(1.9, 6), verdict(2.1, 5)]


def test_what_is_apart_within_rounds_alone_is_judged_by_signs():
    """Where the machine halves its speed, one that takes 1.9 times as long has all ratios above, and not all ranks."""
    old = flat("old", 1, 6, baseline=True)
    assert 2 / 64 == judge([(drifting("new", 1.9, 6), drifting("old", 1, 6))], 0.05)[0].p_value
    assert 2 / 924 == judge([(flat("new", 1.9, 6), old)], 0.05)[0].p_value


def test_ranks_of_rounds_that_depend_on_each_other_are_fewer():
    """Of 66 rounds whose ratios come in runs of three, ranks say no more than those of as many as they amount to."""
    old = flat("old", 1, 66, baseline=True)
    new = Sampled("new", "entities", {number: 1e6 * (1.3 if number // 3 % 2 else 1.2) for number in range(66)})
    (comparison,) = judge([(new, old)], 0.05)
    counted = effective_number(66, comparison.autocorrelation)
    assert 20 < counted < 40
    assert separation_test(counted) == comparison.p_value


@pytest.mark.parametrize("drift", [0.0, 0.5, 2.0])
def test_equal_strategies_are_hardly_ever_apart(drift):
    """Of 40,000 equal pairs in four rounds 2/70 are apart at most, however the machine's speed changes."""
    random = Random(7)
    apart = 0
    for _ in range(40_000):
        speeds = [random.gauss(0, drift) for _ in range(4)]
        one, other = ({number: speed + random.gauss(0, 1) for number, speed in enumerate(speeds)} for _ in range(2))
        apart += are_apart(one, other)
    assert apart <= 40_000 * 2 / 70 + 3 * math.sqrt(40_000 * 2 / 70)


def test_what_the_budget_cut_short_must_hold_at_one_per_cent():
    """Seven rounds of seven on one side, p = 0.016, are a verdict where the rounds were enough and none where not."""
    strategies = [drifting("old", 1.0, 7, baseline=True), drifting("new", 1.2, 7)]
    assert "slower" == decide(strategies, 0.025, "entities")["new"].verdict
    assert "inconclusive" == decide(strategies, 0.025, "entities", cut_short=True)["new"].verdict


def test_kinds_are_ranked_apart():
    """The fastest rows do not put entities behind; the winner is of the kind that the scenario asks for."""
    strategies = [
        flat("old", 4, baseline=True),
        sampled("new", 2),
        sampled("raw", 1, kind="rows"),
        sampled("json", 3, kind="rows"),
    ]
    decision = decide(strategies, 0.025, "entities")
    assert decision.fastest == {"entities": "new", "rows": "raw"}
    assert decision.winners == ("new",)
    assert decide(strategies, 0.025, "rows").winners == ("raw",)
    assert [decision[name].behind_verdict for name in ("old", "new", "raw", "json")] == ["slower", None, None, "slower"]
    assert decision["json"].verdict == "faster"


def test_winners_stand_fastest_first():
    """Those not shown to be behind are winners together, in the order of their estimates."""
    strategies = [flat("old", 1.02, baseline=True), sampled("a", 1.01), sampled("b", 1), sampled("c", 1.3)]
    assert decide(strategies, 0.025, "entities").winners == ("b", "a", "old")


def test_the_fastest_is_found_in_rounds_in_common():
    """A strategy sampled only in a machine's slow rounds is still the fastest if it is faster in these."""
    load = {number: 3.0 if number % 4 == 0 else 1.0 for number in range(120)}
    always = Sampled("always", "entities", {number: 1e6 * load[number] for number in load}, baseline=True)
    seldom = Sampled("seldom", "entities", {number: 0.8e6 * load[number] for number in load if number % 4 == 0})
    decision = decide([always, seldom], 0.025, "entities")
    assert decision.fastest == {"entities": "seldom"}
    assert decision["seldom"].ratio == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("times", "others", "verdict"),
    [
        ([2.1, 2.5, 9.0], [1.0, 0.9, 1.04], "slower"),
        ([2.1, 2.5, 1.9], [1.0, 0.9, 1.04], "inconclusive"),
        ([2.1, 2.5, 9.0], [1.0, 0.9, 1.06], "inconclusive"),
        ([1.0, 0.9, 1.04], [2.1, 2.5, 9.0], "faster"),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], "inconclusive"),
    ],
)
def test_a_slow_strategy_is_judged_by_its_three_samples(times, others, verdict):
    """Slower if all three exceed twice every sample of the other, faster the other way round; bounds are null."""
    old = Sampled("old", "entities", dict(enumerate(others)), baseline=True)
    new = Sampled("new", "entities", dict(enumerate(times)), slow=True)
    decided = decide([old, new], 0.025, "entities")["new"]
    assert (decided.verdict, decided.ratio_low, decided.ratio_high) == (verdict, None, None)
    assert decided.ratio == pytest.approx(sorted(times)[1] / sorted(others)[1])


def test_a_slow_baseline_is_judged_by_the_same_rule():
    """A quick strategy is faster than a slow baseline if hardly any of its samples is over half the baseline's least.

    One disturbed sample among forty does not count, three do.
    """
    old = flat("old", 10, 3, baseline=True, slow=True)
    assert decide([old, sampled("new", 1, 40)], 0.025, "entities")["new"].verdict == "faster"
    stalled = sampled("new", 1, 40)
    stalled.samples[7] = 6e6
    assert decide([old, stalled], 0.025, "entities")["new"].verdict == "faster"
    stalled.samples.update({8: 6e6, 9: 6e6})
    assert decide([old, stalled], 0.025, "entities")["new"].verdict == "inconclusive"


def test_a_slow_strategy_with_two_samples_is_inconclusive():
    """Where the budget cut the three samples short there is no verdict, and nothing that could have been seen."""
    old, new = flat("old", 1, baseline=True), flat("new", 50, 2, slow=True)
    decided = decide([old, new], 0.025, "entities")["new"]
    assert (decided.verdict, decided.smallest_detectable) == ("inconclusive", None)
    assert decided.ratio == pytest.approx(50)


def test_a_slow_strategy_that_is_inconclusive_could_have_been_seen_at_twice():
    """Three samples tell apart what is twice as slow, and nothing less."""
    old, new = flat("old", 1, baseline=True), flat("new", 1.5, 3, slow=True)
    assert decide([old, new], 0.025, "entities")["new"].smallest_detectable == 1


def test_autocorrelated_rounds_are_said_and_widen_the_interval():
    """Where a difference comes and goes in long runs, the interval counts the runs more than the rounds."""
    runs = [0.05 if number // 10 % 2 else -0.02 for number in range(200)]
    mixed = [0.05 if number % 2 else -0.02 for number in range(200)]
    decided = {}
    for name, noise in (("runs", runs), ("mixed", mixed)):
        jitter = Random(3)
        samples = {number: 1e6 * math.exp(value + jitter.gauss(0, 0.01)) for number, value in enumerate(noise)}
        decided[name] = decide([flat("old", 1, 200, baseline=True), Sampled("new", "entities", samples)], 0.01, "rows")
    assert decided["mixed"]["new"].autocorrelation is None
    assert decided["runs"]["new"].autocorrelation > 0.8
    assert decided["runs"]["new"].ratio_high > decided["mixed"]["new"].ratio_high
    assert decided["runs"]["new"].ratio_low < decided["mixed"]["new"].ratio_low


def test_a_small_difference_needs_a_second_worker():
    """At a precision of 1 % a difference of 3 % is decided and asks for confirmation; one of 6 % does not."""
    old = flat("old", 1, baseline=True)
    small, large = (decide([old, sampled("new", time)], 0.01, "entities") for time in (1.03, 1.06))
    assert (small["new"].verdict, small["new"].needs_confirmation) == ("slower", True)
    assert (large["new"].verdict, large["new"].needs_confirmation) == ("slower", False)
    assert small.to_confirm == ("old", "new")
    assert large.to_confirm == ()


def test_same_and_inconclusive_need_no_confirmation():
    """Only a verdict of faster or slower is to be confirmed."""
    old = flat("old", 1, baseline=True)
    for time in (1.002, 1.018):
        decision = decide([old, sampled("new", time)], 0.01, "entities")
        assert decision["new"].verdict in ("same", "inconclusive")
        assert decision.to_confirm == ()


@pytest.mark.parametrize(
    ("again", "verdict"),
    [(1.03, "slower"), (1.015, "slower"), (1.005, "inconclusive"), (1.0, "inconclusive"), (0.97, "inconclusive")],
)
def test_confirmation_asks_for_the_same_direction(again, verdict):
    """A small difference stays if the second worker shows the same direction, if only by half as much."""
    old = flat("old", 1, baseline=True)
    first = decide([old, sampled("new", 1.03)], 0.01, "entities")
    confirmed = confirm(first, decide([old, sampled("new", again)], 0.01, "entities"))
    assert confirmed["new"].verdict == verdict
    assert confirmed["new"].ratio == first["new"].ratio
    assert not confirmed["new"].needs_confirmation


def test_what_is_not_confirmed_joins_the_winners():
    """A strategy that was behind by 3 % in one worker alone is not behind, and the smallest difference seen is 5 %."""
    old, new = flat("old", 1, baseline=True), sampled("new", 1.03)
    first = decide([old, new], 0.01, "entities")
    confirmed = confirm(first, decide([old, sampled("new", 1)], 0.01, "entities"))
    assert first.winners == ("old",)
    assert confirmed.winners == ("old", "new")
    assert confirmed["new"].behind_verdict == "inconclusive"
    assert confirmed["new"].smallest_detectable == 0.05


def test_confirmation_leaves_large_differences_alone():
    """A difference of 20 % stands, whatever a second worker that timed others says."""
    old = flat("old", 1, baseline=True)
    first = decide([old, sampled("a", 1.2), sampled("b", 1.03)], 0.01, "entities")
    second = decide([old, sampled("b", 1.03)], 0.01, "entities")
    confirmed = confirm(first, second)
    assert (confirmed["a"].verdict, confirmed["b"].verdict) == ("slower", "slower")


def test_confirmation_compares_the_same_two_though_another_is_fastest():
    """Behind is confirmed against the strategy it was found against, though a third is fastest in the second worker."""
    first = decide([flat("a", 1), sampled("b", 1.03), sampled("c", 1.001)], 0.01, "entities")
    second = decide([flat("a", 1), sampled("b", 1.03), sampled("c", 0.99)], 0.01, "entities")
    assert (first.fastest["entities"], second.fastest["entities"]) == ("a", "c")
    assert confirm(first, second)["b"].behind_verdict == "slower"


def test_what_the_second_worker_lacks_is_not_confirmed():
    """A strategy that failed in the second worker keeps no small difference."""
    old = flat("old", 1, baseline=True)
    first = decide([old, sampled("new", 1.03)], 0.01, "entities")
    assert confirm(first, decide([old], 0.01, "entities"))["new"].verdict == "inconclusive"


@pytest.mark.parametrize(
    ("strategies", "message"),
    [
        ([flat("a", 1), flat("a", 2)], "two strategies have one name"),
        ([flat("a", 1, baseline=True), flat("b", 1, baseline=True)], "two strategies are the baseline"),
        ([flat("a", 1), Sampled("b", "rows", {0: 0})], "a sample of b is not above 0"),
    ],
)
def test_contradictions_are_refused(strategies, message):
    """Samples that cannot be are an error, no verdict."""
    with pytest.raises(ValueError, match=message):
        decide(strategies, 0.025, "entities")


LOGS = st.lists(st.floats(-1, 1), min_size=6, max_size=40)


@given(LOGS, st.floats(-0.5, 0.5), st.sampled_from([0.01, 0.025, 0.1]))
def test_exchanging_two_strategies_mirrors_the_verdict(noise, shift, precision):
    """What is faster than its baseline is, as the baseline, what the other is slower than; bounds are reciprocal."""
    flat_values = dict.fromkeys(range(len(noise)), 1e6)
    values = {number: 1e6 * math.exp(log + shift) for number, log in enumerate(noise)}
    there = decide(
        [Sampled("a", "entities", flat_values, baseline=True), Sampled("b", "entities", values)], precision, "entities"
    )["b"]
    back = decide(
        [Sampled("a", "entities", values, baseline=True), Sampled("b", "entities", flat_values)], precision, "entities"
    )["b"]
    mirror = {"faster": "slower", "slower": "faster"}
    assert there.verdict == mirror.get(back.verdict, back.verdict)
    assert (there.ratio, there.ratio_low, there.ratio_high) == pytest.approx(
        (1 / back.ratio, 1 / back.ratio_high, 1 / back.ratio_low)
    )


@given(st.lists(LOGS, min_size=2, max_size=5), st.sampled_from([0.01, 0.025]))
def test_a_verdict_and_its_interval_never_contradict(noises, precision):
    """Slower or faster has its interval on that side of 1 and its estimate past the margin; the same lies inside it."""
    strategies = [
        Sampled(f"s{index}", "entities", {number: 1e6 * math.exp(log) for number, log in enumerate(noise)}, index == 0)
        for index, noise in enumerate(noises)
    ]
    decision = decide(strategies, precision, "entities")
    margin = 1 + 2 * precision
    for one in decision.strategies[1:]:
        if one.verdict == "slower":
            assert one.ratio_low > 1
            assert one.ratio > margin
        elif one.verdict == "faster":
            assert one.ratio_high < 1
            assert one.ratio < 1 / margin
        elif one.verdict == "same":
            assert 1 / margin < one.ratio_low <= one.ratio_high < margin
        assert (one.smallest_detectable is not None) == (one.verdict == "inconclusive")
    assert decision.fastest["entities"] in decision.winners
    assert {one.name for one in decision.strategies if one.behind_verdict == "slower"}.isdisjoint(decision.winners)


def _scrambled(name, rounds, seed, time=1.0):
    random = Random(seed)
    return Sampled(name, "entities", {number: 1e6 * time * math.exp(random.gauss(0, 0.01)) for number in range(rounds)})
