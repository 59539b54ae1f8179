"""Which lines that an exception passed are the author's own: what they can look at, and change."""

from __future__ import annotations

import os
import traceback
from collections.abc import Collection
from pathlib import Path

_LIBRARIES = (Path(os.__file__).resolve().parent, Path(__file__).resolve().parent)
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def is_own(file: str) -> bool:
    """Whether a file of code is the author's: neither installed, nor of the standard library, nor of the harness."""
    if file.startswith("<"):
        return False
    path = Path(file).resolve()
    return _INSTALLED.isdisjoint(path.parts) and not any(path.is_relative_to(library) for library in _LIBRARIES)


def last_line(error: BaseException, folders: Collection[Path] = ()) -> traceback.FrameSummary | None:
    """The innermost line of an author's file that an exception passed, files in these folders among them, wherever they
    are installed; None where it passed none.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return next((one for one in reversed(frames) if is_own(one.filename) or Path(one.filename).parent in folders), None)


def where(error: BaseException, files: Collection[str]) -> str | None:
    """Where an exception came from in a few words: the last line of one of these files that it passed, and before it
    that of the application where it went on to one (`queries.py:12, by orders.py:24`). None where it passed no line of
    them.
    """
    frames = traceback.extract_tb(error.__traceback__)
    called = next((frame for frame in reversed(frames) if frame.filename in files), None)
    if called is None:
        return None
    place, innermost = _shown(called), last_line(error)
    return place if innermost is None or innermost.filename in files else f"{_shown(innermost)}, by {place}"


def _shown(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno}"
