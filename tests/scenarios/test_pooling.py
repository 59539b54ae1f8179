"""The pooling scenario: what a unit of work pays for its connection."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.databases.bouncer import find_program, missing
from bench.measurement import StrategyResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from tests.measuring.helpers import Listener
from tests.scenarios.helpers import counted_on_postgresql, scenarios_of

CHECKOUT = scenarios_of("pooling")["checkout"]


@pytest.fixture(scope="module")
def checkout(cache: Path) -> dict[str, StrategyResult]:
    """Each strategy with one read, counted on PostgreSQL."""
    with Run(Options(selectors=["pooling.checkout"], database="embedded", measures_memory=False), Listener()) as run:
        ((_, point),) = run.count(run.plan())
        assert [] == [one.name for one in point.strategies if not one.witnesses.agree]
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


LOADS = ("sizes", "settings", "holding", "transactions", "arrivals", "drivers", "exhaustion", "sharing")


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[str, dict[str, StrategyResult]]:
    """Each strategy of the scenarios with many tasks, counted on PostgreSQL."""
    selectors = [f"pooling.{name}" for name in LOADS]
    with Run(Options(selectors=selectors, database="embedded", measures_memory=False), Listener()) as run:
        return {
            scenario.name.partition(".")[2]: {one.name: one for one in point.strategies}
            for scenario, point in run.count(run.plan())
        }


@pytest.mark.parametrize("name", LOADS)
def test_strategies_under_load_do_the_same(counted: dict[str, dict[str, StrategyResult]], name: str) -> None:
    """None differs from its baseline or fails; `StaticPool` alone is skipped, which more than one task would share."""
    verdicts = {one.name: one.verdict for one in counted[name].values() if one.verdict is not None}
    assert ({"one_for_all": "skipped"} if name == "sizes" else {}) == verdicts
    assert [] == [one.name for one in counted[name].values() if not one.witnesses.agree]


def test_a_load_sends_a_statement_for_each_unit(counted: dict[str, dict[str, StrategyResult]]) -> None:
    """Of sixty units each has BEGIN, its statement and ROLLBACK; a pool without connections opens one for each."""
    by_name = counted["sizes"]
    for name in ("size_1", "size_2", "size_5", "size_15"):
        counters = by_name[name].counters
        assert (60, 120, 0) == (counters.executions, counters.transaction_commands, counters.connections)
    assert 60 == by_name["no_pool"].counters.connections
    assert (by_name["size_5_overflow_10"].counters.connections or 0) > 0


def test_what_the_settings_send_is_counted(counted: dict[str, dict[str, StrategyResult]]) -> None:
    """A pool that tests its connections pings before each unit, the others never."""
    pings = {name: one.counters.pings for name, one in counted["settings"].items()}
    assert {"plain": 0, "tested": 60, "kept_an_hour": 0, "kept_briefly": 0, "last_in_first_out": 0} == pings


def test_a_connection_given_back_is_another_transaction(counted: dict[str, dict[str, StrategyResult]]) -> None:
    """Who holds it has one transaction a unit, who gives it back two, with the same statements."""
    found = {
        name: (one.counters.executions, one.counters.transaction_commands) for name, one in counted["holding"].items()
    }
    assert {"held": (120, 120), "given_back": (120, 240), "another_session": (120, 240)} == found


def test_statements_that_nobody_remembers_are_prepared_each_time(
    counted: dict[str, dict[str, StrategyResult]],
) -> None:
    """Without caches each of sixty units parses its statement, and asyncpg does so again to execute it, for it has
    no name that would keep it; with caches none of a warm load does.
    """
    assert {"prepared": 0, "not_prepared": 120} == {
        name: counted["drivers"][name].counters.prepares for name in ("prepared", "not_prepared")
    }


BEHIND_IT = ("no_pool_behind_it", "pool_behind_it", "unnamed_behind_it")


@pytest.fixture(scope="module")
def bouncer(cache: Path) -> dict[str, StrategyResult]:
    """Each strategy of the scenario with PgBouncer, counted on PostgreSQL."""
    if find_program() is None:
        pytest.skip(missing("pgbouncer"))
    return counted_on_postgresql("pooling.bouncer")["bouncer"]


@pytest.mark.pgbouncer
def test_strategies_behind_pgbouncer_do_the_same(bouncer: dict[str, StrategyResult]) -> None:
    """None differs from its baseline or fails, and the witnesses agree; what is of another version is skipped."""
    by_version = {"remembered_behind_it", "followed_behind_it"}
    assert {None} == {one.verdict for one in bouncer.values() if one.name not in by_version}
    assert 1 == sum(bouncer[name].verdict == "skipped" for name in by_version)
    for name in ("pool_alone", "unnamed_alone", "no_pool_alone", *BEHIND_IT):
        witnesses = bouncer[name].witnesses
        assert (60, 60, 60) == (witnesses.events, witnesses.wire, witnesses.server)


@pytest.mark.pgbouncer
def test_what_goes_to_pgbouncer_for_each_unit(bouncer: dict[str, StrategyResult]) -> None:
    """A pool behind it closes a statement with a name in a round trip of its own; without a pool there is a connection
    for each unit, in as many round trips as straight to the server.
    """
    found = {name: (one.counters.connections, one.counters.round_trips) for name, one in bouncer.items()}
    assert ((0, 180), (0, 240)) == (found["pool_alone"], found["unnamed_alone"])
    assert (60, 420) == found["no_pool_alone"]
    assert (60, 420) == found["no_pool_behind_it"]
    assert (0, 300) == found["pool_behind_it"]
    assert (0, 240) == found["unnamed_behind_it"]


@pytest.mark.pgbouncer
def test_statements_that_are_remembered_are_lost_behind_an_older_pgbouncer(bouncer: dict[str, StrategyResult]) -> None:
    """A transaction is lent another connection than the one on which its statement was prepared."""
    shown = bouncer["remembered_behind_it"]
    if shown.verdict == "skipped":
        assert "requires pgbouncer<1.21" in (shown.reason or "")
    else:
        assert re.fullmatch(r'DBAPIError: prepared statement "__asyncpg_stmt_\w+__" does not exist', shown.error or "")


def test_demonstrations_show_what_the_caller_sees(counted: dict[str, dict[str, StrategyResult]]) -> None:
    """A pool that is used up raises TimeoutError with its size; a session that tasks share raises too."""
    assert (counted["exhaustion"]["impatient"].error or "").startswith(
        "TimeoutError: QueuePool limit of size 1 overflow 0 reached"
    )
    assert (counted["sharing"]["gathered_on_one"].error or "").startswith(
        ("IllegalStateChangeError", "InvalidRequestError")
    )
