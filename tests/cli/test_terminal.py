"""A run on a terminal: live progress while it measures, and a terminal that is left as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

from tests.cli.helpers import BENCH, HASTE, results

COLUMNS = 90
TAKE_THE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\r")


def on_a_terminal(*arguments: str, cwd: Path, react: Callable[[str], bytes] = lambda seen: b"") -> tuple[int, str]:
    """Exit code and everything that `bench` wrote to a terminal, which is its controlling one.

    `react` is given all that was written so far, and what it returns is typed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    before = termios.tcgetattr(theirs)
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "CI")}
    process = subprocess.Popen(
        # A shell that leads the session and takes the terminal, as the one does that a user types into.
        [BENCH.with_name("python"), "-c", TAKE_THE_TERMINAL, BENCH, *arguments],
        cwd=cwd,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    seen = ""
    while process.poll() is None or _readable(ours):
        if _readable(ours):
            seen += os.read(ours, 65536).decode(errors="replace")
            if typed := react(seen):
                os.write(ours, typed)
    assert before == termios.tcgetattr(theirs)
    os.close(ours)
    os.close(theirs)
    return process.returncode, seen


def _readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0.05)[0])


def assert_left_clean(seen: str) -> None:
    """The cursor is shown again, colours are off, and no other screen or mode was left on."""
    assert ["\x1b[?25l", "\x1b[?25h"] == re.findall(r"\x1b\[\?25[lh]", seen)[-2:]
    assert re.findall(r"\x1b\[[\d;]*m", seen)[-1] in ("\x1b[0m", "\x1b[m")
    assert {"\x1b[?25l", "\x1b[?25h"} == set(re.findall(r"\x1b\[\?\d+[hl]", seen))


def test_a_terminal_shows_live_progress_and_is_left_clean(tmp_path: Path) -> None:
    """What is measured, the running estimate with its interval and the time left; then tables that fit, in colour."""
    code, seen = on_a_terminal("run", "small.held", *HASTE, "--budget", "3s", "--precision", "0.5%", cwd=tmp_path)

    assert 0 == code, seen
    assert_left_clean(seen)
    plain = CONTROL.sub("", seen)
    assert "[1/1] small.held count=1  proving and counting plain" in plain
    assert re.search(r"\[1/1\] small.held count=1  \d+ rounds, at most \d s left", plain)
    assert re.search(r"held_up +[\d.]+ +[01]\.\d+ +[01]\.\d+ to [01]\.\d+ +\d+", plain)
    after = plain[plain.rindex("small.held: What becomes of a run that is cut off?") :].splitlines()
    assert "rounds, at most" not in "".join(after)
    assert [] == [
        line for line in after if re.match(r"strategy|---|held_up( \*)?  |plain( \*)?  ", line) and len(line) > COLUMNS
    ]
    assert "\x1b[1msmall.held: What becomes of a run that is cut off?\x1b[0m" in seen


def test_ctrl_c_on_a_terminal_leaves_it_clean_and_the_result_saved(tmp_path: Path) -> None:
    """Ctrl-C reaches the run alone: it takes the live table away, saves, says how to go on, and ends with 130."""
    (tmp_path / "hold").touch()
    pressed = []

    def press_once(seen: str) -> bytes:
        if "[2/2] small.held count=2" not in seen or pressed:
            return b""
        pressed.append(True)
        return b"\x03"

    code, seen = on_a_terminal(
        *("run", "small.held", "--set", "count=1,2", *HASTE, "--budget", "1s"), cwd=tmp_path, react=press_once
    )

    assert 130 == code, seen
    assert_left_clean(seen)
    (path,) = results(tmp_path)
    last = CONTROL.sub("", seen).splitlines()
    assert f"Result: {path.relative_to(tmp_path)}" in last
    assert "Traceback" not in seen
