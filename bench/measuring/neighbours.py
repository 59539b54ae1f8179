"""Other runs of the harness that measure on this machine: each holds a lock meanwhile, by which others know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import locks
from bench.databases.cache import cache_directory, make_directory
from bench.errors import DatabaseError

MOST = 32
"""Runs that can be told apart."""
MEASURES = "another run of bench measures on this machine, so that times will be noisier: measure one at a time"
MEASURED = "another run of bench measured on this machine meanwhile, so that times are noisier: measure one at a time"


@dataclass
class _Own:
    """The lock that this process holds, for all in it that measure at the same time."""

    lock: locks.Lock
    place: Path
    users: int = 0


_own: dict[Path, _Own] = {}


@contextmanager
def measuring(say: Callable[[str], None] = lambda line: None) -> Iterator[Callable[[], int]]:
    """Be known to other runs of this user as one that measures; gives what counts those that do so now.

    Where the cache directory cannot be written, nobody is told, and none is counted.

    Args:
        say: Is told where there are others at the beginning.
    """
    try:
        folder = make_directory(cache_directory() / "measuring", 0o700)
        own = _own.get(folder) or _enter(folder)
    except (DatabaseError, OSError):
        yield lambda: 0
        return
    if own is None:
        yield lambda: MOST
        return
    _own[folder] = own
    own.users += 1

    def others() -> int:
        return sum(not locks.is_free(place) for place in folder.iterdir() if place != own.place)

    try:
        if others():
            say(MEASURES)
        yield others
    finally:
        own.users -= 1
        if not own.users:
            del _own[folder]
            own.lock.close()


def other_runs() -> int:
    """How many others of this user measure on this machine now."""
    own = {one.place for one in _own.values()}
    try:
        return sum(
            not locks.is_free(place) for place in (cache_directory() / "measuring").iterdir() if place not in own
        )
    except (DatabaseError, OSError):
        return 0


def _enter(folder: Path) -> _Own | None:
    for number in range(MOST):
        place = folder / f"{number}.lock"
        # Somebody who only looks holds it for a moment too; the next one is as good.
        if (lock := locks.try_exclusive(place)) is not None:
            return _Own(lock, place)
    return None
