"""A fault of bench's own: one line, and a private file for whoever mends it, in which nobody's data stand."""

from __future__ import annotations

import errno
import os
import platform
import re
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click

from bench import __version__
from bench.cli.typed import without_secrets
from bench.errors import BenchError

FOLDER = "faults"
"""Where the files stand, in the cache directory."""
_KEPT = 20
_MOST_FRAMES = 60
_PACKAGES = ("sqlalchemy", "asyncpg", "psycopg", "click", "rich", "msgspec")
_NAME_CODE = (AttributeError, ImportError, IndexError, NameError, RecursionError, TypeError, ZeroDivisionError)
"""Errors whose messages name what the code names, and no values."""
_REMEDIES = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room, or have the quota raised",
    errno.EFBIG: "have the limit on the size of files raised (ulimit -f)",
    errno.EROFS: "set BENCH_CACHE and --output to where something can be written",
    errno.EMFILE: "have the limit on open files raised (ulimit -n)",
    errno.ENFILE: "end what has so many files open",
    errno.ENOMEM: "end what takes the memory",
}
"""What the machine lacks, which is no fault of the code's, and what to do."""


def lack(error: OSError) -> str | None:
    """What the machine lacks, as a line; None where the error says something else."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return None
    place = f" at {error.filename}" if error.filename is not None else ""
    return f"{os.strerror(error.errno or 0)}{place}: {remedy}, and run it again"


def confess(error: BaseException, words: Sequence[str]) -> str:
    """Write down what went wrong, and say in a line that it did.

    Args:
        error: What nobody expected.
        words: The words of the command, of which the names of flags are kept.
    """
    said = f"this is a fault of bench's own ({type(error).__name__}{_where(error)}), not of what you asked for"
    try:
        path = _write(_described(error, words))
    except Exception:  # noqa: BLE001 - that one fault is said must not hang on another
        return f"{said}: report it with the command, and with what was said before"
    return f"{said}: report it with {path}, in which no password, host name or row stands"


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _place(frame.filename).startswith("bench/")]
    return f" at {_place(own[-1].filename)}:{own[-1].lineno}" if own else ""


def _write(text: str) -> Path:
    """A new file that its owner alone can read; the oldest of many are removed."""
    from bench.databases.cache import cache_directory, make_directory

    folder = make_directory(cache_directory() / FOLDER, 0o700)
    for old in sorted(folder.glob("*.txt"))[: 1 - _KEPT]:
        with suppress(FileNotFoundError):  # another process removes them too
            old.unlink()
    began = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-"
    descriptor, path = tempfile.mkstemp(prefix=began, suffix=".txt", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(path)


def _described(error: BaseException, words: Sequence[str]) -> str:
    lines = [f"querybench {__version__}, {platform.python_implementation()} {platform.python_version()}"]
    lines += [f"{platform.system()} {platform.release()} {platform.machine()}", _versions(), _command(words), ""]
    for one in _causes(error):
        lines += _frames(one)
        lines += [f"{type(one).__module__}.{type(one).__qualname__}: {_message(one, words)}", ""]
    return "\n".join(lines)


def _versions() -> str:
    found = []
    for name in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return ", ".join(found)


def _command(words: Sequence[str]) -> str:
    """The command and the flags that were given; what they were given may be anything."""
    from bench.cli.main import COMMANDS

    command = next((word for word in words if word in COMMANDS), "")
    flags = [flag[0] for word in words if (flag := re.match(r"--[a-z][a-z-]*(?==|$)", word))]
    return " ".join(["bench", command, *flags]).strip()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error after those in whose handling it was raised, as Python shows them; the innermost first."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return reversed(chain)


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    shown = [_frame(frame) for frame in frames]
    half = _MOST_FRAMES // 2
    return shown if len(shown) <= _MOST_FRAMES else [*shown[:half], "  …", *shown[-half:]]


def _frame(frame: traceback.FrameSummary) -> str:
    """A frame, with the line of code where that is not somebody else's."""
    place = _place(frame.filename)
    is_public = place.startswith("bench/") or "site-packages" in Path(frame.filename).parts
    return f"  {place}:{frame.lineno} in {frame.name}" + (f": {frame.line}" if is_public else "")


def _place(filename: str) -> str:
    """A file by its name in its package: where that is installed may name who uses it."""
    path = Path(filename)
    for root in (Path(__file__).parents[2], *(part for part in path.parents if part.name == "site-packages")):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def _message(error: BaseException, words: Sequence[str]) -> str:
    if isinstance(error, BenchError | click.ClickException) or type(error) in _NAME_CODE:
        return without_secrets(str(error), words)
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return "(its message is left out, for it may quote what it was about)"
