"""Several points at once: each is done once, what is counted is the same, and nothing goes on when one has failed."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from threading import Barrier, Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DatabaseError
from bench.measurement import PointResult
from bench.measuring.lanes import Together, side_by_side
from bench.measuring.run import Run
from bench.measuring.session import Session
from tests.measuring.helpers import Listener, options

Give = Callable[[], AbstractContextManager[Any]]


class Halt:
    """All that lanes ask of a session: whoever waits in it can be interrupted."""

    def __init__(self) -> None:
        self.interrupted = Event()

    def interrupt(self) -> None:
        self.interrupted.set()

    def wait(self) -> None:
        """Wait as for a worker: until it is interrupted."""
        assert self.interrupted.wait(60)
        raise KeyboardInterrupt


def sessions(count: int) -> list[Give]:
    """So many sessions."""
    return [lambda: nullcontext(Halt())] * count


def until_interrupted(session: Any, number: int, one: str) -> None:
    """Work that takes for ever."""
    session.wait()


@given(todo=st.lists(st.integers(), max_size=50), lanes=st.integers(1, 5))
def test_each_is_done_once(todo: list[int], lanes: int) -> None:
    """However many lanes there are, each has its place and is done exactly once."""
    done = list(side_by_side(todo, sessions(lanes), lambda session, number, one: (number, one)))

    assert [(one, (number, one)) for number, one in enumerate(todo)] == sorted(done, key=lambda pair: pair[1][0])


def test_lanes_work_at_the_same_time() -> None:
    """Three that wait for each other come to an end in three lanes."""
    barrier = Barrier(3)

    assert 3 == len(list(side_by_side("abc", sessions(3), lambda session, number, one: barrier.wait(60))))


def test_the_first_error_ends_all_lanes() -> None:
    """What one lane raises is raised here, when the others were interrupted in what they were at."""
    both = Barrier(2)

    def work(session: Any, number: int, one: str) -> None:
        both.wait(60)
        if one == "bad":
            raise DatabaseError("the server has gone")
        session.wait()

    with pytest.raises(DatabaseError, match="the server has gone"):
        list(side_by_side(["bad", "good", "never begun"], sessions(2), work))


def test_a_lane_that_cannot_be_opened_ends_all() -> None:
    """Where a second session cannot be had, the run fails as it would with one."""

    def refused() -> AbstractContextManager[Any]:
        raise DatabaseError("the server has no connection left")

    with pytest.raises(DatabaseError, match="no connection left"):
        list(side_by_side("abc", [*sessions(1), refused], until_interrupted))


def test_who_looks_no_further_ends_all_lanes() -> None:
    """A lane is interrupted when nobody waits for what it makes any more."""
    waited: list[Halt] = []

    def work(session: Any, number: int, one: str) -> str:
        if one == "second":
            waited.append(session)
            session.wait()
        return one

    both = side_by_side(["first", "second"], sessions(2), work)
    assert ("first", "first") == next(both)
    both.close()
    assert all(session.interrupted.is_set() for session in waited)


def test_an_interruption_loses_nothing_that_was_made() -> None:
    """Ctrl-C ends the lanes and is raised nowhere: what they had made by then, and what came of the rest, is given."""

    def work(session: Any, number: int, one: str) -> str:
        if one == "second":
            with suppress(KeyboardInterrupt):
                session.wait()
            return "cut short"
        return "whole"

    before = signal.getsignal(signal.SIGINT)
    found = []
    for one, made in side_by_side(["first", "second", "never begun"], sessions(2)[:2], work):
        found.append((one, made))
        if one == "first":
            signal.raise_signal(signal.SIGINT)

    assert [("first", "whole"), ("second", "cut short")] == [one for one in found if one[0] != "never begun"]
    assert before == signal.getsignal(signal.SIGINT)


def test_a_second_session_looks_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows those of the first, which may not be parsed in several threads at the same time."""

    def find(places: Any) -> Any:
        raise AssertionError("modules were looked for again")

    with Session(options("planted.slower", database="sqlite"), Listener()) as one:
        monkeypatch.setattr("bench.measuring.session.find_modules", find)
        with one.another() as other:
            assert one.scenarios() == other.scenarios()


def test_what_is_counted_repeats() -> None:
    """Counted again alone, all is the same, of readers and of writers; counted in two lanes, at the same time on the
    same server, all but buffers and WAL, which depend on the transactions of both.
    """

    def counted(jobs: int) -> dict[str, Any]:
        chosen = options(
            "distant.leaving",
            "planted.slower",
            "planted.writes",
            "remembering.clearing",
            database="embedded",
            jobs=jobs,
        )
        with Run(chosen, Listener()) as run:
            found = {scenario.name: point for scenario, point in run.count(run.plan())}
        return {f"{name}:{one}": exact for name, point in found.items() for one, exact in _exact(point).items()}

    alone, again, together = counted(1), counted(1), counted(2)
    assert alone == again
    assert {name: found[2:] for name, found in alone.items()} == {name: found[2:] for name, found in together.items()}


def _exact(point: PointResult) -> dict[str, Any]:
    # All but bytes sent, in which asyncpg's names of prepared statements are, with a number for the process.
    names = ["statements", "executions", "round_trips", "rows", "prepares", "bytes_received"]
    names += ["orm_objects", "dead_tuples"]
    return {
        one.name: (
            one.counters.buffers,
            one.counters.wal_bytes,
            one.verdict,
            *(getattr(one.counters, name) for name in names),
        )
        for one in point.strategies
    }


def test_steps_of_several_points_are_not_shown() -> None:
    """Of what is proved just now nobody could tell in which lane; points and long work are shown."""
    listener = Listener()
    together = Together(listener)
    together.say("making the dataset")
    together.step("proving it")

    assert ["making the dataset"] == listener.lines
