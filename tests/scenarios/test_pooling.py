"""The pooling scenario: what a unit of work pays for its connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.measurement import StrategyResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from tests.measuring.helpers import Listener


@pytest.fixture(scope="module")
def checkout(cache: Path) -> dict[str, StrategyResult]:
    """Each strategy with one read, counted on PostgreSQL."""
    with Run(Options(selectors=["pooling.checkout"], database="embedded"), Listener()) as run:
        ((_, point),) = run.count(run.plan())
        return {one.name: one for one in point.strategies}


def test_a_connection_in_the_pool_costs_nothing_of_its_own(checkout: dict[str, StrategyResult]) -> None:
    """One read is BEGIN, the statement and ROLLBACK, whatever the pool keeps or how long."""
    for name in ("queue", "recycled_hourly", "static"):
        counters = checkout[name].counters
        assert (3, 0, 0) == (counters.round_trips, counters.pings, counters.connections)


def test_a_test_before_use_is_a_transaction_of_its_own(checkout: dict[str, StrategyResult]) -> None:
    """The pre-ping sends BEGIN, an empty query and ROLLBACK: twice the round trips, alone or with all the advice."""
    for name in ("pre_ping", "as_advised"):
        counters = checkout[name].counters
        assert (6, 1, 0, 1) == (counters.round_trips, counters.pings, counters.connections, counters.statements)


def test_no_pool_connects_for_each_use(checkout: dict[str, StrategyResult]) -> None:
    """NullPool opens a connection in a warm call: SCRAM's three round trips and the session's start-up among 7."""
    counters = checkout["null"].counters
    assert (1, 7, 1) == (counters.connections, counters.round_trips, counters.statements)
