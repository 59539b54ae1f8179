"""A PostgreSQL server seen through the files of its cluster: does it run, does it take connections, stop it.

The server and all its processes inherit `server.lock`, so the lock is free exactly when the last of them is gone; a
process number alone could be somebody else's by now. Standard library alone: the guardian lives on this.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from bench.databases import locks, processes

PORT = 5432
PROGRAM = "postgres"
MUTEX_LOCK = "mutex.lock"
SERVER_LOCK = "server.lock"
USERS_LOCK = "users.lock"
GUARDIAN_LOCK = "guardian.lock"

# Fast shutdown, then without a checkpoint, then by force: the next start recovers from the write-ahead log. To a
# process that its first one has left behind they say: end your query (and so yourself), end, and by force.
_ESCALATION = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


def data_directory(home: Path) -> Path:
    """The data directory of the cluster that is kept in `home`."""
    return home / "cluster" / "data"


def socket_directory(home: Path) -> Path:
    """The directory of the socket of the server that runs, or ran last."""
    return Path((home / "socket-directory").read_text())


def has_socket(home: Path) -> bool:
    """Whether there is a directory for the socket, as there is for as long as the server runs."""
    return (home / "socket-directory").exists()


def is_running(home: Path) -> bool:
    """Whether any process of the server is there."""
    return not locks.is_free(home / SERVER_LOCK)


def was_killed(home: Path) -> bool:
    """Whether the server's first process ended without shutting the server down; of the others some may run on, for a
    query that waits for nothing does not notice.
    """
    return bool(_pid_file(home)) and _process(home) is None


def is_ready(home: Path) -> bool:
    """Whether the server says that it takes connections, and does."""
    lines = _pid_file(home)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_directory(home) / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def confine(home: Path, cores: Collection[int]) -> None:
    """Let the server's processes, and all that it starts from now on, run on those cores alone; Linux only."""
    process = first_process(home)
    if process is not None:
        _confine(process, cores)
        # After the server itself: what it starts while its children are looked up inherits from it.
        for child in processes.children(process):
            _confine(child, cores)


def _confine(process: int, cores: Collection[int]) -> None:
    with suppress(ProcessLookupError):
        os.sched_setaffinity(process, cores)


def cores(home: Path) -> Collection[int] | None:
    """The cores that the server's processes are confined to; None where it does not run, or that is not told."""
    process = first_process(home)
    if process is None or not hasattr(os, "sched_getaffinity"):
        return None
    return os.sched_getaffinity(process)


def first_process(home: Path) -> int | None:
    """The number of the process that has started all others of the server; None where it does not run."""
    process = _process(home)
    # A file that a crash left names a process of somebody else.
    return process if is_running(home) else None


def stop(home: Path) -> bool:
    """Stop the server where it runs, and return when its last process is gone; False where that never came.

    To be called by who holds the users' lock alone.
    """
    stopped = end(home)
    if stopped:
        _remove_socket(home)
    return stopped


def end(home: Path) -> bool:
    """As `stop`, and keep the directory of its socket for the next start."""
    return any(_gone_after(home, number, patience) for number, patience in _ESCALATION)


def _gone_after(home: Path, number: signal.Signals, patience: float) -> bool:
    deadline = time.monotonic() + patience
    told = False
    while is_running(home):
        if time.monotonic() > deadline:
            return False
        if not told:
            # One that is just starting has no file yet; it is told as soon as it has.
            told = _tell(home, number)
        time.sleep(0.005)
    return True


def _tell(home: Path, number: signal.Signals) -> bool:
    first = _process(home)
    left_behind = processes.standing_in(data_directory(home), PROGRAM) if was_killed(home) else ()
    told = False
    for process in left_behind if first is None else (first,):
        with suppress(ProcessLookupError):
            os.kill(process, number)
            told = True
    return told


def _process(home: Path) -> int | None:
    """The number of the server's first process, which starts all others; None where there is none, or the number is
    another's by now.
    """
    lines = _pid_file(home)
    if not lines or not lines[0].strip().isdigit():
        return None
    process = int(lines[0])
    words = processes.words_of(process)
    return process if words is None or _serves(words, data_directory(home)) else None


def _serves(words: Sequence[str], data: Path) -> bool:
    """Whether a command line is that of a server on a data directory, by whatever path it is named."""
    with suppress(OSError, ValueError, IndexError):
        return Path(words[words.index("-D") + 1]).samefile(data)
    return False


def _pid_file(home: Path) -> list[str]:
    try:
        return (data_directory(home) / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _remove_socket(home: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(socket_directory(home))
    (home / "socket-directory").unlink(missing_ok=True)
