"""The catalogue, counted by three witnesses: events, the wire and the server agree on every shipped strategy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.databases.embedded import open_embedded
from bench.discovery import find_modules, load_module
from bench.measurement import StrategyResult, Witnesses
from bench.measuring.counting import FAILED_STATEMENTS, OPEN_PORTAL, UNPLANNED
from bench.measuring.options import Options
from bench.measuring.run import Run
from bench.worker.counting import CUT_SHORT, USED_DIRECTLY
from tests.databases.helpers import ignore
from tests.databases.somebodys import application, dumped
from tests.databases.test_url import url_of
from tests.measuring.helpers import Listener

Counted = dict[str, dict[str, StrategyResult]]


@dataclass(frozen=True)
class Beside:
    """What was counted beside somebody's databases, and dumps of these from before and after."""

    counted: Counted
    before: str
    after: str


@pytest.fixture(scope="module")
def beside(cache: Path) -> Iterator[Beside]:
    """The whole catalogue at its typical points, counted on asyncpg, by URL on a server that somebody uses."""
    with open_embedded({}, say=ignore) as server, application(server.maintenance):
        before = dumped(server.maintenance, but=[one.name for one in server.owned_databases()])
        with Run(Options((), database=url_of(server.maintenance), jobs=2, measures_memory=False), Listener()) as run:
            counted = {
                scenario.name: {one.name: one for one in point.strategies} for scenario, point in run.count(run.plan())
            }
        after = dumped(server.maintenance, but=[one.name for one in server.owned_databases()])
        yield Beside(counted, before, after)


@pytest.fixture(scope="module")
def shipped(beside: Beside) -> Counted:
    """The strategies of each shipped scenario."""
    return beside.counted


def test_nothing_of_somebodys_is_changed_by_the_whole_catalogue(beside: Beside) -> None:
    """By dumps of all that is not ours, the server is as it was before every scenario was counted on it."""
    modules = {name for name, one in find_modules().items() if load_module(one)}
    assert modules == {name.partition(".")[0] for name in beside.counted}
    assert beside.before == beside.after


def test_the_witnesses_agree_on_every_shipped_strategy(shipped: Counted) -> None:
    """Those of events, wire and server that saw a strategy's call counted as many executions; one that did not has a
    reason, which is none of the harness's own failing; of loading, each saw every call.
    """
    strategies = {f"{name}:{one.name}": one for name, them in shipped.items() for one in them.values()}
    seen = {name: one.witnesses for name, one in strategies.items() if one.verdict is None and not one.demonstration}
    assert len(seen) > 200
    assert {} == {name: found for name, found in seen.items() if not found.agree}
    blind = {name: found for name, found in seen.items() if None in (found.events, found.wire, found.server)}
    assert [] == [name for name in blind if name.startswith("loading.")]
    by_design = {USED_DIRECTLY, CUT_SHORT, FAILED_STATEMENTS, OPEN_PORTAL, UNPLANNED}
    assert {} == {name: found.unseen for name, found in blind.items() if not set(found.unseen.values()) <= by_design}
    assert {} == {name: found for name, found in blind.items() if len(found.unseen) != _unknown(found)}


def _unknown(found: Witnesses) -> int:
    return [found.events, found.wire, found.server].count(None)


def test_nothing_shipped_fails_or_differs(shipped: Counted) -> None:
    """Every shipped strategy is proved equal at its typical point, or declines it."""
    verdicts = {one.verdict for them in shipped.values() for one in them.values()}
    assert verdicts <= {None, "skipped"}


def test_what_a_lazy_load_costs_is_named(shipped: Counted) -> None:
    """A hundred authors' posts one by one: 103 round trips with BEGIN and ROLLBACK, and an N+1 that is named."""
    lazy = shipped["loading.one_to_many"]["lazy"]
    counters = lazy.counters
    assert (101, 101, 103, 2) == (
        counters.statements,
        counters.executions,
        counters.round_trips,
        counters.transaction_commands,
    )
    (load,) = lazy.repeated_loads
    assert ("User.posts", "lazy", 100) == (load.relationship, load.kind, load.count)
    selectin = shipped["loading.one_to_many"]["selectin"]
    assert (4, ()) == (selectin.counters.round_trips, tuple(selectin.repeated_loads))


def test_buffers_are_counted(shipped: Counted) -> None:
    """Each warm call has its buffers, hit and read; where nothing is timed there are no times."""
    for one in shipped["loading.one_to_many"].values():
        if one.verdict is None:
            assert (None, None) == (one.server_ms, one.server_unseen)
            assert one.counters.buffers == (one.counters.buffers_hit or 0) + (one.counters.buffers_read or 0) > 0


def test_each_statement_has_its_plan(shipped: Counted) -> None:
    """Each distinct SELECT has its plan with what was actual, and the hash of the plan's shape."""
    for statement in shipped["loading.one_to_many"]["selectin"].statements:
        assert "Actual Rows" in statement.plan["Plan"]
        assert statement.plan_shape is not None
        assert 12 == len(statement.plan_shape)
