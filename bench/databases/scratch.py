"""Private temporary directories that do not pile up: what runs that were killed have left of them, whoever was killed
with them, is known to the next start.

The name of a directory ends with that of an entry among the runs (`bench.databases.runs`), in whose file `place` its
path stands: a private file, so that nobody can have another directory removed. Standard library alone.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.databases import runs
from bench.errors import DatabaseError

KIND = "scratch"

_PLACE = "place"
_NOTE = "note"


class Scratch:
    """A temporary directory, reachable by its owner alone, until `cleanup`, or until the process exits.

    Args:
        purpose: A word for its name.
        kind: Of its entry: whose business it is to remove what is left.
        note: A line that whoever removes it is to know.

    Attributes:
        path: Where it is, with links resolved.
    """

    def __init__(self, purpose: str, *, kind: str = KIND, note: str = "") -> None:
        self._run = _entry(kind)
        token = secrets.token_hex(6) if self._run is None else self._run.token
        self.path = Path(tempfile.gettempdir()).resolve() / f"bench-{purpose}-{token}"
        # An interruption before whoever makes it has it leaves nobody else to remove it.
        atexit.register(self.cleanup)
        try:
            if self._run is not None:
                # Before there is a directory: whoever is killed from here on has left one that is known.
                _write(self._run.directory / _NOTE, note)
                _write(self._run.directory / _PLACE, str(self.path))
            self.path.mkdir(mode=0o700)
        except OSError:
            atexit.unregister(self.cleanup)  # what is there is somebody else's
            if self._run is not None:
                self._run.close()
            raise

    @property
    def name(self) -> str:
        """Its path, as a text."""
        return str(self.path)

    @property
    def lock(self) -> Sequence[int]:
        """The descriptor of the lock that says that it is in use, for a child that is to say so too; none where it has
        no entry.
        """
        return () if self._run is None else (self._run.fileno(),)

    def cleanup(self) -> None:
        """Remove it, as far as that can be; safe to call twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._run is not None:
            self._run.close()
        atexit.unregister(self.cleanup)


@dataclass(frozen=True)
class Left:
    """What a run that is dead has left.

    Attributes:
        path: Of the directory.
        note: What its run has noted.
        is_there: Whether there still is a directory, of this user's.
        entry: Its entry among the runs.
    """

    path: Path
    note: str
    is_there: bool
    entry: Path

    def remove(self) -> None:
        """Remove the directory, and forget it."""
        if self.is_there:
            shutil.rmtree(self.path, ignore_errors=True)
        runs.remove(self.entry)


def left(kind: str = KIND) -> list[Left]:
    """What dead runs have left of that kind; entries that name no directory are forgotten.

    Raises:
        DatabaseError: There is no cache directory to be had.
    """
    found = []
    for entry in runs.dead_runs(kind):
        try:
            path = Path((entry / _PLACE).read_text(encoding="utf-8"))
            note = (entry / _NOTE).read_text(encoding="utf-8")
        except (OSError, ValueError):
            runs.remove(entry)  # killed before it had a directory
            continue
        found.append(Left(path, note, _is_there(path, entry), entry))
    return found


def remove(directory: Path, kind: str = KIND) -> None:
    """Remove such a directory in its run's stead, which has ended without doing so; it may be gone already."""
    shutil.rmtree(directory, ignore_errors=True)
    with suppress(DatabaseError, OSError):  # without a cache directory there is no entry
        runs.remove(runs.directory_of(f"{kind}-{_token(directory)}"))


def _entry(kind: str) -> runs.Run | None:
    """A new entry; None where no cache directory is to be had, without which a database that a URL names is measured
    all the same.
    """
    try:
        return runs.start_run(kind)
    except (DatabaseError, OSError):
        return None


def _is_there(path: Path, entry: Path) -> bool:
    try:
        status = path.lstat()
    except (OSError, ValueError):
        return False
    is_ours = os.geteuid() in (0, status.st_uid)
    return stat.S_ISDIR(status.st_mode) and is_ours and _token(path) == _token(entry)


def _token(path: Path) -> str:
    return path.name.rpartition("-")[2]


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
