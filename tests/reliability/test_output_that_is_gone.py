"""Whoever reads what a command says goes away, or there is no room for it: what is measured is worth more."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.helpers import BENCH, HASTE, Process, only_result, results, run
from tests.databases.helpers import cache_apart, eventually
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

TAKE_THE_TERMINAL = """
import fcntl, os, signal, sys, termios
if sys.argv[1] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""
FULL = Path("/dev/full")
CLOSED = ("sh", "-c", 'exec "$@" >&- 2>&-', "sh")
"""Runs a command without standard output and error."""


@pytest.fixture(scope="module", autouse=True)
def apart() -> Iterator[Path]:
    """A cache directory in which nothing else is on."""
    with cache_apart() as directory:
        yield directory


class Terminal:
    """A terminal, and a command that it is the controlling one of."""

    def __init__(self, process: subprocess.Popen[bytes], ours: int) -> None:
        self.process = process
        self._ours = ours
        self._seen = ""

    def wait_for(self, text: str) -> None:
        """Read what is drawn until there is that text."""
        while text not in self._seen:
            assert self.process.poll() is None, self._seen
            if select.select([self._ours], [], [], 0.05)[0]:
                self._seen += os.read(self._ours, 65536).decode(errors="replace")

    def close(self) -> None:
        """Close it, as a window is closed or a connection drops; safe to call twice."""
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1


@contextmanager
def terminal(*arguments: str, cwd: Path, how: str = "") -> Iterator[Terminal]:
    """`bench` on a terminal; `how` is `nohup` where it ignores that the terminal is closed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "CI")}
    process = subprocess.Popen(
        [BENCH.with_name("python"), "-c", TAKE_THE_TERMINAL, how, BENCH, *arguments],
        cwd=cwd,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    opened = Terminal(process, ours)
    try:
        yield opened
    finally:
        opened.close()
        process.wait(120)


def test_a_terminal_that_is_closed_ends_a_run_with_what_it_has(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """The point that was measured is saved, and nothing runs on, though there is nobody left to tell."""
    folder = held_up(tmp_path / "folder")
    with terminal("run", *HELD, *EMBEDDED, cwd=folder) as opened:
        opened.wait_for(AT_THE_SECOND)

        with observed("terminal-closed") as seen:
            opened.close()
            assert 130 == opened.process.wait(120)
            assert_first_point_is_saved(folder)
            assert_nothing_is_left(folder, apart)
            seen.says("the first point is saved, the second unfinished; nothing runs on; exit code 130")


def test_where_hang_ups_are_ignored_the_run_goes_on(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """Who starts it under nohup wants it to end without the terminal: it is measured to the end, and saved."""
    folder = held_up(tmp_path / "folder")
    with terminal("run", *HELD, *HASTE, cwd=folder, how="nohup") as opened:
        opened.wait_for(AT_THE_SECOND)

        with observed("terminal-closed-nohup") as seen:
            opened.close()
            (folder / "hold").unlink()
            assert 0 == opened.process.wait(120)
            assert_all_is_saved(folder)
            assert_nothing_is_left(folder, apart)
            seen.says("both points are saved; exit code 0")


def test_a_run_whose_tables_nobody_reads_goes_on(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """Who reads the first line of the tables alone still sees how it goes; the exit code is that of what was found."""
    folder = tmp_path / "folder"
    folder.mkdir()
    going = Process("run", "small.failing", *HASTE, "--budget", "500ms", cwd=folder)

    with observed("output-unread") as seen:
        assert going.process.stdout is not None
        going.process.stdout.close()
        going.process.stdout = None
        ran = going.end()
        assert (4, False) == (ran.code, "Traceback" in ran.err), ran.err
        assert_all_is_saved(folder)
        assert_nothing_is_left(folder, apart)
        seen.says("the result is whole; exit code 4, for a strategy of it fails")


def test_a_run_that_nobody_sees_ends_with_what_it_has(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """Where progress cannot be written either, the run ends before its next point; those that are done are saved."""
    folder = held_up(tmp_path / "folder")
    arguments = ("small.held", "--set", "count=1,2,3", "--budget", "2s")
    going = Process("run", *arguments, *HASTE, cwd=folder)
    going.wait_for("[2/3] small.held count=2")

    with observed("progress-unread") as seen:
        assert going.process.stdout is not None
        assert going.process.stderr is not None
        going.process.stdout.close()
        going.process.stderr.close()
        (folder / "hold").unlink()
        assert 130 == going.process.wait(120)
        points = only_result(folder)["scenarios"][0]["points"]
        assert [True, True, False] == [point["finished"] for point in points]
        assert_nothing_is_left(folder, apart)
        seen.says("the two points that were begun are saved; nothing runs on; exit code 130")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_a_log_without_room_costs_no_result(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """What standard output has no room for is missed in a line and by the exit code, and nothing else is."""
    command = [BENCH, "run", "small.reading", *HASTE, "--budget", "500ms"]

    with observed("output-on-full-disk") as seen:
        with FULL.open("w") as full:
            ran = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert 2 == ran.returncode
        assert "bench: standard output could not be written: No space left on device" == ran.stderr.splitlines()[-1]
        assert "Traceback" not in ran.stderr
        assert_all_is_saved(tmp_path)
        assert_nothing_is_left(tmp_path, apart)
        seen.says("the result is whole; the line; exit code 2")


def test_without_output_nothing_is_written_where_it_was(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """A command that was started without standard output and error measures, saves, and hears Ctrl-C twice."""
    folder = held_up(tmp_path / "folder")
    going = subprocess.Popen([*CLOSED, BENCH, "run", *HELD, *HASTE], cwd=folder)
    assert eventually(lambda: [2] == [len(path.read_text().splitlines()) for path in results(folder)])

    with observed("started-without-output") as seen:
        going.send_signal(signal.SIGINT)
        going.send_signal(signal.SIGINT)
        assert 130 == going.wait(120)
        assert_first_point_is_saved(folder)
        assert_nothing_is_left(folder, apart)
        seen.says("the result is JSON from beginning to end; exit code 130")


@pytest.mark.parametrize("how", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_any_stream_may_be_missing(tmp_path: Path, how: str) -> None:
    """Whichever of the three is closed from the start, a run is the same run."""
    command = ["sh", "-c", f'exec "$@" {how}', "sh", BENCH, "run", "small.reading", *HASTE, "--budget", "500ms"]

    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (0, False) == (ran.returncode, "Traceback" in ran.stderr), ran.stderr
    assert_all_is_saved(tmp_path)


def test_what_an_encoding_lacks_is_escaped(tmp_path: Path) -> None:
    """Where the encoding of the output has no ×, an escape of it stands in the tables, and the run is the same."""
    ran = run("run", "small.reading", *HASTE, "--budget", "500ms", cwd=tmp_path, env={"PYTHONIOENCODING": "iso8859-5"})

    assert 0 == ran.code, ran.err
    assert "\\xd7" in ran.out
    assert ran.out.isascii()


def test_a_document_on_a_pipe_is_whole(tmp_path: Path) -> None:
    """What is no text but bytes reaches the reader as it did: JSON that can be read."""
    assert 0 == run("count", "small.reading", *HASTE, "--output", "one.json", cwd=tmp_path).code

    ran = run("compare", "one.json", "one.json", "--format", "json", cwd=tmp_path)

    assert 0 == ran.code, ran.err
    assert 0 == json.loads(ran.out)["exit_code"]
