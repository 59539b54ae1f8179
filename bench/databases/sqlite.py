"""SQLite: templates are files in the cache directory, clones are copies of them in a directory of the run's own.

A file of ours carries a number in its header that says so, which SQLite keeps there for that: only such are listed and
removed, for the directory may have been somebody's before it was our cache.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from bench.databases import marker, runs
from bench.databases.address import Address, Dialect
from bench.databases.cache import cache_directory, make_directory
from bench.databases.owned import OwnedDatabase
from bench.databases.server import Server
from bench.errors import DatabaseError, UsageError

_SUFFIX = ".sqlite"
_MARK = int.from_bytes(b"qbch")
_HEADER = b"SQLite format 3\0"
_PLACE_OF_MARK = slice(68, 72)
"""Source: SQLite documentation, Database File Format, the database header."""
_PRAGMAS = ("journal_mode", "synchronous", "page_size", "cache_size", "mmap_size", "foreign_keys", "encoding")


class SqliteServer(Server):
    """SQLite's files.

    Raises:
        DatabaseError: The cache directory cannot be written.
        UsageError: There are `settings`: SQLite has none that belong to a database and not to a connection.
    """

    kind = "sqlite"
    dialect: Dialect = "sqlite"
    version = sqlite3.sqlite_version

    def __init__(self, settings: Mapping[str, str], reason: str = "named by --database") -> None:
        if settings:
            raise UsageError(f"--setting {next(iter(settings))}: SQLite takes no settings: they are PostgreSQL's")
        self.reason = reason
        self._templates = make_directory(cache_directory() / "sqlite", 0o700)
        for directory in runs.dead_runs("sqlite"):
            runs.remove(directory)
        self._run = runs.start_run("sqlite")
        # An interruption before whoever opens it has it leaves nobody else to close it.
        atexit.register(self._run.close)
        self._numbers = count(1)

    def settings(self) -> Mapping[str, str]:
        """The pragmas that a new connection starts with."""
        with closing(sqlite3.connect(":memory:")) as connection:
            rows = {name: connection.execute(f"PRAGMA {name}").fetchone() for name in _PRAGMAS}
        # A file's journal is a rollback journal until it is told otherwise; only in memory is it another.
        return {name: str(row[0]) for name, row in rows.items() if row} | {"journal_mode": "delete"}

    def template(self, key: str, seed: Callable[[Address], None]) -> str:
        """Name of the template file that belongs to `key`; where there is none, one is made and `seed` fills it.

        Raises:
            ValueError: `key` cannot stand in a file's name.
        """
        name = f"{marker.template_name(key)}-{self.version}{_SUFFIX}"
        if not (self._templates / name).exists():
            making = self._new_file("making")
            try:
                seed(_address(making))
                _settle(making)
                making.replace(self._templates / name)
            except BaseException:
                _remove(making)
                raise
        return name

    def clone(self, template: str) -> Address:
        """A copy of a template.

        Raises:
            DatabaseError: The template is gone, or the disk is full.
        """
        clone = self._new_file("clone")
        try:
            shutil.copyfile(self._templates / template, clone)
        except OSError as error:
            raise DatabaseError(f"the template {template} cannot be copied to {clone}: {error.strerror}") from None
        return _address(clone)

    def drop(self, database: Address) -> None:
        """Remove a clone of this run.

        Raises:
            ValueError: It is no clone of this run.
        """
        path = Path(database.database)
        if path.parent != self._run.directory:
            raise ValueError(f"not a clone of this run: {path.name}")
        _remove(path)

    def terminate(self, application_name: str) -> None:
        """Nothing: SQLite has no server on which a query could outlive its worker."""

    def owned_databases(self) -> list[OwnedDatabase]:
        """The templates that are kept, of other versions of SQLite too."""
        paths = [path for path in sorted(self._templates.glob(f"*{_SUFFIX}")) if _is_ours(path)]
        return [OwnedDatabase(path.name, "template", path.stat().st_size, in_use=False) for path in paths]

    def has_other_runs(self) -> bool:
        """Whether another run uses SQLite, which may need any template for its next clone."""
        return any(directory != self._run.directory for directory in runs.living_runs(self.kind))

    def remove(self, database: OwnedDatabase) -> None:
        """Remove a template that `owned_databases` named.

        Raises:
            DatabaseError: There is none of that name.
        """
        if database.name not in {each.name for each in self.owned_databases()}:
            raise DatabaseError(f"there is no SQLite template {database.name} of bench's own")
        _remove(self._templates / database.name)

    def pin(self, core: int) -> None:
        """Refused.

        Raises:
            UsageError: SQLite runs in the worker.
        """
        raise UsageError("--pin: SQLite has no server to pin: leave --pin out, or use --database embedded")

    def close(self) -> None:
        """Remove this run's clones; safe to call twice."""
        self._run.close()
        atexit.unregister(self._run.close)

    def _new_file(self, kind: str) -> Path:
        return self._run.directory / f"{kind}-{next(self._numbers)}{_SUFFIX}"


def _address(path: Path) -> Address:
    return Address(dialect="sqlite", database=str(path))


def _settle(path: Path) -> None:
    """Mark a file as ours, bring everything into it, and it to the disk, before it is taken for a template."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {_MARK}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            header = file.read(_PLACE_OF_MARK.stop)
    except OSError:
        return False
    return header.startswith(_HEADER) and int.from_bytes(header[_PLACE_OF_MARK]) == _MARK


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()
