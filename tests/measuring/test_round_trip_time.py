"""A run at several round-trip times: what is proved once, what is timed at each, and what the estimate is worth."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.measurement import PointResult, StrategyResult
from bench.measuring import tapping
from bench.measuring.contest import Contest
from bench.measuring.run import Run
from bench.measuring.session import Session
from bench.measuring.tap_process import TapProcess, Way
from bench.measuring.worker_process import WorkerProcess
from bench.points import Point
from bench.reports.sentences import answer
from bench.round_trip_time import with_measured
from tests.measuring.helpers import Listener, Measured, measure, options


@pytest.fixture(scope="module")
def measured(cache: Path) -> Measured:
    """A run at 0, 1 and 5 ms."""
    return measure("distant.distant", database="embedded", budget=16.0, rtts_ms=(0.0, 1.0, 5.0))


def by_rtt(measured: Measured) -> dict[float, PointResult]:
    """Its points by the time that was asked for."""
    return {point.rtt_ms: point for _, point in measured.results}


def strategies(point: PointResult) -> Mapping[str, StrategyResult]:
    """The strategies of a point by name."""
    return {one.name: one for one in point.strategies}


@pytest.mark.alone
def test_each_round_trip_time_is_a_point(measured: Measured) -> None:
    """Each time asked for has a point of its own with verdicts, all with the same proof and counts."""
    assert [0.0, 1.0, 5.0] == list(by_rtt(measured))
    for point in by_rtt(measured).values():
        assert {"many_trips": 9, "few_trips": 3, "at_once": 9} == {
            one.name: one.counters.round_trips for one in point.strategies
        }
    assert 3 == sum(step.startswith("proving and counting") for step in measured.listener.steps)
    assert 3 == sum(step.endswith("alone") for step in measured.listener.steps)


@pytest.mark.alone
def test_samples_of_one_time_are_not_those_of_another(measured: Measured) -> None:
    """No point has more samples of a strategy than it had rounds, and none shares them with another point."""
    for point in by_rtt(measured).values():
        for one in point.strategies:
            assert 0 < len(one.samples_ns) <= point.rounds
    at_1, at_5 = (set(strategies(by_rtt(measured)[rtt])["many_trips"].samples_ns) for rtt in (1.0, 5.0))
    assert set() == at_1 & at_5


@pytest.mark.alone
def test_what_is_really_added_is_kept(measured: Measured) -> None:
    """With 0 calls go straight to the server, and through the tap as well; else what was added is told."""
    points = by_rtt(measured)
    assert points[0.0].rtt_added_ms is None
    assert points[0.0].tapped_rtt_ms is not None
    assert all(one.tapped_ms is not None for one in points[0.0].strategies)
    assert all(points[rtt].rtt_added_ms is not None and points[rtt].tapped_rtt_ms is None for rtt in (1.0, 5.0))


@pytest.mark.alone
def test_time_is_added_to_every_round_trip(measured: Measured) -> None:
    """Nine round trips at 5 ms take 40 ms or more, nine on three connections at once a good deal less."""
    found = strategies(by_rtt(measured)[5.0])
    assert (found["many_trips"].median_ms or 0) > 40
    assert "faster" == found["few_trips"].verdict
    assert "faster" == found["at_once"].verdict


@pytest.mark.alone
def test_the_estimate_is_held_against_the_measurement(measured: Measured) -> None:
    """At 1 ms the median and nine round trips are near what is measured there; the measurement takes its place."""
    points = by_rtt(measured)
    straight = strategies(points[0.0])["many_trips"]
    median_ms = strategies(points[1.0])["many_trips"].median_ms
    assert straight.at_1ms_ms is not None
    assert median_ms is not None
    assert straight.at_1ms_ms == pytest.approx((straight.median_ms or 0) + 9.0)
    assert 0.6 < straight.at_1ms_ms / median_ms < 1.6
    replaced = strategies(with_measured(list(points.values()))[0])["many_trips"]
    assert (median_ms, True) == (replaced.at_1ms_ms, replaced.at_1ms_measured)


@pytest.mark.alone
def test_there_is_no_estimate_for_several_connections(measured: Measured) -> None:
    """A call that uses three connections at once is measured at 1 ms, and never estimated."""
    assert strategies(by_rtt(measured)[0.0])["at_once"].at_1ms_ms is None


@pytest.mark.alone
def test_the_parts_of_the_time_add_up(measured: Measured) -> None:
    """Client CPU, server and waiting, less what overlaps, are the median; nothing is negative."""
    for point in by_rtt(measured).values():
        for one in point.strategies:
            parts = (one.cpu_ms, one.server_ms, one.waiting_ms, one.overlap_ms)
            assert all(part is not None and part >= 0 for part in parts)
            cpu, server, waiting, overlap = (part or 0.0 for part in parts)
            assert one.median_ms == pytest.approx(cpu + server + waiting - overlap)


def test_a_tap_that_dies_in_the_rounds_fails_one_strategy() -> None:
    """Timed through the tap, the strategy that kills it is out with that reason, and the others are timed anew."""
    found = strategies(measure("distant.tapped", database="embedded", budget=3.0, rtts_ms=(1.0,)).point("tapped"))
    assert "the tap, the relay that its calls went through, was killed by SIGKILL" == found["killing"].reason
    assert all(len(found[name].samples_ns) >= 6 for name in ("before", "after"))


def test_sqlite_is_refused() -> None:
    """Where there is no wire, no time can be added to it, and the message says so."""
    with (
        Run(options("distant.distant", database="sqlite", rtts_ms=(0.0, 1.0)), Listener()) as run,
        pytest.raises(UsageError, match="SQLite runs inside the worker, so there are no round trips to lengthen"),
    ):
        run.plan()


@pytest.mark.alone
def test_the_answer_says_where_the_winner_stays(measured: Measured) -> None:
    """The sentence speaks of the round-trip times that were measured."""
    from bench.measurement import ScenarioResult

    scenario = ScenarioResult("distant", typical={"size": 3}, points=list(by_rtt(measured).values()))
    assert "added round-trip time" in answer(scenario)


def test_what_goes_round_the_tap_does_not_win_at_a_distance() -> None:
    """A strategy of which nothing crosses the wire is measured where no time is added, and skipped where time is."""
    found = by_rtt(measure("distant.aside", database="embedded", budget=4.0, rtts_ms=(0.0, 2.0)))
    assert strategies(found[0.0])["around"].at_1ms_ms is None
    around = strategies(found[2.0])["around"]
    assert ("skipped", "its calls do not go through the tap, so no time can be added to them") == (
        around.verdict,
        around.reason,
    )
    assert ["through"] == list(found[2.0].winners)


def test_a_slow_call_is_warm_when_it_is_timed() -> None:
    """Where a call is slow for its share, its connection is open before the first sample, at each round-trip time."""
    found = by_rtt(
        measure("distant.distant", database="embedded", budget=14.0, rtts_ms=(30.0, 31.0), chosen={"size": "3"})
    )
    for rtt_ms, point in found.items():
        # Nine round trips; connecting would take thirteen more.
        assert max(strategies(point)["many_trips"].samples_ns) < 15 * rtt_ms * 1e6
        assert all(one.cold_ms is None for one in point.strategies)


def test_no_time_is_added_to_what_warms_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a strategy is warmed up the tap holds nothing, and in the rounds what was asked for; one that uses several
    connections waits, for nobody can reckon what that takes.
    """
    held = [0.0]
    warmed: dict[str, bool] = {}
    sampled: set[bool] = set()
    hold, ask = TapProcess.hold, WorkerProcess.ask

    def noting_hold(tap: TapProcess, way: Way, seconds: float) -> None:
        held.append(seconds)
        hold(tap, way, seconds)

    def noting_ask(worker: WorkerProcess, op: str, **arguments: Any) -> Any:
        if op == "warm_up":
            warmed[arguments["alias"]] = held[-1] > 0
        elif op == "round":
            sampled.add(held[-1] > 0)
        return ask(worker, op, **arguments)

    monkeypatch.setattr(TapProcess, "hold", noting_hold)
    monkeypatch.setattr(WorkerProcess, "ask", noting_ask)
    found = by_rtt(measure("distant.distant", database="embedded", budget=2.0, rtts_ms=(5.0,)))
    assert {"many_trips": False, "few_trips": False, "at_once": True} == warmed
    assert {True} == sampled
    assert 45 < strategies(found[5.0])["many_trips"].median_ms


