"""Child processes are seen to end, and forgotten, though an interruption has left the lock of `Popen` taken."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.children import ends_within, has_ended, how_it_ended, reap

FOR_EVER = "import signal; signal.pause()"


@pytest.fixture(params=["as it is", "interrupted"])
def running(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until it is killed, and whose lock may be taken, as by a handler that raised in `poll`."""
    process = subprocess.Popen([sys.executable, "-c", FOR_EVER])
    lock = process._waitpid_lock  # type: ignore[attr-defined]
    if request.param == "interrupted":
        lock.acquire()
    yield process
    process.kill()
    if lock.locked():
        lock.release()
    process.wait()


def test_a_process_that_is_killed_has_ended(running: subprocess.Popen[bytes]) -> None:
    """It runs until then, and how it ended is told; nobody waits for the lock."""
    assert (False, False) == (has_ended(running), ends_within(running, 0.0))

    running.kill()
    status = reap(running)

    assert (True, True) == (has_ended(running), ends_within(running, 0.0))
    assert (status, how_it_ended(running)) in ((-signal.SIGKILL, "was killed by SIGKILL"), (None, "ended"))


@pytest.mark.parametrize(
    ("code", "status", "how"),
    [("pass", 0, "ended with status 0"), ("raise SystemExit(3)", 3, "ended with status 3")],
)
def test_a_process_that_ends_has_a_status(code: str, status: int, how: str) -> None:
    """It is waited for, and its status is told however often it is asked for."""
    process = subprocess.Popen([sys.executable, "-c", code])

    assert ends_within(process, 60.0)
    assert (status, how, status, True) == (reap(process), how_it_ended(process), reap(process), has_ended(process))
