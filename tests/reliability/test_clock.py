"""A clock that is set back: durations are what they were, and the newest result is the one that was measured last."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.helpers import HASTE, Process, only_result, read, results, run
from tests.databases.helpers import cache_apart
from tests.reliability.interrupted import AT_THE_SECOND, HELD, assert_all_is_saved, assert_nothing_is_left, held_up
from tests.reliability.observing import Observer

HOURS = 2
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t behind(void) {
    const char *file = getenv("SET_BACK");
    int before = errno;
    time_t seconds = file && access(file, F_OK) == 0 ? HOURS * 3600 : 0;
    errno = before;
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, now);
    if (done == 0 && clock == CLOCK_REALTIME) now->tv_sec -= behind();
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec fine;
    int done = clock_gettime(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return done;
}

time_t time(time_t *now) {
    struct timespec fine;
    clock_gettime(CLOCK_REALTIME, &fine);
    if (now) *now = fine.tv_sec;
    return fine.tv_sec;
}
"""
"""The clock of the machine, two hours behind from when there is a file; the monotonic one is left alone."""


@pytest.fixture(scope="module", autouse=True)
def apart() -> Iterator[Path]:
    """A cache directory in which nothing else is on."""
    with cache_apart() as directory:
        yield directory


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that sets the clock of a process back."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("no C compiler, or no Linux, to put a clock in front of the system's")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(CLOCK)
    command = [compiler, f"-DHOURS={HOURS}", "-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "clock.so"


def test_the_clock_that_is_set_back_is_a_clock(clock: Path, tmp_path: Path) -> None:
    """Python reads it: two hours less with the file than without, to the minute."""
    command = [sys.executable, "-c", "import time; print(time.time())"]
    told = []
    for file in (tmp_path / "missing", tmp_path):
        environment = {**os.environ, "LD_PRELOAD": str(clock), "SET_BACK": str(file)}
        told.append(float(subprocess.run(command, env=environment, capture_output=True, check=True).stdout))

    assert -HOURS * 60 == pytest.approx((told[1] - told[0]) / 60, abs=1)


def test_a_run_does_not_mind(observed: Observer, clock: Path, tmp_path: Path, apart: Path) -> None:
    """The clock jumps back between two points: the second has its samples, and no time is negative or hours long."""
    folder, back = held_up(tmp_path / "folder"), tmp_path / "back"
    going = Process("run", *HELD, *HASTE, cwd=folder, env={"LD_PRELOAD": str(clock), "SET_BACK": str(back)})
    going.wait_for(AT_THE_SECOND)

    with observed("clock-set-back") as seen:
        back.touch()
        (folder / "hold").unlink()
        ran = going.end()
        assert 0 == ran.code, ran.err
        assert_all_is_saved(folder)
        result = only_result(folder)
        (scenario,) = result["scenarios"]
        durations = [result["seconds"], *(point["seconds"] for point in scenario["points"])]
        assert [] == [seconds for seconds in durations if not 0 < seconds < HOURS * 3600 / 2]
        samples = [one["samples_ns"] for point in scenario["points"] for one in point["strategies"]]
        assert all(each and min(each) > 0 for each in samples)
        assert_nothing_is_left(folder, apart)
        seen.says("both points have their samples, and durations as they were; exit code 0")


def test_the_result_of_a_clock_that_was_ahead_is_not_the_newest(observed: Observer, tmp_path: Path) -> None:
    """A result that says that it was measured in two hours is the base of the one that is measured now."""
    count = ("count", "small.reading", *HASTE)
    assert 0 == run(*count, cwd=tmp_path).code
    (ahead,) = results(tmp_path)
    ahead = _put_ahead(ahead)

    with observed("clock-was-ahead") as seen:
        assert 0 == run(*count, cwd=tmp_path).code
        (newer,) = [path for path in results(tmp_path) if path != ahead]
        compared = json.loads(run("compare", "--format", "json", cwd=tmp_path).out)
        assert [ahead.name, newer.name] == [Path(compared[side]["file"]).name for side in ("base", "new")]
        assert read(newer)["started"] < read(ahead)["started"]
        seen.says("`compare` takes the one that was ahead for the base of the new one")


def _put_ahead(path: Path) -> Path:
    """A result as it would be had the clock been two hours ahead: by its name, by what it says, and by its file."""
    started = datetime.now(UTC) + timedelta(hours=HOURS)
    renamed = path.rename(path.with_name(f"{started:%Y-%m-%dT%H%M}-small.reading.json"))
    text = renamed.read_text(encoding="utf-8")
    said = read(renamed)["started"]
    renamed.write_text(text.replace(said, started.isoformat(timespec="seconds")), encoding="utf-8")
    os.utime(renamed, (time.time() + HOURS * 3600,) * 2)
    return renamed
