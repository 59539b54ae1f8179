"""What Linux tells of a process and of those that it started. Standard library alone, as the guardian needs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_AFTER_NAME = ("state", "parent")
_TIMES = slice(11, 15)
"""Of the fields after a process's name: its time in user and system mode, and that of its children that have ended."""


def children(process: int) -> Iterator[int]:
    """The numbers of the processes that a process has started; none where the system does not tell."""
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(_fields(int(directory.name))[_AFTER_NAME.index("parent")]) == process:
                yield int(directory.name)


def cpu_seconds(process: int) -> float | None:
    """Seconds of CPU that a process and those that it started have taken so far, of which some may have ended; None
    where the system does not tell.
    """
    own = _ticks(process)
    while own is not None:
        of_children = sum(_ticks(child) or 0 for child in children(process))
        before, own = own, _ticks(process)
        if own == before:  # else one may have ended meanwhile, and be in both or in none
            return (own + of_children) / os.sysconf("SC_CLK_TCK")
    return None


def _ticks(process: int) -> int | None:
    try:
        return sum(map(int, _fields(process)[_TIMES]))
    except OSError:
        return None


def _fields(process: int) -> list[str]:
    # After the name, which may have any character in it.
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
