"""The budget is for the run: it is shared out, kept, and wins over every minimum."""

from __future__ import annotations

import pytest

from tests.measuring.helpers import measure


def test_small_budget_ends_inconclusive() -> None:
    """Where there is next to no time to sample, every strategy is proved and counted, and none is called different."""
    measured = measure("planted.slower", database="sqlite", budget=0.01)
    once, more_work = measured.point("slower").strategies
    assert (None, "inconclusive") == (once.verdict, more_work.verdict)
    assert [20, 26] == [one.counters.statements for one in (once, more_work)]
    assert (True, True) == (measured.point("slower").rounds <= 1, measured.point("slower").finished)


def test_slow_call_is_timed_three_times() -> None:
    """A call longer than a twentieth of its point's time is sampled in three rounds, and judged without an interval."""
    measured = measure("paced.long_and_short", database="sqlite", budget=5.0)
    found = measured.strategy("long_and_short", "long")
    assert (3, "slower") == (len(found.samples_ns), found.verdict)
    assert (None, None) == (found.ratio_low, found.ratio_high)
    assert 10 < (found.ratio or 0)
    assert "a twentieth of the time" in found.notes[0]
    assert len(measured.strategy("long_and_short", "short").samples_ns) > 3
    assert "warming up long" not in measured.listener.steps


def test_budget_is_shared_between_points() -> None:
    """Two points of one run get a share each, although neither reaches the precision that was asked."""
    measured = measure("paced.alike", "planted.slower", database="sqlite", budget=4.0, precision=0.001)
    points = [result for _, result in measured.results]
    assert 2 == len(points)
    assert [True, True] == [result.rounds > 0 for result in points]
    # Without a budget they would take 30 s each; the margin is for a machine that is busy with something else.
    assert sum(result.seconds for result in points) < 30


def test_rounds_end_once_intervals_are_narrow() -> None:
    """A point that has reached its precision leaves the rest of its share to the others."""
    measured = measure("paced.alike", database="sqlite", budget=120.0, precision=0.25)
    found = measured.strategy("alike", "still_too")
    assert ("same", True) == (found.verdict, measured.point("alike").seconds < 60)
    assert 30 <= len(found.rounds)
    assert found.ratio_low is not None
    assert found.ratio_high is not None
    assert (found.ratio_low, found.ratio_high) == pytest.approx((1, 1), rel=0.5)
