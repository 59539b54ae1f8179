"""Where things lie on a chart: axes, ticks, the way between two measured points, labels side by side."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.reports.charts.scales import (
    MOST_PIECES,
    apart,
    between,
    from_zero,
    of_places,
    of_times,
    pieces,
    runs,
    time_between,
)

PLACES = st.lists(st.floats(0, 400), min_size=1, max_size=20)


def test_times_within_a_decade_are_shown_from_zero() -> None:
    """Where the longest is less than ten times the shortest, the axis is linear and begins at 0."""
    scale = of_times([2.0, 19.0], 300)

    assert ("linear", 0.0) == (scale.kind, scale.low)
    assert (0.0, 5.0, 10.0, 15.0, 20.0) == scale.ticks


def test_times_over_a_decade_are_shown_as_powers() -> None:
    """From ten times the shortest on the axis is logarithmic, with ticks at 1, 2 and 5."""
    scale = of_times([2.0, 20.0], 300)

    assert "log" == scale.kind
    assert (2.0, 5.0, 10.0, 20.0) == scale.ticks
    assert scale.low < 2.0
    assert scale.high > 20.0


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.1, 10_000.0], (0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0)),
        ([1.0, 900.0], (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)),
        ([1e-3, 1e8], (1e-3, 1e-1, 1e1, 1e3, 1e5, 1e7)),
    ],
)
def test_the_wider_the_range_the_sparser_the_ticks(values: list[float], ticks: tuple[float, ...]) -> None:
    """However many decades there are, an axis has eight ticks at most."""
    assert ticks == of_times(values, 300).ticks


def test_bars_begin_at_zero_whatever_their_range() -> None:
    """A length that is compared by eye has its zero on the chart."""
    scale = from_zero([0.1, 10_000.0], 500)

    assert ("linear", 0.0, 0.0) == (scale.kind, scale.low, scale.at(0.0))


def test_what_was_chosen_is_what_has_ticks() -> None:
    """The ticks across are at the measured values, which lie within the axis."""
    scale = of_places([1, 10, 500, 501], 400)

    assert (1, 10, 500, 501) == scale.ticks
    assert all(0 < scale.at(value) < 400 for value in scale.ticks)


def test_a_size_of_zero_keeps_the_axis_linear() -> None:
    """There is no logarithm of 0."""
    assert "linear" == of_places([0, 10, 1000], 400).kind


@given(PLACES, st.floats(1, 30))
def test_labels_never_overlap_and_keep_their_order(wanted: list[float], least: float) -> None:
    """Each is as far from the next as asked, and none passes another."""
    places = apart(wanted, least, 0, 400)

    ordered = sorted(range(len(wanted)), key=lambda index: wanted[index])
    assert all(places[after] - places[before] >= least - 1e-6 for before, after in pairwise(ordered))


@given(PLACES)
def test_labels_that_have_room_stay_where_they_are_wanted(wanted: list[float]) -> None:
    """What is far enough apart is not moved."""
    spread = [place + 1000 * number for number, place in enumerate(wanted)]

    assert pytest.approx(spread) == apart(spread, 16, 0, 1000 * len(wanted))


def test_labels_that_are_wanted_at_one_place_share_it() -> None:
    """Three that want the same place stand around it."""
    assert [84, 100, 116] == apart([100, 100, 100], 16, 0, 400)


def test_labels_stay_inside_where_there_is_room() -> None:
    """Those that are wanted at an edge are moved away from it."""
    assert [0, 16] == apart([-5, -5], 16, 0, 400)
    assert [384, 400] == apart([400, 400], 16, 0, 400)


def test_the_way_between_two_points_is_a_power_or_a_straight_line() -> None:
    """Half way from 1 to 100 is 10 for a power, and the time between 1 and 100 is 10 there."""
    assert [(pytest.approx(10), pytest.approx(10)), (100, 100)] == between((1, 1), (100, 100), 2, power=True)
    assert [(50.5, 50.5), (100, 100)] == between((1, 1), (100, 100), 2, power=False)
    assert pytest.approx(10) == time_between((1, 1), (100, 100), 10, power=True)


@given(times=st.tuples(st.floats(1, 1000), st.floats(1, 1000)))
def test_straight_pieces_miss_the_curve_by_less_than_is_seen(times: tuple[float, float]) -> None:
    """What is linear in time is drawn within a quarter of a pixel on a logarithmic axis, where 24 pieces are enough."""
    axis = of_times([1.0, 1000.0], 300)
    number = pieces(*times, axis)
    assert axis.logarithmic
    if number == MOST_PIECES:
        return
    way = [(0.0, times[0]), *between((0.0, times[0]), (1.0, times[1]), number, power=False)]
    for (start, first), (end, last) in pairwise(way):
        for part in (0.25, 0.5, 0.75):
            true = time_between((0.0, times[0]), (1.0, times[1]), start + (end - start) * part, power=False)
            drawn = axis.at(first) + (axis.at(last) - axis.at(first)) * part
            assert abs(axis.at(true) - drawn) <= 0.25 + 1e-9


def test_a_way_that_hardly_bends_is_one_piece() -> None:
    """From 10 ms to 11 ms a straight line is drawn; from 1 ms to 4 ms there are 14 pieces, and never more than 24."""
    axis = of_times([1.0, 1000.0], 300)
    assert [1, 14, 24] == [pieces(*times, axis) for times in ((10.0, 11.0), (1.0, 4.0), (1.0, 1000.0))]


def test_a_line_breaks_where_it_was_not_measured() -> None:
    """Each stretch without a gap is a run."""
    assert [range(2), range(3, 4)] == runs([True, True, False, True])
    assert [] == runs([False])
