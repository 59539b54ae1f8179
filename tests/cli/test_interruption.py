"""Ctrl-C and its kin: what was measured is saved, exit code 130, and nothing is left running or lying about."""

from __future__ import annotations

import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.cli.interruption import Interruption, PutAway, let_nothing_interrupt
from bench.databases.embedded import open_embedded
from tests.cli.helpers import HASTE, SMALL, Process, only_result, processes, results
from tests.databases.helpers import eventually, ignore

EMBEDDED = ("--scenarios", str(SMALL), "--database", "embedded")
HELD = ("small.held", "--set", "count=1,2", "--budget", "2s")
"""Two points; at the second a strategy waits for as long as there is a file `hold`."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory in which the second point of `small.held` comes to no end."""
    (tmp_path / "hold").touch()
    return tmp_path


def assert_nothing_is_left(folder: Path, cache: Path) -> None:
    """No worker, server or guardian of the run is there, and no run's directory."""
    assert eventually(lambda: not processes(folder, cache)), processes(folder, cache)
    assert [] == [path.name for path in (cache / "runs").glob("*")]


def assert_first_point_was_saved(folder: Path) -> None:
    """The result has the first point whole and the second unfinished, and no journal stands beside it."""
    first, second = only_result(folder)["scenarios"][0]["points"]
    assert (True, False) == (first["finished"], second["finished"])
    assert [{"count": 1}, {"count": 2}] == [first["params"], second["params"]]
    assert all(strategy["median_ms"] > 0 for strategy in first["strategies"])
    assert only_result(folder)["interrupted"] is True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_saves_what_was_measured(folder: Path, cache: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: 130, a result that can be gone on with, and the tables so far."""
    run = Process("run", *HELD, *HASTE, cwd=folder)
    run.wait_for("[2/2] small.held count=2")
    run.process.send_signal(number)
    ran = run.end()

    assert 130 == ran.code, ran.err
    assert_first_point_was_saved(folder)
    assert_nothing_is_left(folder, cache)
    (path,) = results(folder)
    assert "Traceback" not in ran.err
    assert "held_up" in ran.out
    assert [
        f"Result: {path.relative_to(folder)}",
        f"Interrupted: go on with `bench run --resume {path.relative_to(folder)}`",
    ] == ran.out.splitlines()[-2:]


def test_an_interrupted_count_saves_what_was_counted(folder: Path, cache: Path) -> None:
    """Points that other lanes are at end too: what was done is saved and shown, and nothing is left running."""
    run = Process("count", "small.held", "--set", "count=2,1", "--jobs", "2", *EMBEDDED, cwd=folder)
    run.wait_for("[2/2] small.held")
    run.wait_for("done in")
    run.process.send_signal(signal.SIGINT)
    ran = run.end()

    assert 130 == ran.code, ran.err
    held, done = only_result(folder)["scenarios"][0]["points"]
    assert [({"count": 2}, False), ({"count": 1}, True)] == [(one["params"], one["finished"]) for one in (held, done)]
    assert "count=1\n" in ran.out
    assert "Traceback" not in ran.err
    assert_nothing_is_left(folder, cache)


def test_an_interrupted_run_stops_the_server_that_it_started(folder: Path, cache: Path) -> None:
    """On PostgreSQL too: no server, guardian or worker runs on, and no clone stands in the cluster."""
    run = Process("run", *HELD, *EMBEDDED, cwd=folder)
    run.wait_for("[2/2] small.held count=2")
    during = processes(folder, cache)
    run.process.send_signal(signal.SIGINT)
    ran = run.end()

    assert any("bench.worker" in command for command in during)
    assert any("guardian" in command for command in during)
    assert 130 == ran.code, ran.err
    assert_first_point_was_saved(folder)
    assert_nothing_is_left(folder, cache)
    with open_embedded({}, say=ignore) as server:
        assert {"template"} == {database.kind for database in server.owned_databases()}


def test_a_second_interruption_waits_for_the_clean_up(folder: Path, cache: Path) -> None:
    """Who presses Ctrl-C again while the run puts things away is told to wait, and nothing is left all the same."""
    run = Process("run", *HELD, *EMBEDDED, cwd=folder)
    run.wait_for("[2/2] small.held count=2")
    said = again_and_again(run.process)
    ran = run.end()

    assert "bench: stopping, one moment\n" in said
    assert 130 == ran.code, said + ran.err
    assert "Traceback" not in said + ran.err
    assert_first_point_was_saved(folder)
    assert_nothing_is_left(folder, cache)


def again_and_again(process: subprocess.Popen[str]) -> str:
    """Interrupt a process until it says that it has heard it, and return what it said."""
    assert process.stderr is not None
    said = ""
    while "stopping" not in said:
        process.send_signal(signal.SIGINT)
        if select.select([process.stderr], [], [], 0.05)[0]:
            line = process.stderr.readline()
            if not line:
                break
            said += line
    return said


def test_a_run_that_is_killed_leaves_a_journal_and_no_process(folder: Path, cache: Path) -> None:
    """SIGKILL leaves no time for anything: worker and server end by themselves, and the journal has the first point."""
    run = Process("run", *HELD, *EMBEDDED, cwd=folder)
    run.wait_for("[2/2] small.held count=2")
    run.process.kill()
    run.end()

    (journal,) = results(folder)
    assert ".journal" == journal.suffix
    assert 2 == len(journal.read_text().splitlines())
    assert eventually(lambda: not processes(folder, cache)), processes(folder, cache)


def test_an_interruption_before_anything_was_measured_writes_nothing(folder: Path, cache: Path) -> None:
    """While the scenarios are loaded there is nothing to save: 130, and no file."""
    (folder / "slow.py").write_text("import bench, time\nprint('loading', flush=True)\ntime.sleep(1000)\n")
    run = Process("run", "slow", "--scenarios", "slow.py", "--database", "sqlite", cwd=folder)
    assert eventually(lambda: any("bench.worker" in command for command in processes(folder)))
    run.process.send_signal(signal.SIGINT)
    ran = run.end()

    assert (130, "") == (ran.code, ran.out)
    assert "Traceback" not in ran.err
    assert [] == results(folder)
    assert_nothing_is_left(folder, cache)


@pytest.fixture
def handlers() -> Iterator[None]:
    """The handlers of signals as they are, put back afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_a_signal_that_is_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under nohup the end of the terminal does not end the run."""
    monkeypatch.setattr("sys.unraisablehook", None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    Interruption().install()

    assert signal.SIG_IGN is signal.getsignal(signal.SIGHUP)
    assert signal.SIG_IGN is not signal.getsignal(signal.SIGTERM)


@pytest.mark.usefixtures("handlers")
def test_an_interruption_lost_in_a_finalizer_comes_again(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Python drops what a finalizer raises; it interrupts a moment later, and only the next signal waits."""
    monkeypatch.setattr("sys.unraisablehook", None)
    Interruption().install()

    class Late:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def lose_one_and_wait() -> None:
        Late()
        eventually(lambda: False)

    with pytest.raises(KeyboardInterrupt):
        lose_one_and_wait()
    signal.raise_signal(signal.SIGINT)

    assert "bench: stopping, one moment\n" == capfd.readouterr().err


@pytest.fixture
def interruption(handlers: None, monkeypatch: pytest.MonkeyPatch) -> Interruption:
    """What handles the signals of this process during the test."""
    monkeypatch.setattr("sys.unraisablehook", None)
    monkeypatch.setattr(Interruption, "installed", None)
    installed = Interruption()
    installed.install()
    return installed


@contextmanager
def interrupted_at_the_end(done: list[str]) -> Iterator[None]:
    """Something that is put away in two steps, between which a signal comes."""
    yield
    done.append("begun")
    signal.raise_signal(signal.SIGTERM)
    done.append("ended")


@pytest.mark.usefixtures("interruption")
def test_what_is_put_away_is_put_away_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """A signal that comes meanwhile is answered at once, and interrupts when that is done."""
    done: list[str] = []

    with pytest.raises(KeyboardInterrupt), PutAway(interrupted_at_the_end(done)):
        pass

    assert ["begun", "ended"] == done
    assert "bench: stopping, one moment\n" == capfd.readouterr().err


def test_an_error_is_not_lost_to_an_interruption(interruption: Interruption) -> None:
    """Where putting something away fails, that is raised; the signal is left to the exit code."""
    with pytest.raises(LookupError), PutAway(_failing_at_the_end()):
        pass

    assert interruption.waits


@contextmanager
def _failing_at_the_end() -> Iterator[None]:
    yield
    signal.raise_signal(signal.SIGTERM)
    raise LookupError


def test_at_the_end_nothing_interrupts(interruption: Interruption) -> None:
    """From when all is measured on, a signal changes nothing but the exit code."""
    done: list[str] = []
    let_nothing_interrupt()

    with PutAway(interrupted_at_the_end(done)):
        signal.raise_signal(signal.SIGINT)

    assert (["begun", "ended"], True) == (done, interruption.waits)
