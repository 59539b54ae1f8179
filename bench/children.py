"""Child processes, looked at and waited for so that an interruption meanwhile costs nothing.

`Popen.poll` and `Popen.wait` take a lock. A signal handler that raises just then, as Ctrl-C does, leaves it taken, and
the next `wait` waits for ever. What is here needs no lock until the process has ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any

_FIRST_LOOK_S = 0.0005
_LOOK_EVERY_S = 0.05
"""Seconds between two looks, at first and at most: they double."""


def has_ended(process: subprocess.Popen[Any]) -> bool:
    """Whether a process has ended, as far as can be seen at once."""
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):  # Windows, where Popen has no such lock, and macOS up to Python 3.12
        return process.poll() is not None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def ends_within(process: subprocess.Popen[Any], seconds: float) -> bool:
    """Whether a process ends within so many seconds; waits that long at most."""
    until, delay = time.monotonic() + seconds, _FIRST_LOOK_S
    while not has_ended(process):
        left = until - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(delay, left))
        delay = min(2 * delay, _LOOK_EVERY_S)
    return True


def reap(process: subprocess.Popen[Any]) -> int | None:
    """Wait until a process has ended, and have the system forget it: its status as `Popen.returncode` has it, or None
    where an interruption has left it to be forgotten when we end.
    """
    if process.returncode is None:
        if hasattr(os, "waitid"):
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
    return process.poll()


def how_it_ended(process: subprocess.Popen[Any]) -> str:
    """How a process ended that has, as the rest of a sentence: `was killed by SIGKILL`."""
    status = reap(process)
    if status is None:
        return "ended"
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
