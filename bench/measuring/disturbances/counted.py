"""What the machine counts while something is measured: who had its cores, and what its processes waited for.

Source: Linux's documentation, proc(5) (stat, vmstat) and Pressure Stall Information.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measurement import BUSY
from bench.measuring import machine
from bench.measuring.disturbances.cgroups import Quota, quota
from bench.measuring.disturbances.findings import Look, disturbing, in_percent, quiet, text_of, untold
from bench.measuring.disturbances.processor import times_cooled

OTHERS = 0.05
"""The share of all cores from which on others disturb: less is the kernel's own work, and what idles on any machine."""
STOLEN = 0.01
"""The share of the time in which the cores had something to do, from which on other guests disturb: what one round
loses is then as much as the differences that are asked for.
"""
WAITED_FOR_MEMORY = 0.01
"""The share of the time: where there is memory for all, nobody waits for it at all."""
WAITED_FOR_A_DISK = 0.25
"""The share of one core's time: a strategy that writes waits for the disk itself, for less than a tenth here."""
SWAPPED_MB = 1.0
"""Megabytes: less is a process that wakes up once."""
PROCESSES = "other processes"
END_THEM = "end them, or measure where nothing else runs"


@dataclass(frozen=True)
class Reading:
    """What the machine had counted at a moment; None where it does not tell.

    Attributes:
        at: The moment, in seconds of a clock that goes on evenly.
        cpu: What its cores did.
        ours_s: CPU seconds of the harness's own processes, and of the server; None where they cannot be told apart from
            others'.
        waited_for_core_s: Seconds for which at least one process waited for a core.
        waited_for_memory_s: Seconds for which at least one waited for memory.
        swapped_mb: Megabytes that were written to swap space, or read from it.
        cooled: How often cores were slowed down because they were too hot.
        quota: What the control groups of this process are limited to.
    """

    at: float
    cpu: machine.CpuTimes | None = None
    ours_s: float | None = None
    waited_for_core_s: float | None = None
    waited_for_memory_s: float | None = None
    swapped_mb: float | None = None
    cooled: int | None = None
    quota: Quota | None = None


def read(root: Path, ours_s: float | None) -> Reading:
    """What the machine has counted by now.

    Args:
        root: Where its files are.
        ours_s: What cannot be read there: CPU seconds of the harness's own processes, and of the server.
    """
    return Reading(
        at=time.monotonic(),
        cpu=machine.cpu_times(root),
        ours_s=ours_s,
        waited_for_core_s=_waited(root, "cpu"),
        waited_for_memory_s=_waited(root, "memory"),
        swapped_mb=_swapped_mb(root),
        cooled=times_cooled(root),
        quota=quota(root),
    )


def looks(before: Reading, after: Reading, load: float | None) -> list[Look]:
    """What disturbed between two readings; `load` is how many processes ran or waited for each core in the minute
    before, for systems that tell no more; None where that is not told either.
    """
    return [
        _others(before, after, load),
        _stolen(before, after),
        _paused(before, after),
        _memory(before, after),
        _disk(before, after),
        _heat(before, after),
    ]


def _others(before: Reading, after: Reading, load: float | None) -> Look:
    did = _did(before, after)
    if did is None or before.ours_s is None or after.ours_s is None:
        return _by_load(load)
    share = (did.busy - (after.ours_s - before.ours_s)) / (after.at - before.at) / did.cores
    if share < OTHERS:
        return quiet(PROCESSES)
    cores = "the only core" if did.cores == 1 else f"the {did.cores} cores"
    waited = _share(before.waited_for_core_s, after.waited_for_core_s, before, after)
    waiting = "" if waited is None else f", and for {in_percent(waited)} of the time some process waited for one"
    return disturbing(PROCESSES, f"they took {in_percent(share)} of {cores}{waiting}", END_THEM)


def _by_load(load: float | None) -> Look:
    if load is None:
        return untold(PROCESSES)
    if load <= BUSY:
        return quiet(PROCESSES)
    return disturbing(PROCESSES, f"{load:.1f} for each core ran, or waited to, before this began", END_THEM)


