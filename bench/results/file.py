"""The result file: one run as JSON, written whole or not at all, and checked when it is read."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from bench.errors import ResultError
from bench.measurement import SCHEMA, Result
from bench.results.encoding import decode, encode
from bench.results.limits import read_limited
from bench.results.newest import make_newest, newest_first

RESULTS = Path(".bench/results")
"""Where a result goes when no file is named, below the current directory."""

_LONGEST_NAME = 120
"""Bytes of the selectors in a file name: with time, number and suffix it stays under the 255 of common file systems."""
_LONGEST_OF_ANY = 200
"""Bytes of a name from which on its temporary file is called by a digest, to stay under the same."""


@dataclass(frozen=True)
class _Head:
    schema: int | None = None


def write_result(path: Path, result: Result) -> None:
    """Write a result whole or not at all: what was at `path` before stays until the new file is complete on the disk.

    Raises:
        ResultError: It cannot be encoded, or the file cannot be written (a right or space on the disk is missing).
    """
    members = {"schema": result.schema}
    members |= {field.name: getattr(result, field.name) for field in fields(result)}
    write_whole(path, encode(members) + b"\n")
    make_newest(path)


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, by way of a temporary file beside it; a link there stays a link, and a file
    that is replaced keeps its mode, which the temporary one has from the start.

    Raises:
        ResultError: The file cannot be written, or `path` is something else than a file.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise ResultError(f"{path} is not a file that a result could be written to: name another with --output")
    temporary = target.with_name(f"{_begun(target)}{secrets.token_hex(6)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644 if mode is None else mode)
            with os.fdopen(descriptor, "wb") as file:
                if mode is not None and os.fstat(descriptor).st_mode & 0o777 != mode:
                    temporary.chmod(mode)  # the umask has taken of it what it takes of new files
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error.strerror or error}") from error
    sync_folder(target.parent)


def remove_unfinished(path: Path) -> list[Path]:
    """Remove what those who were killed while they wrote a file have left beside it, and say what that was. Nobody may
    be writing the file meanwhile: of a result, its journal is held.
    """
    target = path.resolve()
    unfinished = re.compile(re.escape(_begun(target)) + r"[0-9a-f]{12}\.tmp")
    removed = []
    with suppress(OSError):  # a folder that cannot be read, or not written, is said by whoever needs it
        for one in sorted(target.parent.iterdir()):
            if unfinished.fullmatch(one.name):
                one.unlink()
                removed.append(one)
    return removed


def sync_folder(folder: Path) -> None:
    """Have a name that was made in a folder, or taken away, be on the disk."""
    with suppress(OSError):  # not every file system can; what is in the file is on the disk in any case
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _begun(target: Path) -> str:
    """How the names of a file's temporary ones begin: no two files' alike, and short enough for any file system."""
    name = os.fsencode(target.name)
    return f".{target.name if len(name) <= _LONGEST_OF_ANY else hashlib.sha256(name).hexdigest()}."


def read_result(path: Path) -> Result:
    """The result in a file, checked by its schema and its types.

    Raises:
        ResultError: It is not there, cut short, of another schema, or no result; the message says which.
    """
    raw = read_whole(path)
    check_schema(raw, str(path), f"{path} is not a result of `bench`")
    return decode(raw, Result, str(path))


def read_whole(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ResultError: It cannot be read, or has more than a result can have.
    """
    return read_limited(path)


def check_schema(raw: bytes, where: str, otherwise: str) -> None:
    """Refuse JSON of another schema than this version's.

    Args:
        raw: JSON with a member `schema`.
        where: What is being read, for the message.
        otherwise: What is said of JSON without a schema, which something else has written.

    Raises:
        ResultError: Both numbers, and what to do.
    """
    schema = decode(raw, _Head, where).schema
    if schema is None:
        raise ResultError(f"{otherwise}: it has no `schema`")
    if schema != SCHEMA:
        remedy = (
            "upgrade querybench to read it"
            if schema > SCHEMA
            else "measure again, or read it with the version that wrote it"
        )
        raise ResultError(f"{where} has schema {schema} and this version of querybench reads schema {SCHEMA}: {remedy}")


def result_path(folder: Path, selectors: Sequence[str], started: datetime) -> Path:
    """Where a new result goes: named by the minute it started in and by what was selected
    (`2026-11-22T0931-loading.one_to_many.json`), and by a number where a result or a journal has that name.
    """
    chosen = "+".join(re.sub(r"[^\w.]+", "-", selector).strip(".-") or "selected" for selector in selectors) or "all"
    name = f"{started:%Y-%m-%dT%H%M}-{_shortened(chosen)}"
    path, number = folder / f"{name}.json", 2
    while os.path.lexists(path) or os.path.lexists(journal_path(path)):
        path, number = folder / f"{name}-{number}.json", number + 1
    return path


def hide_from_git(folder: Path) -> None:
    """Make a folder that git ignores with all that is in it, whatever the repository itself ignores. Where it cannot be
    made, whoever writes in it says so.
    """
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("# Written by bench: results are kept where --output says.\n*\n")


def journal_path(result: Path) -> Path:
    """Where the journal of a result is kept while its run goes on: beside it, as `.journal`."""
    return result.with_name(f"{result.name.removesuffix('.json')}.journal")


def newest_result(folder: Path = RESULTS) -> Path:
    """The result that was written last in a folder.

    Raises:
        ResultError: There is none.
    """
    return newest_results(folder)[0]


def newest_results(folder: Path = RESULTS) -> list[Path]:
    """The results in a folder, the one that was written last first; one at least.

    Raises:
        ResultError: There is none.
    """
    try:
        found = newest_first(folder.glob("*.json"))
    except OSError as error:
        raise ResultError(f"cannot read {folder}: {error.strerror or error}") from error
    if not found:
        raise ResultError(f"no result in {folder}: measure one with `bench run`, or name a file")
    return found


def _shortened(name: str) -> str:
    """A name that fits in a file's, ASCII letters or not."""
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore")
