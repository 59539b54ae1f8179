"""A core each for the server and the worker, so that neither waits for the other nor moves about."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UsageError

_TOPOLOGY = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class Cores:
    """The numbers of the cores that the server and the worker are confined to."""

    server: int
    worker: int


def choose_cores() -> Cores:
    """The first core that this process may use, and the next that is no other thread of the same physical core; where
    all are, the second.

    Raises:
        UsageError: This process may use one core alone, or the system does not let processes be confined.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise UsageError("--pin: processes can be confined to a core on Linux alone: leave --pin out")
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise UsageError("--pin: worker and server need a core each, and there is one: leave --pin out")
    siblings = _siblings(first)
    return Cores(first, next((core for core in others if core not in siblings), others[0]))


def confine(process: int, core: int) -> None:
    """Confine a process that has one thread yet, and all that it starts, to a core; it may have ended already."""
    with suppress(ProcessLookupError):  # what is asked of it next tells
        os.sched_setaffinity(process, {core})


def _siblings(core: int) -> set[int]:
    """The cores that are threads of the same physical core, as far as the system says."""
    try:
        written = (_TOPOLOGY / f"cpu{core}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return {core}
    ranges = [part.partition("-") for part in written.split(",") if part]
    return {number for low, _, high in ranges for number in range(int(low), int(high or low) + 1)}
