"""Where the winner changes along a parameter: between which points, and at about which value the two cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.crossings import ADDED_TIME, Crossing, contenders, crossings, line_through, stretches, value_of
from bench.measurement import PointResult, StrategyResult, Verdict

WINS_A, WINS_B = ("a",), ("b",)


def timed(name: str, median_ms: float | None, tapped_ms: float | None = None, verdict: Verdict | None = None) -> Any:
    """A strategy with its medians in milliseconds, straight to the server and through the tap."""
    return StrategyResult(name, median_ms=median_ms, tapped_ms=tapped_ms, verdict=verdict)


def sized(n: Any, a: float | None, b: float | None, winners: Sequence[str]) -> PointResult:
    """A point at a size, with the medians of two strategies."""
    return PointResult({"n": n}, strategies=(timed("a", a), timed("b", b)), winners=winners)


def further(rtt_ms: float, a: float, b: float, winners: Sequence[str], added_ms: float | None = None) -> PointResult:
    """A point at an added round-trip time, with the medians of two strategies."""
    strategies = (timed("a", a), timed("b", b))
    return PointResult({"n": 1}, rtt_ms, rtt_added_ms=added_ms, strategies=strategies, winners=winners)


def only_crossing(parameter: str, *line: PointResult) -> Crossing:
    """The one crossing of a line."""
    (found,) = crossings(parameter, stretches(line))
    return found


def test_a_line_differs_in_one_parameter() -> None:
    """The line through a point holds what differs from it in that parameter alone, by ascending value."""
    centre, small, large = (
        PointResult({"n": 10, "m": 1}),
        PointResult({"n": 9, "m": 1}),
        PointResult({"n": 100, "m": 1}),
    )
    other, far = PointResult({"n": 9, "m": 2}), PointResult({"n": 10, "m": 1}, 5.0)
    points = [large, centre, other, far, small]
    assert [small, centre, large] == line_through(centre, "n", points)
    assert [centre, far] == line_through(centre, ADDED_TIME, points)
    assert [0.0, 5.0] == [value_of(point, ADDED_TIME) for point in (centre, far)]


def test_a_stretch_lasts_as_long_as_one_winner() -> None:
    """Points stay together as long as one strategy is among the winners; those without winners are passed over."""
    line = [
        sized(1, 1, 2, ["a"]),
        sized(2, 2, 2, ["a", "b"]),
        sized(3, None, None, []),
        sized(4, 3, 2, ["b"]),
        sized(5, 4, 2, ["b"]),
    ]
    found = stretches(line)
    assert [([1, 2], ("a",), False), ([4, 5], ("b",), True)] == [
        ([point.params["n"] for point in one.points], one.winners, one.alone) for one in found
    ]


def test_times_cross_along_the_round_trip_time() -> None:
    """Of 2 ms + 4 round trips and 5 ms + 1 round trip, the second is faster from 1 ms of round-trip time on."""
    found = only_crossing(ADDED_TIME, further(0, 2, 5, WINS_A), further(5, 22, 10, WINS_B))
    assert Crossing(ADDED_TIME, "a", "b", 0, 5, pytest.approx(1.0)) == found


def test_the_time_that_was_really_added_counts() -> None:
    """Interpolated is where the tap's calibration says that the points lie; they are named as they were asked for."""
    found = only_crossing(ADDED_TIME, further(0.5, 4.4, 5.6, WINS_A, 0.6), further(2, 10.8, 7.2, WINS_B, 2.2))
    assert Crossing(ADDED_TIME, "a", "b", 0.5, 2, pytest.approx(1.0)) == found


def test_a_line_starts_from_what_calls_take_through_the_tap() -> None:
    """Where calls without added time went through the tap too, those are compared, or none where one is missing."""
    far = further(5, 23, 10, WINS_B, 5.0)
    both = PointResult({"n": 1}, strategies=(timed("a", 2, 3), timed("b", 4.5, 5)), winners=WINS_A, tapped_rtt_ms=0.0)
    one = PointResult({"n": 1}, strategies=(timed("a", 2, 3), timed("b", 5)), winners=WINS_A)
    assert 2 / 3 == pytest.approx(only_crossing(ADDED_TIME, both, far).at)
    assert 5 * 3 / 16 == pytest.approx(only_crossing(ADDED_TIME, one, far).at)
    assert only_crossing(ADDED_TIME, replace(one, tapped_rtt_ms=0.1), far).at is None


