"""The control groups that this process is in, and whether a quota of theirs pauses it, as in a container with a limit.

Source: Linux's documentation, Control Group v2 (cpu.max, cpu.stat) and CFS Bandwidth Control (cpu.cfs_quota_us).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bench.measuring.disturbances.findings import number_of, text_of

_V2_MOUNTS = ("sys/fs/cgroup", "sys/fs/cgroup/unified")


@dataclass(frozen=True)
class Quota:
    """What the groups of this process may take of the CPU, and what that has cost so far.

    Attributes:
        cores: The smallest of their quotas, in cores; None where none has one.
        pauses: How often their processes were paused because the quota was used up.
        paused_s: For how many seconds, all cores added up.
    """

    cores: float | None
    pauses: int
    paused_s: float


def quota(root: Path) -> Quota | None:
    """The quota that this process is under, its own group's or one above it; None where the system does not tell."""
    groups = _groups(root)
    if groups is None:
        return None
    cores, pauses, paused_s = [], 0, 0.0
    for group in groups:
        if (limit := _limit(group)) is not None:
            cores.append(limit)
        counted = dict(line.split(maxsplit=1) for line in (text_of(group / "cpu.stat") or "").splitlines())
        pauses += int(counted.get("nr_throttled", 0))
        paused_s += int(counted.get("throttled_usec", 0)) / 1e6 + int(counted.get("throttled_time", 0)) / 1e9
    return Quota(min(cores, default=None), pauses, paused_s)


def _groups(root: Path) -> list[Path] | None:
    """The directories of this process's group and of those above it, as far as they are seen from here."""
    told = text_of(root / "proc/self/cgroup")
    if told is None:
        return None
    lines = [line.split(":", 2) for line in told.splitlines()]
    # Where both versions are there, the first has the CPU.
    of_v1 = [(controllers, path) for _, controllers, path in lines if "cpu" in controllers.split(",")]
    places = [(f"sys/fs/cgroup/{name}", path) for controllers, path in of_v1 for name in (controllers, "cpu")]
    if not of_v1:
        places = [(mount, path) for _, controllers, path in lines if not controllers for mount in _V2_MOUNTS]
    for mount, path in places:
        if _is_mounted(root / mount, of_v1=bool(of_v1)):
            return list(_upwards(root / mount, path))
    return None


def _is_mounted(mount: Path, *, of_v1: bool) -> bool:
    return mount.is_dir() if of_v1 else (mount / "cgroup.controllers").is_file()


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    # In a container the path may be the host's, of which nothing is mounted but the container's own part, as the root.
    below = PurePosixPath(path.lstrip("/"))
    while below.parts and ".." not in below.parts:
        if (mount / below).is_dir():
            yield mount / below
        below = below.parent
    yield mount


def _limit(group: Path) -> float | None:
    """The quota of a group, in cores."""
    told = text_of(group / "cpu.max")
    if told is not None:
        most, period = told.split()
        return None if most == "max" else int(most) / int(period)
    of_v1, period_us = number_of(group / "cpu.cfs_quota_us"), number_of(group / "cpu.cfs_period_us")
    return of_v1 / period_us if of_v1 is not None and of_v1 > 0 and period_us else None
