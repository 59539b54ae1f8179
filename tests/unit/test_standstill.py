"""A run that stood still knows for how long."""

from __future__ import annotations

import time

import pytest

from bench.measuring import standstill
from bench.measuring.standstill import Standstill, asleep_s


def test_a_wait_that_took_as_long_as_it_may_is_none() -> None:
    """What a busy machine adds to it is not called a standstill."""
    still = Standstill()
    assert 0.0 == still.waited(time.monotonic() - 1.4, 0.5)
    assert (0.0, 0.0) == (still.stopped_s, still.total_s)


def test_a_wait_that_took_longer_is_told() -> None:
    """What it took beyond its time adds up."""
    still = Standstill()
    assert 9.5 == pytest.approx(still.waited(time.monotonic() - 10.0, 0.5), abs=0.5)
    assert 19.5 == pytest.approx(still.waited(time.monotonic() - 20.0, 0.5), abs=0.5)
    assert 29.0 == pytest.approx(still.total_s, abs=1.0)


def test_a_machine_that_slept_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sleep is a standstill in which the clock did not go on, and is told as often as it is asked for."""
    slept = [100.0]
    monkeypatch.setattr(standstill, "asleep_s", lambda: slept[0])
    still = Standstill()
    assert 0.0 == still.total_s
    slept[0] += 3600.0
    assert (3600.0, 3600.0) == (still.total_s, still.total_s)
    assert 0.0 == still.stopped_s


def test_two_clocks_that_are_read_after_each_other_are_no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often that is."""
    slept = [100.0]
    monkeypatch.setattr(standstill, "asleep_s", lambda: slept[0])
    still = Standstill()
    for _ in range(1000):
        slept[0] += 0.01
        assert 0.0 == still.total_s


def test_what_the_system_tells_grows_with_sleep_alone() -> None:
    """Asked twice in a row it is the same to a tenth of a second."""
    first = asleep_s()
    assert first == pytest.approx(asleep_s(), abs=0.1)
    assert first > -0.1