def test_times_cross_along_a_size() -> None:
    """Where one strategy is three times as fast at 10 and a third as fast at 1000, the two cross at 100."""
    found = only_crossing("n", sized(10, 1, 3, WINS_A), sized(1000, 30, 10, WINS_B))
    assert Crossing("n", "a", "b", 10, 1000, pytest.approx(100.0)) == found


def test_a_size_of_zero_is_interpolated_without_a_logarithm() -> None:
    """Where a value is 0 the parameter itself is the abscissa."""
    assert 5.0 == pytest.approx(only_crossing("n", sized(0, 1, 3, WINS_A), sized(10, 3, 1, WINS_B)).at)


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ([sized(1, None, 3, WINS_A), sized(9, 3, 1, WINS_B)], 1, 9),
        ([sized("few", 1, 3, WINS_A), sized("many", 3, 1, WINS_B)], "few", "many"),
        ([sized(False, 1, 3, WINS_A), sized(True, 3, 1, WINS_B)], False, True),
        ([sized(1, 1, 3, WINS_A), sized(9, 1, 1.1, WINS_B)], 1, 9),
        ([sized(1, 1, 1.01, ("a", "b")), sized(5, 1.01, 1, ("a", "b")), sized(9, 3, 1, WINS_B)], None, None),
        ([sized(1, 1, 1.01, WINS_A), sized(5, 1, 1.1, ("a", "b")), sized(9, 3, 1, WINS_B)], 5, 9),
    ],
    ids=["median missing", "words", "yes or no", "order kept", "one winner throughout", "both win at one point"],
)
def test_what_cannot_be_interpolated(line: Sequence[PointResult], low: Any, high: Any) -> None:
    """Without numbers, medians that change order, and winners that were shown, a crossing has no value."""
    expected = [] if low is None else [Crossing("n", "a", "b", low, high, None)]
    assert expected == crossings("n", stretches(line))


def test_a_strategy_that_fell_out_was_not_overtaken() -> None:
    """Where the former winner failed, its median says nothing of where the two cross."""
    fell = PointResult({"n": 9}, strategies=(timed("a", 3, verdict="failed"), timed("b", 1)), winners=WINS_B)
    assert Crossing("n", "a", "b", 1, 9, None) == only_crossing("n", sized(1, 1, 3, WINS_A), fell)


def test_each_change_is_a_crossing() -> None:
    """A winner that comes back crosses twice."""
    line = [sized(1, 1, 2, WINS_A), sized(4, 2, 1, WINS_B), sized(16, 1, 2, WINS_A)]
    assert [("a", "b", 2.0), ("b", "a", 8.0)] == [
        (one.before, one.after, pytest.approx(one.at)) for one in crossings("n", stretches(line))
    ]


figures = st.floats(0.001, 1000)


@given(figures, figures, st.integers(1, 500), st.integers(1, 500), st.floats(0.01, 1), st.floats(0.01, 100))
def test_linear_times_cross_where_they_are_equal(
    base: float, more: float, few: int, fewer: int, low: float, step: float
) -> None:
    """For any times that are linear in the round-trip time, both strategies take the same time at the crossing."""
    many, high = few + fewer, low + step

    def a(rtt_ms: float) -> float:
        return base + many * rtt_ms

    def b(rtt_ms: float) -> float:
        return base + more + few * rtt_ms

    line = [further(low, a(low), b(low), WINS_A, low), further(high, a(high), b(high), WINS_B, high)]
    at = only_crossing(ADDED_TIME, *line).at
    if a(low) < b(low) and b(high) < a(high):
        assert at is not None
        assert low <= at <= high
        assert a(at) == pytest.approx(b(at), rel=1e-9)
    else:
        assert at is None


