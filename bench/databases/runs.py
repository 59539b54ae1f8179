"""A run's own directory in the cache, with a lock that tells whether the run is alive."""

from __future__ import annotations

import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from bench.databases import locks
from bench.databases.cache import cache_directory, make_directory

_NAME = re.compile(r"[a-z]+-[0-9a-f]{12}")


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

    @property
    def token(self) -> str:
        """Its end, twelve hexadecimal digits."""
        return self.name.rpartition("-")[2]

    def fileno(self) -> int:
        """The descriptor of its lock, for a child that is to keep it alive too."""
        return self._lock.fileno()

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
        directory = _home() / f"{kind}-{secrets.token_hex(6)}"
        try:
            make_directory(directory, 0o700)
            return Run(directory, locks.exclusive(lock_file(directory)))
        except BaseException:
            remove(directory)
            raise


def dead_runs(kind: str) -> list[Path]:
    """The directories of that kind's runs that have ended without removing theirs."""
    with _registry() as _:
        return [directory for directory in _home().glob(f"{kind}-*") if _is_dead(directory)]


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


def directory_of(name: str) -> Path:
    """The directory that the run of that name has, or had.

    Raises:
        DatabaseError: The cache directory cannot be made.
    """
    return _home() / name


def lock_file(directory: Path) -> Path:
    """The file whose lock the run holds."""
    return directory / "lock"


def _is_dead(directory: Path) -> bool:
    """Whether a directory is that of a run, and nobody holds its lock. By its name alone it might be somebody's whose
    folder has been made our cache; under the registry's lock.
    """
    if _NAME.fullmatch(directory.name) is None:
        return False
    if not lock_file(directory).is_file():
        with suppress(OSError):  # killed before it had its lock; anything else in it is somebody's
            directory.rmdir()
        return False
    return locks.is_free(lock_file(directory))


def _home() -> Path:
    return make_directory(cache_directory() / "runs", 0o700)


def _registry() -> locks.Lock:
    # A directory that has just been made has no lock yet, and would look dead.
    return locks.exclusive(cache_directory() / "runs.lock")
