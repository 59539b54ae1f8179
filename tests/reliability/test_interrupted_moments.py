"""Signals in moments that are short: a point has been measured and nobody has it yet, a folder is made, Python ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.revisions.git import run_git
from tests.cli.helpers import HASTE, Process, only_result, results, run
from tests.cli.shop import Shop
from tests.databases.helpers import cache_apart, eventually, is_alive
from tests.reliability.injecting import injected

AT_THE_JOURNAL = """
import signal
from bench.results import recording

remove_unfinished = recording.remove_unfinished

def interrupted(path):
    signal.raise_signal(signal.SIGTERM)
    return remove_unfinished(path)

recording.remove_unfinished = interrupted
"""
AT_THE_POINT = """
import signal
from bench.cli.progress import PlainWatcher

def interrupted(self, scenario, result):
    signal.raise_signal(signal.SIGHUP)

PlainWatcher.point_finished = interrupted
"""
AT_THE_RESULT = """
import signal
from bench.measuring import point

result_of = point.result_of

def interrupted(*arguments, **named):
    signal.raise_signal(signal.SIGINT)
    return result_of(*arguments, **named)

point.result_of = interrupted
"""
RUN = ("run", "small.reading", "--set", "count=1,5", "--budget", "1s", *HASTE)


@pytest.fixture(autouse=True)
def apart() -> Iterator[Path]:
    """A cache directory in which nothing else is on."""
    with cache_apart() as directory:
        yield directory


def interrupted_run(tmp_path: Path, code: str) -> list[tuple[bool, bool]]:
    """The points of a run with that code in it, which ends with 130: whether each is finished, and has samples."""
    folder = tmp_path / "folder"
    folder.mkdir()
    ran = Process(*RUN, cwd=folder, env=injected(tmp_path / "injected", code)).end()
    assert (130, False) == (ran.code, "Traceback" in ran.err), ran.err
    assert [".json"] == [path.suffix for path in results(folder)]
    (scenario,) = only_result(folder)["scenarios"]
    return [
        (one["finished"], any(each.get("samples_ns") for each in one.get("strategies", ())))
        for one in scenario["points"]
    ]


def test_no_journal_is_left_of_a_run_that_had_just_made_it(tmp_path: Path) -> None:
    """It becomes a result, in which no point was measured."""
    assert [(False, False), (False, False)] == interrupted_run(tmp_path, AT_THE_JOURNAL)


def test_a_point_that_was_just_measured_is_saved(tmp_path: Path) -> None:
    """An interruption as it is said to be finished waits until it is in the journal."""
    assert [(True, True), (False, False)] == interrupted_run(tmp_path, AT_THE_POINT)


def test_a_point_whose_result_is_made_keeps_its_samples(tmp_path: Path) -> None:
    """It is the last of the run, unfinished, with what was measured."""
    assert [(False, True), (False, False)] == interrupted_run(tmp_path, AT_THE_RESULT)


LEFT = {
    "a temporary directory": "from bench.databases.scratch import Scratch; Scratch('tap')",
    "the clones of SQLite": "from bench.databases.sqlite import SqliteServer; SqliteServer({})",
}


@pytest.mark.parametrize("what", LEFT)
def test_what_was_made_and_reached_nobody_is_removed_as_the_process_ends(
    tmp_path: Path, apart: Path, what: str
) -> None:
    """An interruption just then leaves no directory, and no entry of the run."""
    ran = subprocess.run([sys.executable, "-c", LEFT[what]], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)

    assert 0 == ran.returncode
    assert [] == [*tmp_path.iterdir(), *(apart / "runs").iterdir()]


CAUGHT = """
import sys
from bench.cli.interruption import own_exit_code
try:
    exec("raise KeyboardInterrupt")
except KeyboardInterrupt:
    own_exit_code()
sys.exit(130)
"""
AT_THE_END = """
import signal, sys
from bench.cli.interruption import Interruption

class Late:
    def __del__(self, end=signal.raise_signal, number=signal.SIGTERM):
        end(number)

late = Late()
Interruption().install()
sys.exit(4)
"""


@pytest.mark.parametrize(("code", "expected"), [(CAUGHT, 130), (AT_THE_END, 4)])
def test_the_exit_code_is_the_commands_own(tmp_path: Path, code: str, expected: int) -> None:
    """Not Python's, whose process is ended by a signal in its stead; nor is anything said."""
    (tmp_path / "ending.py").write_text(code)
    ran = subprocess.run([sys.executable, "-m", "ending"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (expected, "") == (ran.returncode, ran.stderr)


@pytest.fixture
def terminated() -> Iterator[None]:
    """SIGTERM raises KeyboardInterrupt here."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("terminated")
def test_git_ends_with_what_it_has_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted as it checks something out, nobody goes on to write."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ntail -f /dev/null &\necho $$ $! > started\nkill -TERM $PPID\nwait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)

    with pytest.raises(KeyboardInterrupt):
        run_git("worktree", "add", folder=tmp_path)

    for number in map(int, (tmp_path / "started").read_text().split()):
        assert eventually(lambda number=number: not is_alive(number))


AT_THE_COUNT = """
import signal
from bench.measuring import revisions

count_point = revisions.count_point
counted = []

def interrupted(session, *rest):
    counted.append(session)
    if len(counted) == 2:
        def finish(*_, **__):
            del session.worker.finish
            signal.raise_signal(signal.SIGINT)
        session.worker.finish = finish
    return count_point(session, *rest)

revisions.count_point = interrupted
"""


def test_a_check_that_is_interrupted_as_it_counts_the_head_asks_nothing_more(tmp_path: Path) -> None:
    """Its worker is still to answer what it was asked, and that is not taken for another answer."""
    shop = Shop(tmp_path / "shop")
    code = injected(tmp_path / "injected", AT_THE_COUNT)
    environment = {"PYTHONPATH": os.pathsep.join([code["PYTHONPATH"], shop.environment["PYTHONPATH"]])}

    ran = run("check", "--against", "HEAD", "--no-timings", "--database", "sqlite", cwd=shop.folder, env=environment)

    assert (130, "") == (ran.code, ran.err.partition("bench: ")[2])
