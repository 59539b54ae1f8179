"""The pooling scenario: what a unit of work pays for its connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.measurement import StrategyResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from tests.measuring.helpers import Listener
from tests.scenarios.helpers import scenarios_of

CHECKOUT = scenarios_of("pooling")["checkout"]


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


def test_a_connection_that_is_not_kept_is_opened_for_each_use(checkout: dict[str, StrategyResult]) -> None:
    """NullPool opens a connection in a warm call, as does a pool that recycles at once: SCRAM's three round trips and
    the session's start-up among 7.
    """
    for name in ("null", "recycled_at_once"):
        counters = checkout[name].counters
        assert (1, 7, 1) == (counters.connections, counters.round_trips, counters.statements)


def test_all_pools_but_those_of_another_kind_have_the_same_size() -> None:
    """Five connections and ten more, so that no setting is compared at another size."""
    options = {name: one.engine_options for name, one in CHECKOUT.strategies.items()}
    assert {
        "queue": (5, 10),
        "pre_ping": (5, 10),
        "recycled_hourly": (5, 10),
        "recycled_at_once": (5, 10),
        "as_advised": (5, 10),
        "static": (None, None),
        "null": (None, None),
    } == {name: (one.get("pool_size"), one.get("max_overflow")) for name, one in options.items()}
