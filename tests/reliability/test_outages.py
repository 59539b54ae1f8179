"""What a run needs is struck in its midst: it is had again, what that cut off is done anew, and nobody is blamed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from bench.cli.main import _run
from bench.databases import containers, postgres
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.errors import DatabaseError
from bench.measurement import PointResult
from bench.measuring import standstill
from bench.measuring.launch_noise import compare_launches
from bench.measuring.run import Run
from bench.measuring.session import ServerLostError, Session
from bench.measuring.watching import Estimate
from tests.cli.helpers import only_result
from tests.databases.helpers import cache_apart, ignore, is_alive
from tests.measuring.cases.struck import BLOW, FROM, MARKS
from tests.measuring.helpers import CASES, Listener, options
from tests.reliability.observing import Observer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

STARTED_AGAIN = "the server ended and was started again: what that cut off was done anew"
CAME_BACK = "the server ended and came back: what that cut off was done anew"
ROUNDS = 5
"""Rounds that are made before a server is lost."""


class Striking(Listener):
    """Does something to a session, once it has made some rounds: between two of them."""

    def __init__(self, strike: Callable[[Session], None], rounds: int = 1) -> None:
        super().__init__()
        self._after = rounds
        self.session: Session | None = None
        self._strike = strike

    def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
        super().estimates(estimates, rounds, seconds_left)
        if rounds >= self._after and self.session is not None:
            session, self.session = self.session, None
            self._strike(session)


@pytest.fixture(scope="module", autouse=True)
def cache_of_its_own() -> Iterator[Path]:
    """A cache directory whose server no other test uses: it is killed."""
    with cache_apart() as directory:
        yield directory


@pytest.fixture
def strike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the strategy that strikes do so, once."""

    def set_up(blow: str) -> None:
        monkeypatch.setenv(BLOW, blow)
        monkeypatch.setenv(MARKS, str(tmp_path))

    return set_up


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that somebody else has started, for a run that knows of it by its URL."""
    with open_embedded({}, say=ignore) as opened:
        yield opened


def url_of(server: PostgresServer) -> str:
    """The URL of a server's maintenance database."""
    at = server.maintenance
    assert at.user is not None
    assert at.password is not None
    return f"postgresql://{at.user}:{quote(at.password)}@/postgres?{urlencode({'host': at.host, 'port': at.port})}"


def kill(server: Server) -> None:
    """End the first process of a server."""
    assert isinstance(server, PostgresServer)
    assert server._own is not None
    process = server._own.process()
    assert process is not None
    os.kill(process, signal.SIGKILL)


def measured(
    database: str = "embedded", listener: Listener | None = None, selector: str = "struck", **given: Any
) -> PointResult:
    """The one point of a run."""
    listener = listener or Listener()
    with Run(options(selector, database=database, **{"budget": 3.0, **given}), listener) as run:
        if isinstance(listener, Striking):
            listener.session = run._session
        (point,) = [found for _, found in run.measure(run.plan())]
    return point


def reason(point: PointResult) -> str:
    """Why the strategy that strikes has failed; the other one was measured."""
    steady, struck = point.strategies
    assert (None, "failed") == (steady.verdict, struck.verdict)
    assert point.finished
    assert len(steady.samples_ns) >= 6
    return struck.reason or ""


def assert_both_were_measured(point: PointResult) -> None:
    """Nobody has failed, and both have rounds in common, from before and after."""
    assert point.finished
    assert not {"failed", "differs", "skipped"} & {one.verdict for one in point.strategies}
    steady, struck = (set(one.rounds) for one in point.strategies)
    assert len(steady & struck) >= 6


def test_a_killed_server_is_started_again(observed: Observer, strike: Callable[[str], None]) -> None:
    """The server's end in the midst of a call costs neither strategy more than the time that it takes."""
    strike("server")
    with observed("server-killed") as seen:
        point = measured()
        assert_both_were_measured(point)
        assert [STARTED_AGAIN] == list(point.notes)
        seen.says("it was started again and the round made anew; the point says so, and both strategies are ranked")


def test_a_server_that_recovers_by_itself_is_waited_for(observed: Observer, strike: Callable[[str], None]) -> None:
    """Where one of its processes is killed, the server ends all connections and recovers."""
    strike("backend")
    with observed("backend-killed") as seen:
        point = measured()
        assert_both_were_measured(point)
        (note,) = point.notes
        assert note in (STARTED_AGAIN, CAME_BACK)
        seen.says("its recovery was waited for and the round made anew; the point says so, and both are ranked")


