"""What runs that were killed have left on this machine, where whoever was to clear up after them was killed too, or the
machine was switched off: the next start of any run removes it, and says so.

Databases are dropped when the server that they are on is opened (`bench.databases.owned`).
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from bench.databases import locks, postmaster, runs, scratch
from bench.databases.cache import cache_directory
from bench.databases.server import Say
from bench.errors import DatabaseError

_ENGINE_PATIENCE = 2.0
"""Seconds that a Docker engine has to answer; one that does not is asked again at the next start."""
_SERVER, _CONTAINER, _DIRECTORY = "server", "container", "temporary directory"
_SEVERAL = {_SERVER: "servers", _CONTAINER: "containers", _DIRECTORY: "temporary directories"}


def clear(say: Say) -> None:
    """Stop servers that nobody uses and nobody watches, and remove the containers and directories of dead runs."""
    found: Counter[str] = Counter()
    for remove in (_servers, _containers, _directories):
        # What cannot be removed now is no obstacle to this run, and is there for the next start.
        with suppress(DatabaseError, OSError):
            found += remove()
    told = [f"{number} {word if number == 1 else _SEVERAL[word]}" for word, number in found.items()]
    if told:
        say(f"removed what runs that were killed had left: {', '.join(told)}")


def _servers() -> Counter[str]:
    found: Counter[str] = Counter()
    for home in sorted((cache_directory() / "clusters").glob("*")):
        if (home / postmaster.SERVER_LOCK).is_file():
            found += _stop_unused(home)
    return found


def _stop_unused(home: Path) -> Counter[str]:
    """Stop the server of a cluster without a user and without a guardian; the directory of its socket goes with it."""
    with ExitStack() as held:
        # Whoever is about to use it, or to stop it, has one of these.
        for name in (postmaster.MUTEX_LOCK, postmaster.GUARDIAN_LOCK, postmaster.USERS_LOCK):
            lock = locks.try_exclusive(home / name)
            if lock is None:
                return Counter()
            held.enter_context(lock)
        if postmaster.is_running(home):
            left = _SERVER
        elif postmaster.has_socket(home):
            left = _DIRECTORY
        else:
            return Counter()
        return Counter([left] if postmaster.stop(home) else [])


def _containers() -> Counter[str]:
    if not runs.dead_runs("docker"):
        return Counter()
    from bench.databases import containers

    with closing(containers.connect_engine(_ENGINE_PATIENCE)) as engine:
        return Counter({_CONTAINER: containers.remove_leftovers(engine)})


def _directories() -> Counter[str]:
    left = scratch.left()
    for one in left:
        one.remove()
    clones = runs.dead_runs("sqlite")
    for directory in clones:
        runs.remove(directory)
    return Counter({_DIRECTORY: sum(one.is_there for one in left) + len(clones)})