def test_a_tap_that_dies_while_calls_warm_up_is_nobody_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tap is killed once, in whose call ever, a new one is had, all are timed, and a note says so."""
    taps: list[int] = []
    through: list[bool] = []
    started, ask = TapProcess.__init__, WorkerProcess.ask

    def noting(tap: TapProcess) -> None:
        started(tap)
        taps.append(tap.pid)

    def killing_once(worker: WorkerProcess, op: str, **arguments: Any) -> Any:
        if op == "open_strategy":
            through.append(arguments["address"] != arguments["straight"])
        if op == "warm_up" and through[-1] and 1 == len(taps):
            os.kill(taps[0], signal.SIGKILL)
        return ask(worker, op, **arguments)

    monkeypatch.setattr(TapProcess, "__init__", noting)
    monkeypatch.setattr(WorkerProcess, "ask", killing_once)
    point = measure("distant.distant", database="embedded", budget=3.0, rtts_ms=(2.0,)).point("distant")
    assert 2 == len(taps)
    assert all(one.samples_ns and one.reason is None for one in point.strategies)
    assert any("the tap, the relay that its calls went through, was killed by SIGKILL" in note for note in point.notes)


@pytest.mark.alone
def test_long_calls_are_not_sampled_through_the_tap_with_no_time_added() -> None:
    """Where a round takes longer than the quarter of the time that is kept for it, nothing is known of that way."""
    for budget, tapped in ((0.002, False), (4.0, True)):
        found = by_rtt(measure("distant.distant", database="embedded", budget=budget, rtts_ms=(0.0, 1.0)))
        assert tapped == (found[0.0].tapped_rtt_ms is not None)
        assert tapped == all(one.tapped_ms is not None for one in found[0.0].strategies)


def test_a_tap_that_dies_while_it_is_calibrated_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tap that is killed before it is calibrated costs nothing: a new one is."""
    with Session(options("distant.distant", database="embedded"), Listener()) as session:
        assert session.tapping is not None
        session.tapping.for_timing(session.tapping._server.maintenance)
        tap = session.tapping._tap
        assert tap is not None
        calibrate = tapping.calibrate

        def once_killed(*arguments: Any) -> Any:
            monkeypatch.undo()
            os.kill(tap.pid, signal.SIGKILL)
            return calibrate(*arguments)

        monkeypatch.setattr(tapping, "calibrate", once_killed)
        assert session.tapping.add(3.0) == pytest.approx(3.0, abs=0.5)


def test_the_first_call_of_an_engine_says_nothing_of_the_next() -> None:
    """Where there is time for one call to warm up with, SQLAlchemy asks the server in it for what it is, which takes
    ten times as long: what is known of a call from before stays.
    """
    with Run(options("layers.autocommit", database="embedded"), Listener()) as run:
        ((scenario, names),) = run._session.selected()
        entrants = {name: name for name in names}
        contest = Contest(
            run._session, scenario, Point(dict(scenario.typical)), entrants, scenario.baseline, share=0.05
        )
        contest.open()
        for one in contest.running:
            one.call_ns = 1e6
        contest.warm_up()
        contest.close()
        assert max(one.call_ns for one in contest.running) <= 1e6
        assert len(contest.running) >= 7
