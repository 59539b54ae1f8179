"""The machine and the checkout that a run happens on, without host or user names."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

OUR_OWN = 0.5
"""What this run itself may add to the load beyond what a core does."""


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


def busy() -> str | None:
    """What is said where the machine has more to do than it has cores, beside one process at a time of our own; None
    where it has not, or does not tell.
    """
    if not hasattr(os, "getloadavg"):
        return None
    # Of all cores, not of ours alone: the load is that of the whole machine.
    return said_of_load(os.getloadavg()[0], os.cpu_count() or 1)


def said_of_load(load: float, available: int) -> str | None:
    """What is said of an average number of processes that run or wait to run, on so many cores."""
    if load <= available + OUR_OWN:
        return None
    return (
        f"the machine was busy when this point began (load average {load:.1f}, {available} cores): what else runs can make"
        " equal strategies look different, so measure again when it is quiet"
    )
