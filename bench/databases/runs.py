"""A run's own directory in the cache, with a lock that tells whether the run is alive."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from bench.databases import locks
from bench.databases.cache import cache_directory, make_directory


class Run:
    """A run that is alive for as long as this process is, or until it is closed.

    Attributes:
        directory: The run's own, reachable by its owner alone.
    """

    def __init__(self, directory: Path, lock: locks.Lock) -> None:
        self.directory = directory
        self._lock = lock

    @property
    def name(self) -> str:
        """The run's name, unlike any other's."""
        return self.directory.name

    def close(self) -> None:
        """Remove the directory, and be dead; safe to call twice."""
        remove(self.directory)
        self._lock.close()


def start_run(kind: str) -> Run:
    """A run of that kind, alive from now on.

    Raises:
        DatabaseError: The cache directory cannot be written.
    """
    with _registry() as _:
        directory = make_directory(_home() / f"{kind}-{secrets.token_hex(6)}", 0o700)
        return Run(directory, locks.exclusive(lock_file(directory)))


def dead_runs(kind: str) -> list[Path]:
    """The directories of that kind's runs that have ended without removing theirs."""
    with _registry() as _:
        return [directory for directory in _home().glob(f"{kind}-*") if locks.is_free(lock_file(directory))]


def is_alive(name: str) -> bool:
    """Whether the run of that name is alive."""
    with _registry() as _:
        directory = _home() / name
        return directory.is_dir() and not locks.is_free(lock_file(directory))


def living_runs(kind: str) -> list[Path]:
    """The directories of that kind's runs that are alive, this one's among them."""
    return [directory for directory in _home().glob(f"{kind}-*") if is_alive(directory.name)]


def remove(directory: Path) -> None:
    """Remove a run's directory; it may be gone already."""
    shutil.rmtree(directory, ignore_errors=True)


def lock_file(directory: Path) -> Path:
    """The file whose lock the run holds."""
    return directory / "lock"


def _home() -> Path:
    return make_directory(cache_directory() / "runs", 0o700)


def _registry() -> locks.Lock:
    # A directory that has just been made has no lock yet, and would look dead.
    return locks.exclusive(cache_directory() / "runs.lock")
