"""Signals: what was measured is saved, exit code 130, and nothing is left, whenever they come and however often."""

from __future__ import annotations

import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.embedded import open_embedded
from tests.cli.helpers import HASTE, Process, run
from tests.databases.helpers import cache_apart, eventually, ignore
from tests.reliability.injecting import injected
from tests.reliability.interrupted import (
    AT_THE_SECOND,
    EMBEDDED,
    HELD,
    assert_all_is_saved,
    assert_first_point_is_saved,
    assert_nothing_is_left,
    held_up,
)
from tests.reliability.observing import Observer

AT_THE_REMOVAL = """
import shutil

rmtree = shutil.rmtree

def slow(path, *rest, **more):
    if os.path.basename(os.path.dirname(path)) == "runs":
        hold("removing")
    rmtree(path, *rest, **more)

shutil.rmtree = slow
"""


@pytest.fixture(scope="module", autouse=True)
def apart() -> Iterator[Path]:
    """A cache directory in which nothing else is on."""
    with cache_apart() as directory:
        yield directory


@pytest.mark.parametrize(
    ("fault", "number"),
    [("interrupted", signal.SIGINT), ("terminated", signal.SIGTERM), ("hung-up", signal.SIGHUP)],
)
def test_a_signal_ends_a_run_with_what_it_has(
    observed: Observer, tmp_path: Path, apart: Path, fault: str, number: signal.Signals
) -> None:
    """Each of them: the point that was measured is saved, worker and server end, and the run can be gone on with."""
    folder = held_up(tmp_path / "folder")
    going = Process("run", *HELD, *EMBEDDED, cwd=folder)
    going.wait_for(AT_THE_SECOND)

    with observed(fault) as seen:
        going.process.send_signal(number)
        ran = going.end()
        assert 130 == ran.code, ran.err
        assert "Traceback" not in ran.err
        assert_first_point_is_saved(folder)
        assert_nothing_is_left(folder, apart)
        seen.says("the first point is saved, the second unfinished; nothing runs on; exit code 130")

    with open_embedded({}, say=ignore) as server:
        assert {"template"} == {database.kind for database in server.owned_databases()}
    (folder / "hold").unlink()
    (path,) = (folder / ".bench" / "results").glob("*.json")
    resumed = run("run", "--resume", str(path), "--budget", "500ms", cwd=folder)
    assert 0 == resumed.code, resumed.err
    assert_all_is_saved(folder)


def test_signals_that_follow_wait(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """Who presses Ctrl-C again and again is told to wait, and loses nothing by it."""
    folder = held_up(tmp_path / "folder")
    going = Process("run", *HELD, *EMBEDDED, cwd=folder)
    going.wait_for(AT_THE_SECOND)

    with observed("interrupted-again") as seen:
        said = _again_and_again(going.process)
        ran = going.end()
        assert "bench: stopping, one moment\n" in said
        assert (130, False) == (ran.code, "Traceback" in said + ran.err), said + ran.err
        assert_first_point_is_saved(folder)
        assert_nothing_is_left(folder, apart)
        seen.says("“stopping, one moment”; the first point is saved; nothing runs on; exit code 130")


def _again_and_again(process: subprocess.Popen[str]) -> str:
    """Interrupt a process until it says that it has heard it, and return what it said."""
    assert process.stderr is not None
    said = ""
    while "stopping" not in said:
        process.send_signal(signal.SIGINT)
        if select.select([process.stderr], [], [], 0.05)[0]:
            line = process.stderr.readline()
            assert line, said
            said += line
    return said


def test_an_interruption_waits_until_all_is_put_away(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """Ctrl-C while a command removes its databases does not keep it from that."""
    folder = tmp_path / "folder"
    folder.mkdir()
    environment = injected(tmp_path / "injected", AT_THE_REMOVAL)
    going = Process("show", "small.reading:at_once", *HASTE, cwd=folder, env=environment)
    assert eventually((folder / "removing").exists)

    with observed("interrupted-cleaning") as seen:
        going.process.send_signal(signal.SIGINT)
        (folder / "removing-over").touch()
        ran = going.end()
        assert 130 == ran.code, ran.err
        assert "Traceback" not in ran.err
        assert_nothing_is_left(folder, apart)
        seen.says("the run's directory is removed, and its worker ended; exit code 130")