@given(figures, figures, figures, figures, st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_crossing_lies_between_its_points(a: float, b: float, c: float, d: float, low: int, step: int) -> None:
    """Whatever the medians, a crossing along a size lies between the points that it was found between, or has none."""
    at = only_crossing("n", sized(low, a, b, WINS_A), sized(low + step, c, d, WINS_B)).at
    assert (at is not None) == (a < b and d < c)
    assert at is None or low <= at <= low + step


def behind(name: str, times: float | None, verdict: Verdict | None, low: float | None = None) -> StrategyResult:
    """A strategy with its distance to the fastest and the verdict on that."""
    return StrategyResult(name, median_ms=1.0, behind=times, behind_low=low, behind_verdict=verdict)


def test_one_that_had_too_few_rounds_is_no_contender() -> None:
    """Not shown to be behind, but estimated far behind: it is named nowhere, and the others do not win alone."""
    far = (behind("a", 1.0, None), behind("b", 3.0, "inconclusive", 0.9), behind("c", 1.05, "inconclusive", 0.9))
    line = [PointResult({"n": n}, strategies=far, winners=("a", "c", "b")) for n in (1, 2)]

    assert ("a", "c") == contenders(line[0])
    assert [(("a", "c"), 2, False)] == [(one.winners, len(one.points), one.alone) for one in stretches(line)]
    two = PointResult({"n": 1}, strategies=far[:2], winners=("a", "b"))
    assert [(("a",), False)] == [(one.winners, one.alone) for one in stretches([two])]


def test_a_winner_that_was_not_ruled_out_has_not_changed() -> None:
    """Where the winner of before is estimated far behind, and not shown to be, nobody has taken its place."""
    wins = PointResult({"n": 1}, strategies=(behind("a", 1.0, None), behind("b", 2.0, "slower", 1.9)), winners=WINS_A)
    open_still = PointResult(
        {"n": 2}, strategies=(behind("b", 1.0, None), behind("a", 3.0, "inconclusive", 0.9)), winners=("b", "a")
    )

    assert [(("a",), False)] == [(one.winners, one.alone) for one in stretches([wins, open_still])]


def test_a_winner_that_was_not_ruled_out_before_has_not_changed_either() -> None:
    """Where the winner of later points is estimated far behind at the first, and not shown to be, nothing changes."""
    open_still = PointResult(
        {"n": 1}, strategies=(behind("a", 1.0, None), behind("b", 1.3, "inconclusive", 0.9)), winners=("a", "b")
    )
    wins = PointResult({"n": 2}, strategies=(behind("b", 1.0, None), behind("a", 2.0, "slower", 1.9)), winners=WINS_B)

    assert [(("b",), 2, False)] == [(one.winners, len(one.points), one.alone) for one in stretches([open_still, wins])]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from((1.0, 1.5)), min_size=1), max_size=6))
def test_a_line_has_as_many_stretches_from_either_end(line: Sequence[dict[str, float]]) -> None:
    """How often the winner changes does not hang on the end of the line that is looked at first."""
    points = [
        PointResult(
            {"n": number},
            strategies=tuple(behind(name, times, "inconclusive", 0.9) for name, times in {**at, "d": 1.0}.items()),
            winners=tuple(at),
        )
        for number, at in enumerate(line)
    ]

    assert len(stretches(points)) == len(stretches(points[::-1]))


def test_a_point_of_too_few_rounds_tells_nothing_of_a_line() -> None:
    """Where the rounds gave no interval, nobody is said to win or to tie there."""
    told = PointResult({"n": 1}, strategies=(behind("a", 1.0, None), behind("b", 2.0, "slower", 1.9)), winners=WINS_A)
    untold = PointResult(
        {"n": 2}, strategies=(behind("a", 1.0, None), behind("b", 1.02, "inconclusive")), winners=("a", "b")
    )
    same = PointResult(
        {"n": 3}, strategies=(behind("a", 1.0, None), behind("b", 1.0, "same", 0.99)), winners=("a", "b")
    )

    assert [[1, 3]] == [[point.params["n"] for point in one.points] for one in stretches([told, untold, same])]
