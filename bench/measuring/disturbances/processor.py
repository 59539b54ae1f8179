"""How the machine is set: what its cores' frequency follows, and the clock that it reads. Linux tells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bench.measuring.disturbances.findings import Look, disturbing, number_of, quiet, text_of, untold

CPUS = "sys/devices/system/cpu"
STEADY_GOVERNORS = ("performance", "userspace")
"""The governors under which a core's frequency does not follow its load: each round would find it at another one."""
SLOW_CLOCKS = ("hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies", "xen")
"""Clocks that a process cannot read by itself: each reading is a call of the system of about a microsecond, by client
and server alike, and some do not even count nanoseconds.
"""


def governor(root: Path) -> Look:
    """Whether the cores' frequency follows their load."""
    what = "frequency governor"
    policies = sorted((root / CPUS).glob("cpu[0-9]*/cpufreq"))
    governors = [(text_of(policy / "scaling_governor"), policy) for policy in policies]
    told = Counter(name for name, _ in governors if name)
    if not told:
        return untold(what)
    loose = {name: number for name, number in told.items() if name not in STEADY_GOVERNORS}
    if not loose:
        return quiet(what)
    preferences = {
        preference
        for name, policy in governors
        if name in loose and (preference := text_of(policy / "energy_performance_preference"))
    }
    names = ", ".join(f"{name} on {number} of {told.total()} cores" for name, number in sorted(loose.items()))
    prefers = f" (energy preference {', '.join(sorted(preferences))})" if preferences else ""
    return disturbing(
        what,
        f"{names}{prefers}: a core's frequency follows its load",
        "as root: cpupower frequency-set --governor performance",
    )


def turbo(root: Path) -> Look:
    """Whether cores go beyond their nominal frequency for as long as heat allows."""
    what = "turbo"
    of_intel, of_others = root / CPUS / "intel_pstate/no_turbo", root / CPUS / "cpufreq/boost"
    for path, when_off in ((of_intel, "1"), (of_others, "0")):
        told = text_of(path)
        if told == when_off:
            return quiet(what)
        if told is not None:
            return disturbing(
                what,
                "on: a core's frequency depends on how warm it is, and on how many others are busy",
                f"as root: echo {when_off} > /{path.relative_to(root)}",
            )
    return untold(what)


def clock(root: Path) -> Look:
    """Whether reading the clock takes long."""
    what = "clock"
    source = text_of(root / "sys/devices/system/clocksource/clocksource0/current_clocksource")
    if source is None:
        return untold(what)
    if source not in SLOW_CLOCKS:
        return quiet(what)
    return disturbing(
        what,
        f"{source}, which takes a call of the system to read",
        "boot with clocksource=tsc where the kernel allows it, or measure on another machine",
    )


def times_cooled(root: Path) -> int | None:
    """How often cores were slowed down because they were too hot, since the machine started, all of them added up; None
    where the system does not tell.
    """
    paths = [
        path
        for name in ("core_throttle_count", "package_throttle_count")
        for path in (root / CPUS).glob(f"cpu[0-9]*/thermal_throttle/{name}")
    ]
    counts = [number for path in paths if (number := number_of(path)) is not None]
    return sum(counts) if counts else None
