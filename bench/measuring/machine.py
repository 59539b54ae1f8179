"""The machine and the checkout that a run happens on, without host or user names."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path


def cpu() -> str:
    """The processor's name as the system gives it, else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def all_cores() -> int:
    """Cores of the machine, whether this process may use them or not."""
    return os.cpu_count() or 1


@dataclass(frozen=True)
class CpuTimes:
    """Seconds since the machine started, all its cores together.

    Attributes:
        cores: How many they are.
        busy: For which they were busy.
        waiting: For which they had nothing to do but to wait for a disk.
        stolen: For which they had something to do, and a hypervisor gave them to other guests.
    """

    cores: int
    busy: float
    waiting: float
    stolen: float


def cpu_times(root: Path = Path("/")) -> CpuTimes | None:
    """What the machine's cores did since it started; None where the system does not tell. `root` is where its files
    are.
    """
    try:
        first, *others = (root / "proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    user, nice, system, _idle, waiting, irq, softirq, *later = map(int, first.split()[1:])
    second = os.sysconf("SC_CLK_TCK")
    busy = user + nice + system + irq + softirq
    cores = sum(line.startswith("cpu") for line in others)
    return CpuTimes(cores, busy / second, waiting / second, (later[0] if later else 0) / second)


def busy_seconds() -> float | None:
    """Seconds for which the machine's cores were busy since it started, all of them together; None where the system
    does not tell.
    """
    times = cpu_times()
    return times.busy if times is not None else None


def kernel() -> str:
    """Name and release of the operating system's kernel."""
    return f"{platform.system()} {platform.release()}"


def git_revision() -> str | None:
    """The commit of the checkout in the current directory, `+` after it where files differ; None outside of one."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return f"{commit}+" if _git("status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def load_per_core() -> float | None:
    """How many processes ran or waited to run in the last minute, on average, for each core of the machine; None where
    the system does not tell.
    """
    # Of all cores, not of ours alone: the load is that of the whole machine.
    return os.getloadavg()[0] / all_cores() if hasattr(os, "getloadavg") else None
