"""Which of several results is the newest: clocks are set back, and copies have the times of their copying."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

_STARTED = re.compile(rb'"started"\s*:\s*"([^"\\]{1,40})"')
_END = 4096
"""Bytes at the end of a result, where it says when its run started."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_TOGETHER_NS = 2 * 10**9
"""Nanoseconds within which files that are copied together follow each other."""
_FAR_NS = 24 * 3600 * 10**9
"""From how far ahead on a time is none that a clock was set back from: it was plainly wrong, and orders nothing."""


def newest_first(paths: Iterable[Path]) -> list[Path]:
    """Results, the one that was written last first; those that were written together, as copies are, by when their runs
    started, and those from a far future last.

    Raises:
        OSError: One is gone.
    """
    latest = time.time_ns() + _FAR_NS
    groups: list[list[Path]] = []
    before, was_credible = 0, False
    for is_credible, written, path in sorted(_written(path, latest) for path in paths):
        if groups and is_credible == was_credible and written - before < _TOGETHER_NS:
            groups[-1].append(path)
        else:
            groups.append([path])
        before, was_credible = written, is_credible
    ordered = [path for group in groups for path in (sorted(group, key=_started) if len(group) > 1 else group)]
    return ordered[::-1]


def make_newest(path: Path) -> None:
    """Have a result that has just been written be the newest in its folder, where the clock was set back since the
    others were written.
    """
    with suppress(OSError):  # the order of results is not worth losing one
        own = path.stat().st_mtime_ns
        others = (one.stat().st_mtime_ns for one in path.parent.glob("*.json") if one.name != path.name)
        last = max((one for one in others if one < own + _FAR_NS), default=0)
        if last > own:
            after = last + 2 * _TOGETHER_NS
            os.utime(path, ns=(after, after))


def _written(path: Path, latest: int) -> tuple[bool, int, Path]:
    written = path.stat().st_mtime_ns
    return written < latest, written, path


def _started(path: Path) -> datetime:
    """When a result says that its run started, without the rest being read; long ago where it does not say it."""
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _END, 0))
            said = _STARTED.findall(file.read())
        started = datetime.fromisoformat(said[-1].decode()) if said else _LONG_AGO
    except (OSError, ValueError):  # whoever reads it whole says so
        started = _LONG_AGO
    return started if started.tzinfo is not None else started.replace(tzinfo=UTC)
