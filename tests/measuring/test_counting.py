"""What is counted of each strategy by three witnesses, and what is said where one of them cannot see it."""

from __future__ import annotations

import pytest

from bench.measurement import PointResult, Witnesses
from bench.measuring.counting import BYPASSED, OPEN_PORTAL, UNPLANNED
from bench.measuring.options import Options
from bench.measuring.run import Run
from tests.measuring.helpers import Listener, measure, options


def point_of(chosen: Options) -> PointResult:
    """The one point of the one scenario that is chosen, counted."""
    with Run(chosen, Listener()) as run:
        ((_, point),) = run.count(run.plan())
        return point


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
    both = [{each.name: each.counters for each in point_of(chosen).strategies} for _ in range(2)]
    one, other = (found["once"] for found in both)
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
