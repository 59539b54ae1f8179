"""What Linux tells of a process and of those that it started. Standard library alone, as the guardian needs it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_AFTER_NAME = ("state", "parent")
_TIMES = slice(11, 15)
"""Of the fields after a process's name: its time in user and system mode, and that of its children that have ended."""

_LOOKS = 20
"""How often processes are looked at until none of those that are added up has ended between two looks."""


def children(process: int) -> Iterator[int]:
    """The numbers of the processes that a process has started; none where the system does not tell."""
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(_fields(int(directory.name))[_AFTER_NAME.index("parent")]) == process:
                yield int(directory.name)


def words_of(process: int) -> list[str] | None:
    """The command line of a process, empty where there is no such process; None where the system does not tell."""
    if not Path("/proc/self/cmdline").exists():
        return None
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(word) for word in line.split(b"\0")]


def standing_in(directory: Path, program: str) -> list[int]:
    """The numbers of the processes of a program whose working directory is that one; none where the system does not
    tell.
    """
    found, there = [], directory.resolve()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            what = (process / "exe").readlink().name.removesuffix(" (deleted)")
            if what == program and (process / "cwd").readlink() == there:
                found.append(int(process.name))
    return found


def cpu_seconds(process: int) -> float | None:
    """Seconds of CPU that a process has taken so far, with those that it started, and those that these did, of which
    some may have ended; None where the system does not tell, or where processes of theirs end all the time.
    """
    seen = _all()
    for _ in range(_LOOKS):
        if process not in seen:
            return None
        family = _family(process, seen)
        before, seen = seen, _all()
        # One that has ended meanwhile may be in both or in none: it is away then, or its parent has its time.
        if family <= seen.keys() and all(before[each].of_ended == seen[each].of_ended for each in family):
            return sum(before[each].ticks for each in family) / os.sysconf("SC_CLK_TCK")
    return None


@dataclass(frozen=True)
class _Process:
    """One process: who started it, and the time that it has taken, with its children that have ended and theirs."""

    parent: int
    ticks: int
    of_ended: int


def _all() -> dict[int, _Process]:
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = _fields(int(directory.name))
            parent = int(fields[_AFTER_NAME.index("parent")])
            times = [int(time) for time in fields[_TIMES]]
            found[int(directory.name)] = _Process(parent, sum(times), sum(times[2:]))
    return found


def _family(process: int, among: Mapping[int, _Process]) -> set[int]:
    """A process and all that go back to it."""
    started: dict[int, list[int]] = {}
    for number, one in among.items():
        started.setdefault(one.parent, []).append(number)
    family, found = set(), [process]
    while found:
        one_of_them = found.pop()
        family.add(one_of_them)
        found += started.get(one_of_them, [])
    return family


def _fields(process: int) -> list[str]:
    # After the name, which may have any character in it.
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