def _stolen(before: Reading, after: Reading) -> Look:
    what, did = "steal", _did(before, after)
    if did is None:
        return untold(what)
    share = did.stolen / (did.busy + did.stolen)
    if share < STOLEN:
        return quiet(what)
    return disturbing(
        what,
        f"for {in_percent(share)} of the time that this machine had something to do, its host ran other guests",
        "measure on a dedicated machine, or at a quieter hour",
    )


def _paused(before: Reading, after: Reading) -> Look:
    what = "CPU quota"
    if before.quota is None or after.quota is None:
        return untold(what)
    pauses, paused_s = after.quota.pauses - before.quota.pauses, after.quota.paused_s - before.quota.paused_s
    if pauses <= 0:
        return quiet(what)
    of = f"one of {after.quota.cores:g} cores" if after.quota.cores is not None else "one"
    return disturbing(
        what,
        f"{of} paused processes {pauses} times, for {paused_s:.1f} s in all cores together",
        "give the container no limit of CPU, or a higher one, and keep others away in another way",
    )


def _memory(before: Reading, after: Reading) -> Look:
    what = "memory"
    waited = _share(before.waited_for_memory_s, after.waited_for_memory_s, before, after)
    swapped_mb = None if before.swapped_mb is None or after.swapped_mb is None else after.swapped_mb - before.swapped_mb
    if waited is None and swapped_mb is None:
        return untold(what)
    seen = []
    if waited is not None and waited >= WAITED_FOR_MEMORY:
        seen.append(f"processes waited for it for {in_percent(waited)} of the time")
    if swapped_mb is not None and swapped_mb >= SWAPPED_MB:
        seen.append(f"{swapped_mb:.0f} MB were swapped")
    if not seen:
        return quiet(what)
    return disturbing(what, ", ".join(seen), "end what needs so much, or take a machine with more")


def _disk(before: Reading, after: Reading) -> Look:
    what, did = "disk", _did(before, after)
    if did is None:
        return untold(what)
    share = did.waiting / (after.at - before.at)
    if share < WAITED_FOR_A_DISK:
        return quiet(what)
    return disturbing(
        what,
        f"cores had nothing to do but to wait for one for {in_percent(share)} of a core's time",
        "end what reads or writes so much; where the strategies themselves do, take a faster disk",
    )


def _heat(before: Reading, after: Reading) -> Look:
    what = "heat"
    if before.cooled is None or after.cooled is None:
        return untold(what)
    if after.cooled <= before.cooled:
        return quiet(what)
    return disturbing(
        what,
        f"cores were slowed down for it, counted {after.cooled - before.cooled} times",
        "let the machine cool down and give it air, or switch turbo off",
    )


def _did(before: Reading, after: Reading) -> machine.CpuTimes | None:
    """What the cores did between two readings. A sandbox may have the file, with nothing but zeros in it."""
    if before.cpu is None or after.cpu is None or after.cpu.busy <= before.cpu.busy:
        return None
    return machine.CpuTimes(
        after.cpu.cores,
        after.cpu.busy - before.cpu.busy,
        after.cpu.waiting - before.cpu.waiting,
        after.cpu.stolen - before.cpu.stolen,
    )


def _share(before_s: float | None, after_s: float | None, before: Reading, after: Reading) -> float | None:
    """The share of the time between two readings in which what is counted in seconds went on."""
    return None if before_s is None or after_s is None else (after_s - before_s) / (after.at - before.at)


def _waited(root: Path, what: str) -> float | None:
    """Seconds for which at least one process waited for it."""
    told = re.search(r"^some .*\btotal=(\d+)", text_of(root / "proc/pressure" / what) or "", re.MULTILINE)
    return int(told[1]) / 1e6 if told else None


def _swapped_mb(root: Path) -> float | None:
    told = re.findall(r"^pswp(?:in|out) (\d+)$", text_of(root / "proc/vmstat") or "", re.MULTILINE)
    return sum(map(int, told)) * os.sysconf("SC_PAGE_SIZE") / 1e6 if told else None