def test_a_strategy_that_ends_the_server_each_time_fails(observed: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Struck once, the server is looked at behind each call; struck twice more in those of one, it is ended by it."""
    monkeypatch.setenv(BLOW, "server")
    monkeypatch.setenv(FROM, "0")
    with observed("server-killed-by-a-strategy") as seen:
        point = measured()
        assert "the server ended in its calls, 2 times: see the server's log" == reason(point)
        seen.says("started again three times, then the strategy failed with that reason; the baseline was measured")


def test_who_ends_the_server_behind_its_calls_fails_and_no_other(
    observed: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its calls succeed and those that come next do not; looked at behind each call, the server is ended by the one."""
    monkeypatch.setenv(BLOW, "behind")
    monkeypatch.setenv(FROM, "16")
    with observed("server-killed-behind-a-call") as seen:
        assert "the server ended in its calls, 2 times: see the server's log" == reason(measured(budget=10.0))
        seen.says("started again and looked at behind each call, until that one failed; the baseline was measured")


def test_a_server_by_url_that_restarts_is_waited_for(observed: Observer, server: PostgresServer) -> None:
    """Its databases are there after a restart, so the rounds go on in them."""
    assert server._own is not None
    restart = server._own.restart
    with observed("server-restarted") as seen:
        point = measured(url_of(server), Striking(lambda session: restart()))
        assert_both_were_measured(point)
        assert [CAME_BACK] == list(point.notes)
        seen.says("the run connected again and made the round anew; the point says so, and both are ranked")


def test_a_server_that_stays_away_ends_the_run_with_what_it_has(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The point comes unfinished with the rounds that it had, and then the reason."""
    monkeypatch.setattr(postgres, "_RETURN_PATIENCE", 1.0)
    listener = Striking(lambda session: kill(server), ROUNDS)
    with pytest.raises(ServerLostError, match="the server ended while it was measured, and is not back: ") as caught:
        measured(url_of(server), listener, budget=60.0, precision=0.001)
    (point,) = listener.finished
    assert (False, True, 4) == (point.finished, point.rounds >= ROUNDS, caught.value.exit_code)
    assert [str(caught.value)] == list(point.notes)
    assert min(len(one.samples_ns) for one in point.strategies) >= ROUNDS


def test_what_a_lost_server_left_can_be_gone_on_with(
    observed: Observer,
    server: PostgresServer,
    strike: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command ends with 4 and a result that has the rounds so far; resumed when the server is back, it is done."""
    strike("server")
    monkeypatch.setattr(postgres, "_RETURN_PATIENCE", 1.0)
    monkeypatch.chdir(tmp_path)
    database = ("--database", url_of(server))
    with observed("server-lost") as seen:
        code = _run(["run", "struck", "--scenarios", str(CASES), *database, "--budget", "3s"])
        (before,) = only_result(tmp_path)["scenarios"][0]["points"]
        assert (4, False, True) == (code, before["finished"], bool(before["strategies"][0]["samples_ns"]))
        (path,) = (tmp_path / ".bench" / "results").iterdir()
        said = capsys.readouterr()
        assert f"What was measured is saved in {path.relative_to(tmp_path)}" in said.err
        assert "Traceback" not in said.err
        assert server._own is not None
        assert server._own.revive()
        assert 0 == _run(["run", "--resume", str(path), *database, "--budget", "3s"])
        (after,) = only_result(tmp_path)["scenarios"][0]["points"]
        assert after["finished"]
        seen.says("exit code 4, with the rounds so far in the result; --resume went on and ended with 0")


def test_launches_go_on_after_the_server_was_killed(observed: Observer, strike: Callable[[str], None]) -> None:
    """What two revisions differ by is not told from a launch that the server's end cut off; it is made anew."""
    strike("server")
    chosen = options("struck.struck:struck_once", database="embedded", budget=8.0)
    with observed("server-killed-in-launches") as seen:
        listener = Listener()
        (noise,) = compare_launches(chosen, 2, listener)
        assert (2, True) == (noise.launches, noise.rounds >= 6)
        assert not [line for line in listener.lines if "left out" in line]
        seen.says("it was started again and the launch made anew; nothing was left out")


def test_rounds_of_several_processes_end_with_the_server(observed: Observer) -> None:
    """Their pools are gone with it, so that the rounds so far are kept; and none of the strategies has failed."""
    pytest.importorskip("distributed")
    listener = Striking(lambda session: kill(session.server), ROUNDS)
    with observed("server-killed-under-processes") as seen:
        point = measured(listener=listener, selector="shared.whole", processes=2, budget=20.0, precision=0.001)
        lost = "the processes that drive loads lost it: no more rounds were made"
        assert f"the server ended and was started again; {lost}" in point.notes
        assert point.finished
        assert not {"failed", "differs"} & {one.verdict for one in point.strategies}
        assert min(len(one.samples_ns) for one in point.strategies) >= ROUNDS
        seen.says("it was started again; the point kept its rounds and says that no more were made")


def container_of(session: Session) -> tuple[Any, str]:
    """The engine, and the container that a session's server runs in."""
    server = session.server
    assert isinstance(server, PostgresServer)
    own: Any = server._own
    (container,) = containers._containers_of(own.engine, own.run)
    return own.engine, container["Id"]


def kill_container(session: Session) -> None:
    """Kill it."""
    engine, container = container_of(session)
    engine.api.kill(container)


def remove_container(session: Session) -> None:
    """Remove it, as somebody does who tidies up."""
    engine, container = container_of(session)
    engine.api.remove_container(container, force=True, v=True)


@pytest.mark.docker
@pytest.mark.usefixtures("docker_answers")
def test_a_killed_container_is_started_again(observed: Observer) -> None:
    """At the same address, with its data."""
    with observed("container-killed") as seen:
        point = measured("docker", Striking(kill_container))
        assert_both_were_measured(point)
        assert [STARTED_AGAIN] == list(point.notes)
        seen.says("it was started again and the round made anew; the point says so, and both are ranked")


@pytest.mark.docker
@pytest.mark.usefixtures("docker_answers")
def test_a_removed_container_ends_the_run_with_what_it_has(observed: Observer) -> None:
    """Its data went with it, so that the point comes unfinished, and then the reason."""
    listener = Striking(remove_container, ROUNDS)
    with observed("container-removed") as seen:
        with pytest.raises(ServerLostError, match="the container of the server was removed"):
            measured("docker", listener, budget=60.0, precision=0.001)
        (point,) = listener.finished
        assert (False, True) == (point.finished, point.rounds >= ROUNDS)
        seen.says("the point came unfinished with its rounds, and the run ended with that reason and exit code 4")


@pytest.fixture
def docker_answers() -> None:
    """Skips where no engine answers."""
    try:
        containers.connect_engine(timeout=30).close()
    except DatabaseError as error:
        pytest.skip(str(error))


def test_a_worker_that_is_killed_between_two_calls_is_replaced(observed: Observer) -> None:
    """Nobody is called then, so that nobody is blamed."""
    with observed("worker-killed") as seen:
        point = measured("sqlite", Striking(lambda session: os.kill(session.worker.pid, signal.SIGKILL)))
        assert_both_were_measured(point)
        (note,) = point.notes
        assert note.startswith("the worker was lost between two calls, and replaced (its process was killed by SIGKILL")
        seen.says("another took its place and the round was made anew; the point says so, and both are ranked")


def test_a_worker_that_was_killed_between_two_points_is_replaced() -> None:
    """What it was to be asked next, another is asked."""
    with Run(options("struck", "planted.slower", database="sqlite", budget=4.0), Listener()) as run:
        measuring = run.measure(run.plan())
        next(measuring)
        os.kill(run._session.worker.pid, signal.SIGKILL)
        (rest,) = measuring
    assert not {"failed"} & {one.verdict for one in rest[1].strategies}


def test_a_call_that_hangs_in_c_is_ended(observed: Observer, strike: Callable[[str], None]) -> None:
    """No other thread has a turn and every signal is blocked; its process is gone, and the others are measured."""
    strike("hang")
    pids = []

    class Noting(Listener):
        def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
            pids.append(run._session.worker.pid)

    with observed("worker-hung") as seen:
        with Run(options("struck", database="sqlite", budget=3.0, timeout=2.0), Noting()) as run:
            ((_, point),) = run.measure(run.plan())
        assert "took longer than 2 s and was ended (--timeout)" == reason(point)
        assert not any(map(is_alive, pids))
        seen.says("it was ended after --timeout and failed with that reason; the baseline was measured")


def test_a_call_without_memory_fails_alone(observed: Observer, strike: Callable[[str], None]) -> None:
    """What it took is given back, and the others are measured in the room that there is."""
    strike("memory")
    with observed("out-of-memory") as seen:
        assert reason(measured("sqlite")).startswith("MemoryError")
        seen.says("it failed with MemoryError; the baseline was measured")


def test_a_killed_tap_is_replaced(observed: Observer, strike: Callable[[str], None]) -> None:
    """Calls that went through it are made anew through another, with the same time added."""
    strike("tap")
    with observed("tap-killed") as seen:
        point = measured(rtts_ms=(1.0,))
        assert_both_were_measured(point)
        (note,) = point.notes
        assert note == (
            "the tap, the relay that its calls went through, was killed by SIGKILL, and another took its place: what"
            " that cut off was done anew"
        )
        assert 1.0 == pytest.approx(point.rtt_added_ms, abs=0.5)
        seen.says("another took its place and the round was made anew; the point says so, and both are ranked")


def test_a_machine_that_slept_has_no_round_of_it(
    observed: Observer, strike: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock that goes on while a machine is suspended, which is set on in the midst of a call."""
    strike("sleep")
    awake = standstill.asleep_s
    monkeypatch.setattr(standstill, "asleep_s", lambda: awake() + 3600.0 * (tmp_path / "sleep").exists())
    with observed("suspended") as seen:
        point = measured("sqlite")
        assert_both_were_measured(point)
        stood_still = "the run stood still for 3600 s, as where it is stopped or its machine sleeps"
        assert [f"{stood_still}: 1 round in which it did is dropped"] == list(point.notes)
        steady, struck = point.strategies
        assert [point.rounds - 1] * 2 == [len(steady.rounds), len(struck.rounds)]
        seen.says("the round was dropped and the point says so (told by the clocks, of which one was set on by a test)")
