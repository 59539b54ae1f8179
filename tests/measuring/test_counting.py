"""What is counted of each strategy: by three witnesses, on every shipped scenario; and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.databases import containers
from bench.discovery import find_modules, load_module
from bench.errors import DatabaseError
from bench.measurement import PointResult, StrategyResult, Witnesses
from bench.measuring.counting import BYPASSED, FAILED_STATEMENTS, OPEN_PORTAL, UNPLANNED
from bench.measuring.options import Options
from bench.measuring.run import Run
from bench.worker.counting import CUT_SHORT, USED_DIRECTLY
from tests.measuring.helpers import Listener, measure, options

Counted = dict[str, dict[str, StrategyResult]]


def counted(chosen: Options) -> Counted:
    """The strategies of each scenario at its typical point, counted."""
    with Run(chosen, Listener()) as run:
        return {scenario.name: {one.name: one for one in point.strategies} for scenario, point in run.count(run.plan())}


def point_of(chosen: Options) -> PointResult:
    """The one point of the one scenario that is chosen, counted."""
    with Run(chosen, Listener()) as run:
        ((_, point),) = run.count(run.plan())
        return point


COUNTED_BY_THEIR_TESTS = {"layers", "pooling"}
"""Modules whose own tests count every scenario of theirs, on the embedded server, and hold the witnesses together."""


@pytest.fixture(scope="module")
def shipped(cache: Path) -> Counted:
    """The shipped scenarios at their typical points, counted on asyncpg: in a container where an engine answers, for
    the tests of the modules count on the embedded server.
    """
    modules = tuple(sorted({name for name, one in find_modules().items() if load_module(one)} - COUNTED_BY_THEIR_TESTS))
    try:
        containers.connect_engine(timeout=30).close()
    except DatabaseError:
        return counted(Options(modules, database="embedded", measures_memory=False))
    return counted(Options(modules, database="docker", measures_memory=False))


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


def test_a_statement_that_depends_on_its_inputs_is_new_in_each_call() -> None:
    """A counted call is given inputs that its connection has not seen, in a run as in a count: what is written into
    the statement is prepared anew.
    """
    names = ("statements", "round_trips", "prepares", "bytes_received")
    chosen = options("asking.asking", database="embedded")
    timed = measure("asking.asking", database="embedded", budget=3.0).point("asking")
    found = [
        {one.name: tuple(getattr(one.counters, name) for name in names) for one in strategies}
        for strategies in (timed.strategies, point_of(chosen).strategies)
    ]
    assert {"beside": (1, 3, 0), "written": (1, 4, 1)} == {name: counted[:3] for name, counted in found[0].items()}
    assert found[0] == found[1]


def test_counting_twice_gives_the_same() -> None:
    """A second worker with another hash seed counts the same, Python calls within a hundredth."""
    chosen = options("planted.slower", database="embedded")
    one, other = (counted(again)["planted.slower"]["once"].counters for again in (chosen, chosen))
    names = ("statements", "executions", "round_trips", "rows", "bytes_sent", "bytes_received", "prepares", "buffers")
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    assert one.python_calls == pytest.approx(other.python_calls, rel=0.01)


def test_dead_rows_of_a_writer_are_counted() -> None:
    """A change or a replacement of two rows leaves two dead ones, a second change two more; WAL is written."""
    found = point_of(options("distant.leaving", database="embedded"))
    dead = {one.name: one.counters.dead_tuples for one in found.strategies}
    assert {"changing": 2, "replacing": 2, "changing_twice": 4} == dead
    assert all((one.counters.wal_bytes or 0) > 0 for one in found.strategies)


def test_on_sqlite_there_is_one_witness() -> None:
    """Where there is no wire and no statistics, both say why, and the events stand alone."""
    found = point_of(options("planted.slower", database="sqlite")).strategies[0]
    unseen = {"wire": "SQLite has no wire", "server": "SQLite keeps no statistics"}
    assert Witnesses(20, None, None, unseen) == found.witnesses
    assert (None, "SQLite keeps no statistics") == (found.server_ms, found.server_unseen)


def test_a_tap_that_dies_fails_the_strategy_that_it_served() -> None:
    """The one whose call it was fails with that reason; those after it are counted through a new tap."""
    found = {one.name: one for one in point_of(options("distant.tapped", database="embedded")).strategies}
    assert "the tap, the relay that its calls went through, was killed by SIGKILL" == found["killing"].reason
    assert ["failed", None, None] == [found[name].verdict for name in ("killing", "before", "after")]
    assert [3, 3] == [found[name].counters.round_trips for name in ("before", "after")]


def test_a_server_that_closes_in_the_middle_fails_one_strategy() -> None:
    """A strategy whose connection the server closes has failed by itself; the others are counted."""
    found = {one.name: one for one in point_of(options("distant.cut", database="embedded")).strategies}
    assert ["failed", None, None] == [found[name].verdict for name in ("terminated", "whole", "whole_too")]
    assert [3, 3] == [found[name].counters.round_trips for name in ("whole", "whole_too")]


def test_nothing_on_the_wire_is_no_count_of_zero() -> None:
    """A strategy of which nothing crosses the wire, and that has no state to answer from, has no counts of the wire."""
    found = {one.name: one for one in point_of(options("distant.aside", database="embedded")).strategies}
    counters = found["around"].counters
    assert (None, None, None) == (counters.round_trips, counters.bytes_sent, found["around"].witnesses.wire)
    assert (BYPASSED,) == tuple(found["around"].notes)
    assert 3 == found["through"].counters.round_trips


def test_what_the_server_does_not_count_is_null() -> None:
    """A prepared DO is counted by events and wire; the server's part is null with the reason, and no dispute."""
    found = {one.name: one for one in point_of(options("distant.utility", database="embedded")).strategies}
    assert Witnesses(1, 1, None, {"server": UNPLANNED}) == found["unplanned"].witnesses
    assert (None, UNPLANNED) == (found["unplanned"].counters.buffers, found["unplanned"].server_unseen)
    assert 1 == found["planned"].witnesses.server


def test_what_a_cursor_costs_the_server_is_not_known() -> None:
    """A cursor that is open at the rollback is in no statistics: its time there and its buffers are null, not 0."""
    found = {
        one.name: one for one in measure("distant.utility", database="embedded", budget=3.0).point("utility").strategies
    }
    streaming = found["streaming"]
    assert Witnesses(1, 1, None, {"server": OPEN_PORTAL}) == streaming.witnesses
    assert (None, None, None, OPEN_PORTAL) == (
        streaming.server_ms,
        streaming.waiting_ms,
        streaming.counters.buffers,
        streaming.server_unseen,
    )
    assert (found["planned"].server_ms or 0) > 0
