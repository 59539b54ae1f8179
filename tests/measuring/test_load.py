"""A load in a strategy: what was seen of its units, its pool and its backends is in the result, and what limits it."""

from __future__ import annotations

import pytest

from bench.measurement import LoadResult, StrategyResult
from tests.measuring.helpers import Measured, measure

UNITS = 40


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Loads of forty units from eight tasks, of two connections, two and two more, at a rate, and of too many."""
    return measure("crowded.loads", database="embedded", budget=3.0, rounds=10)


def load_of(strategy: StrategyResult) -> LoadResult:
    """What was seen of its loads."""
    assert strategy.load is not None
    return strategy.load


def test_units_of_all_samples_are_in_the_histogram(measured: Measured) -> None:
    """There is a latency for each unit of each call that was timed, and a wait for each checkout."""
    for name in ("two", "two_and_two", "on_rate"):
        strategy = measured.strategy("loads", name)
        load = load_of(strategy)
        calls = len(strategy.samples_ns) * (strategy.calls_in_a_row or 0)
        assert (calls, 8, UNITS) == (load.samples, load.tasks, load.units)
        assert load.unit is not None
        assert load.waiting is not None
        assert (calls * UNITS, calls * UNITS) == (load.unit.count, load.waiting.count)
        assert load.unit.p50_ms <= load.unit.p95_ms <= load.unit.p99_ms <= load.unit.max_ms
        assert load.throughput > 0


def test_what_the_pool_opened_and_gave_out_is_counted(measured: Measured) -> None:
    """A pool that keeps what it has opens nothing; one with overflow opens and closes in each call."""
    kept, overflowing = (load_of(measured.strategy("loads", name)) for name in ("two", "two_and_two"))
    assert (0, 0, 2, 2) == (kept.connections_opened, kept.connections_closed, kept.most_in_use, kept.backends)
    assert overflowing.connections_opened >= 2 * overflowing.samples
    assert overflowing.connections_opened == overflowing.connections_closed
    assert 4 == overflowing.most_in_use
    # Those of the others, which are idle, are none of theirs.
    assert 2 <= (overflowing.backends or 0) <= 4


def test_a_rate_that_is_kept_limits_the_load(measured: Measured) -> None:
    """Two hundred units a second were asked for and done, which takes the forty of them a fifth of a second."""
    load = load_of(measured.strategy("loads", "on_rate"))
    assert (200.0, "arrival rate") == (load.rate, load.limited_by)
    assert 200 == pytest.approx(load.throughput, rel=0.03)


@pytest.mark.alone
def test_a_pool_that_falls_behind_its_rate_limits_the_load(measured: Measured) -> None:
    """All units are started when they are due, for a task is free; but they wait longer and longer, which is said."""
    strategy = measured.strategy("loads", "behind")
    load = load_of(strategy)
    assert (400.0, "pool", 1) == (load.rate, load.limited_by, load.most_in_use)
    assert any("those that were due wait longer and longer" in note for note in strategy.notes)


def test_a_pool_larger_than_the_server_is_refused_with_both_figures(measured: Measured) -> None:
    """601 connections where the server takes 400 are refused before any call, and the others are measured."""
    refused = measured.strategy("loads", "too_many")
    assert ("failed", None) == (refused.verdict, refused.load)
    assert (refused.reason or "").startswith("its pool may open 601 connections, and the server takes 400")


def test_pools_that_are_too_many_together_are_opened_one_at_a_time() -> None:
    """Each is within what the server takes; none keeps its connections while another is sampled, nor pays for that."""
    found = measure("crowded.pools", database="embedded", budget=6.0).point("pools")
    assert [None] * 5 == [one.reason for one in found.strategies]
    assert [(0, 0, 8)] * 5 == [
        (load.connections_opened, load.connections_closed, load.most_in_use)
        for load in (load_of(one) for one in found.strategies)
    ]


def test_time_outs_of_the_pool_are_told_with_the_units_that_they_cost() -> None:
    """Of two units in each call one gives up, which is borne: counted by the exception's name."""
    load = load_of(measure("crowded.giving_up", database="embedded", budget=3.0).strategy("giving_up", "bears"))
    assert (load.samples, load.samples, {"TimeoutError": load.samples}) == (load.timeouts, load.lost, load.errors)
    assert load.unit is not None
    assert load.samples == load.unit.count


@pytest.mark.alone
def test_a_rate_that_no_process_can_start_is_the_client_s() -> None:
    """A billion units a second are not done; the client's CPU is the limit, and a note says whose the latency is."""
    strategy = measure("crowded.never", database="embedded", budget=3.0).strategy("never", "unproducible")
    assert "client CPU" == load_of(strategy).limited_by
    assert any("this process cannot start them faster" in note for note in strategy.notes)
