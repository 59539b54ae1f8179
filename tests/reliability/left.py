"""What the tests of what is left share: runs that come to no end, and what there is of a run."""

from __future__ import annotations

from pathlib import Path

from bench.databases import locks, postmaster
from tests.cli.helpers import SMALL

EMBEDDED = ("--scenarios", str(SMALL), "--database", "embedded")
HELD = ("run", "small.held", "--set", "count=1,2", "--budget", "2s", *EMBEDDED)
"""Two points; at the second a strategy waits for as long as there is a file `hold`."""
AT_THE_SECOND = "[2/2] small.held count=2"
SHORT = ("run", "small.reading", "--budget", "600ms", "--output", "next.json", *EMBEDDED)
"""What is run next."""


def home_of(cache: Path) -> Path:
    """The directory of the embedded cluster."""
    return next((cache / "clusters").glob("embedded-*"))


def server_process(home: Path) -> int:
    """The number of the server's first process."""
    return int((postmaster.data_directory(home) / "postmaster.pid").read_text().splitlines()[0])


def is_over(home: Path) -> bool:
    """Whether neither a process of the server nor a guardian is there."""
    return locks.is_free(home / postmaster.SERVER_LOCK) and locks.is_free(home / postmaster.GUARDIAN_LOCK)


def entries(cache: Path) -> list[str]:
    """The runs that the cache directory knows of."""
    return sorted(path.name for path in (cache / "runs").glob("*"))


def directories(cache: Path) -> list[Path]:
    """The temporary directories that it knows of."""
    return [Path(place.read_text(encoding="utf-8")) for place in (cache / "runs").glob("*/place")]
