"""A strategy against its own copy, and what the comparisons say together."""

from __future__ import annotations

import math

import pytest

from bench.measurement import StrategyResult, Verdict
from bench.measuring.disturbances.lookout import Lookout
from bench.measuring.noise import Comparison, compare_with_copies, summarize
from tests.measuring.helpers import Listener, options


def comparison(
    ratio: float, low: float | None, high: float | None, verdict: Verdict, rounds: int = 30, seconds: float = 2.0
) -> Comparison:
    """A comparison with these figures."""
    copy = StrategyResult("one again", verdict=verdict, ratio=ratio, ratio_low=low, ratio_high=high)
    return Comparison("some:one", copy, rounds, seconds)


def test_strategies_are_compared_with_their_copies_in_turn() -> None:
    """Each comparison is of one strategy with its copy; one that fails is left out with its reason."""
    listener = Listener()
    made = list(compare_with_copies(options("paced.alike", database="sqlite", budget=6.0), 3, listener, Lookout()))
    assert ["paced.alike:still", "paced.alike:still_too", "paced.alike:still"] == [one.strategy for one in made]
    assert ["still again", "still_too again", "still again"] == [one.copy.name for one in made]
    assert [True] * 3 == [one.copy.ratio is not None and one.rounds > 0 for one in made]
    (line,) = [line for line in listener.lines if "left out" in line]
    assert line.startswith("paced.alike:failing is left out: LookupError: no copy of this (paced.py:")


def test_only_what_was_asked_for_is_compared() -> None:
    """A selector that names a strategy leaves the baseline out, which a run would measure beside it."""
    made = list(
        compare_with_copies(options("paced.alike:still_too", database="sqlite", budget=2.0), 2, Listener(), Lookout())
    )
    assert ["paced.alike:still_too"] * 2 == [one.strategy for one in made]


def test_copies_of_writers_have_databases_of_their_own() -> None:
    """A strategy that writes is compared with a copy that writes elsewhere: both find and leave the same."""
    (one,) = compare_with_copies(
        options("planted.writes:in_one", database="sqlite", budget=3.0), 1, Listener(), Lookout()
    )
    assert "in_one again" == one.copy.name
    assert one.copy.verdict in ("same", "inconclusive", "faster", "slower")


@pytest.mark.parametrize(
    ("verdict", "low", "high", "expected"),
    [
        ("same", 0.99, 1.01, (False, True)),
        ("inconclusive", 1.01, 1.03, (False, False)),
        ("slower", 1.05, 1.09, (True, False)),
        ("faster", 0.9, 0.95, (True, False)),
        ("inconclusive", None, None, (False, False)),
    ],
)
def test_verdict_on_a_copy_is_wrong_when_it_is_a_difference(
    verdict: Verdict, low: float | None, high: float | None, expected: tuple[bool, bool]
) -> None:
    """Faster and slower are wrong; the true ratio, 1, lies in the interval or does not."""
    one = comparison(1.0, low, high, verdict)
    assert expected == (one.is_wrong, one.holds_one)


def test_smallest_detectable_difference_is_half_the_interval() -> None:
    """An interval from 0.96 to 1.0404 reaches 4.1 % to either side of its middle; without one nothing is known."""
    assert math.sqrt(1.0404 / 0.96) - 1 == pytest.approx(comparison(1.0, 0.96, 1.0404, "same").smallest_detectable)
    assert 0.041 == pytest.approx(comparison(1.0, 0.96, 1.0404, "same").smallest_detectable, abs=1e-3)
    assert comparison(1.0, None, None, "inconclusive").smallest_detectable is None


def test_comparisons_are_summed_up() -> None:
    """Counts, medians, and the spread of the ratios around the true one."""
    made = [
        comparison(1.0, 0.98, 1.02, "same", rounds=30, seconds=1.0),
        comparison(math.exp(0.03), 1.01, 1.05, "slower", rounds=40, seconds=2.0),
        comparison(math.exp(-0.04), 0.9, 1.01, "inconclusive", rounds=90, seconds=6.0),
    ]
    found = summarize("some:one", made)
    counted = (found.comparisons, found.wrong, found.holding_one, found.same, found.inconclusive)
    assert (3, 1, 2, 1, 1) == counted
    assert (40, 2.0) == (found.rounds, found.seconds)
    assert math.sqrt((0 + 0.0009 + 0.0016) / 3) == pytest.approx(found.spread)
    assert math.sqrt(1.02 / 0.98) - 1 == pytest.approx(found.smallest_detectable)


def test_comparisons_without_intervals_have_no_smallest_difference() -> None:
    """Where no comparison has an interval, what could have been seen is null, not 0."""
    found = summarize("some:one", [comparison(1.1, None, None, "inconclusive")])
    assert (None, 1, 0) == (found.smallest_detectable, found.inconclusive, found.holding_one)
