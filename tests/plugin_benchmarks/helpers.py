"""pytest as a process in a directory of its own, with scenario modules in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_name("cases")
PYTEST = Path(sys.executable).with_name("pytest")
SQLITE = ("--bench-database", "sqlite", "--benchmark-max-time", "0.02")
"""The database that starts in no time, and few rounds."""
UNUSED = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Plugins that no case needs; Hypothesis' takes more than a second at the end of each run."""
NOWHERE = ("--bench-database", "postgresql://somebody:hunter2@localhost:1/nothing")
"""A database that cannot be had, for what needs none."""


@dataclass(frozen=True)
class Ran:
    """What a run of pytest ended with and what it wrote."""

    code: int
    out: str

    def lines(self, *beginnings: str) -> list[str]:
        """The lines that begin so."""
        return [line for line in self.out.splitlines() if line.startswith(beginnings)]

    @property
    def summary(self) -> str:
        """The last line, without the time that it took."""
        return self.out.splitlines()[-1].strip("= ").partition(" in ")[0]


def place(folder: Path, *cases: str) -> Path:
    """Put cases into the folder `scenarios` of a directory."""
    scenarios = folder / "scenarios"
    scenarios.mkdir(exist_ok=True)
    for case in cases:
        shutil.copy(CASES / f"{case}.py", scenarios)
    return scenarios


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start pytest, as the command is typed: the directory is not on its path by that."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.Popen(
        [PYTEST, *UNUSED, *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder: Path, *arguments: str) -> Ran:
    """What pytest does."""
    process = start(folder, *arguments)
    out, _ = process.communicate(timeout=240)
    return Ran(process.returncode, out)


def collected(folder: Path, *arguments: str) -> list[str]:
    """The node ids that pytest collects."""
    ran = run(folder, "--collect-only", "-q", *NOWHERE, *arguments)
    return [line for line in ran.out.splitlines() if "::" in line]


def benchmarks(path: Path) -> dict[str, dict[str, Any]]:
    """What pytest-benchmark wrote of each, by its full name."""
    return {one["fullname"]: one for one in json.loads(path.read_text())["benchmarks"]}
