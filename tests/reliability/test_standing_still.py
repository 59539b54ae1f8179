"""Runs as processes that are stopped, whose clock is set back, or that another run is beside."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.measuring.neighbours import MEASURED, MEASURES
from tests.cli.helpers import HASTE, Process, Ran, only_result, run
from tests.measuring.cases.struck import BLOW, MARKS
from tests.measuring.helpers import CASES, Listener, measure
from tests.reliability.observing import Observer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

STRUCK = ("run", "struck", "--scenarios", str(CASES), "--database", "sqlite", "--budget", "3s")
SHIFTED_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (clock == CLOCK_REALTIME && access(getenv("SET_BACK"), F_OK) == 0) now->tv_sec -= 3600;
    return failed;
}
"""
"""Sets the clock back by an hour, for one process, as soon as there is a file."""


def the_point(folder: Path) -> dict[str, Any]:
    """The one point of a run's result."""
    (point,) = only_result(folder)["scenarios"][0]["points"]
    found: dict[str, Any] = point
    return found


def struck(folder: Path, blow: str, **environment: str) -> Ran:
    """What a run ends with, in which a strategy strikes once."""
    return run(*STRUCK, cwd=folder, env={BLOW: blow, MARKS: str(folder), **environment})


def test_a_run_that_was_stopped_has_no_round_of_it(observed: Observer, tmp_path: Path) -> None:
    """Controller and worker are stopped for three seconds in a call; no sample is as long, and nobody is blamed."""
    with observed("stopped") as seen:
        ran = struck(tmp_path, "stop")
        assert 0 == ran.code, ran.err
        point = the_point(tmp_path)
        (note,) = point["notes"]
        assert note.startswith("the run stood still for ")
        assert note.endswith(" s, as where it is stopped or its machine sleeps: 1 round in which it did is dropped")
        assert max(max(one["samples_ns"]) for one in point["strategies"]) < 2e9
        # One that seems far behind for a while is not in all rounds, but some strategy is in each.
        assert point["rounds"] - 1 == len({number for one in point["strategies"] for number in one["rounds"]})
        seen.says("the round was dropped, the point says for how long it stood still; exit code 0")


def test_a_clock_that_is_set_back_changes_nothing(observed: Observer, tmp_path: Path) -> None:
    """In the midst of a call the clock of controller and worker is set back by an hour; times are by another one."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to make a clock that is set back")
    source, library = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(SHIFTED_CLOCK)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    folder = tmp_path / "run"
    folder.mkdir()
    with observed("clock-set-back-in-a-round") as seen:
        ran = struck(folder, "clock", LD_PRELOAD=str(library), SET_BACK=str(folder / "clock"))
        assert 0 == ran.code, ran.err
        assert (folder / "clock").exists()
        point = the_point(folder)
        assert ([], True) == (point["notes"], point["seconds"] > 0)
        assert all(0 < sample < 2e9 for one in point["strategies"] for sample in one["samples_ns"])
        seen.says("rounds, times and budget are as ever; exit code 0")


def test_two_runs_at_once_say_so(observed: Observer, tmp_path: Path) -> None:
    """Each says that another measures; once that has ended, nothing is said any more."""
    (tmp_path / "hold").touch()
    with observed("runs-that-notice-each-other") as seen:
        beside = Process("run", "small.held", "--set", "count=2,1", "--budget", "2s", *HASTE, cwd=tmp_path)
        beside.wait_for("[1/2] small.held count=2")
        listener = Listener()
        together = measure("struck", listener=listener, database="sqlite", budget=1.0)
        assert [MEASURED] == list(together.point("struck").notes)
        assert MEASURES in listener.lines
        beside.process.send_signal(signal.SIGINT)
        assert 130 == beside.end().code
        alone = measure("struck", database="sqlite", budget=1.0)
        assert [] == list(alone.point("struck").notes)
        seen.says("the points of both say so, and so does the run that began later at its beginning")
