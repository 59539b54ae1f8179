"""What a call's time is made of, and what it would be where the database is further away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measurement import PointResult, StrategyResult, Verdict
from bench.round_trip_time import estimate_at, split, with_measured

times = st.floats(0, 1e6)


def point(n: int, rtt_ms: float, *strategies: StrategyResult) -> PointResult:
    """A point with these strategies."""
    return PointResult({"n": n}, rtt_ms, strategies=strategies)


def estimated(name: str, at_1ms_ms: float | None = None) -> StrategyResult:
    """A strategy whose time at 1 ms is an estimate."""
    return StrategyResult(name, median_ms=1.0, at_1ms_ms=at_1ms_ms)


def timed(name: str, median_ms: float | None, verdict: Verdict | None = None) -> StrategyResult:
    """A strategy with its median."""
    return StrategyResult(name, median_ms=median_ms, verdict=verdict)


def test_each_round_trip_adds_its_time() -> None:
    """A call of 8 ms with 3 round trips takes 11 ms where the database is 1 ms away, and 23 where it is 5."""
    assert 11.0 == estimate_at(8.0, 3, 1)
    assert 23.0 == estimate_at(8.0, 3, 1, rtt_ms=5.0)
    assert 8.0 == estimate_at(8.0, 0, 0)


@pytest.mark.parametrize("known", [(None, 3, 1), (8.0, None, 1), (8.0, 3, None), (8.0, 3, 2)])
def test_there_is_no_estimate_without_all_three(known: tuple[float | None, int | None, int | None]) -> None:
    """Without a median, the round trips or the connections, or on several connections, nothing is estimated."""
    assert estimate_at(*known) is None


def test_what_is_left_of_a_call_is_waiting() -> None:
    """Of 10 ms with 4 of the client and 3 of the server, 3 are waiting; with 9 and 3, 2 are overlap."""
    assert (3.0, 0.0) == split(10.0, 4.0, 3.0)
    assert (0.0, 2.0) == split(10.0, 9.0, 3.0)


@pytest.mark.parametrize("known", [(None, 4.0, 3.0), (10.0, None, 3.0), (10.0, 4.0, None)])
def test_nothing_is_left_of_what_is_not_known(known: tuple[float | None, float | None, float | None]) -> None:
    """Where one part is not known, neither waiting nor overlap is."""
    assert (None, None) == split(*known)


@given(times, times, times)
def test_the_parts_add_up(wall: float, cpu: float, server: float) -> None:
    """CPU, server and waiting less overlap are the whole; neither is negative, and one of the two is 0."""
    waiting, overlap = split(wall, cpu, server)
    assert waiting is not None
    assert overlap is not None
    assert cpu + server + waiting - overlap == pytest.approx(wall, rel=0, abs=1e-9 * max(1.0, wall, cpu, server))
    assert min(waiting, overlap) == 0


def test_what_was_measured_replaces_the_estimate() -> None:
    """At points without added time, medians that were measured at 1 ms of the same parameters stand for estimates."""
    points = [
        point(10, 0, estimated("lazy", 20.0), estimated("joined", 4.0), estimated("pooled")),
        point(10, 1, timed("lazy", 21.5), timed("joined", 9.0, "failed"), timed("pooled", 7.0)),
        point(10, 5, timed("lazy", 99.0)),
        point(20, 0, estimated("lazy", 30.0)),
    ]
    found = with_measured(points)
    assert [("lazy", 21.5, True), ("joined", 4.0, False), ("pooled", 7.0, True)] == [
        (one.name, one.at_1ms_ms, one.at_1ms_measured) for one in found[0].strategies
    ]
    assert points[1:] == found[1:]


def test_without_a_point_at_1_ms_estimates_stay() -> None:
    """A run that measured no point at 1 ms has its points unchanged."""
    points = [point(10, 0, estimated("lazy", 20.0)), point(10, 5, timed("lazy", 99.0))]
    assert points == with_measured(points)
