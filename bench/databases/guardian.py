"""A small process that outlives its run: it waits for a lock that the kernel lets go of when the last user has ended,
or for the end of a pipe that the kernel closes then, whatever way that was, and takes away what was started for them.

`cluster HOME DESCRIPTOR` stops the server of a cluster; the descriptor is the guardian's own lock.
`run DIRECTORY` removes the containers of a run, and its directory; the lock of the volume that they use, which it
inherits, is free when it has ended.
`bouncer DIRECTORY PROGRAM` starts a PgBouncer when it is told to on its standard input, ends it with that, and removes
its directory; its standard output is closed when PgBouncer has ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.databases import locks, postmaster, scratch

_PR_SET_PDEATHSIG = 1


def command(*arguments: str | Path | int) -> list[str]:
    """The command line of a guardian with those arguments."""
    return [sys.executable, "-P", "-m", "bench.databases.guardian", *map(str, arguments)]


def environment() -> Mapping[str, str]:
    """Its environment: it has to find this package however the package was found here."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def guard_cluster(home: Path, own_lock: int) -> None:
    """Stop the cluster's server when the last user's lock is gone; `own_lock` is let go of first, so that a user who
    gets the users' lock next sees at once that there is no guardian.
    """
    with locks.exclusive(home / postmaster.USERS_LOCK):
        postmaster.stop(home)
        os.close(own_lock)


def guard_run(directory: Path) -> None:
    """Remove a run's containers and its directory when it has ended without doing so itself."""
    from bench.databases import containers, runs

    try:
        engine = containers.connect_engine()
        with locks.exclusive(runs.lock_file(directory)):
            if directory.exists():
                containers.remove_run(engine, directory.name, patience=2.0)
                runs.remove(directory)
    except FileNotFoundError:
        return  # the run has ended before its guardian was awake, and left nothing


def guard_bouncer(directory: Path, program: Path) -> None:
    """Run PgBouncer on the settings in its directory from when a line comes in until there can be no more."""
    from bench.databases.account import server_account
    from bench.databases.bouncer_files import SETTINGS

    try:
        if not sys.stdin.readline():
            return  # the run has ended before it had written the settings
        bouncer = subprocess.Popen(
            [program, "-q", directory / SETTINGS],
            **server_account().process_options(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_ended_with_us(),  # noqa: PLW1509 - there is one thread here
        )
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())  # PgBouncer alone holds the pipe now
        sys.stdin.read()
        bouncer.kill()
        bouncer.wait()
    finally:
        scratch.remove(directory)


def _ended_with_us() -> Callable[[], object] | None:
    """What a child does before it becomes another program, so that the kernel ends it when this process was killed."""
    if sys.platform != "linux":
        return None
    return partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """The entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    task, directory, *rest = sys.argv[1:]
    os.chdir("/")
    if task == "cluster":
        guard_cluster(Path(directory), int(rest[0]))
    elif task == "bouncer":
        guard_bouncer(Path(directory), Path(rest[0]))
    else:
        guard_run(Path(directory))


if __name__ == "__main__":
    main()
