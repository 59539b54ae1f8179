"""The command line as a process and as a function, and what a run left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests" / "cases" / "small.py"
BENCH = Path(sys.executable).with_name("bench")
HASTE = ("--scenarios", str(SMALL), "--database", "sqlite")
"""The small scenarios on the database that starts in no time."""


@dataclass(frozen=True)
class Ran:
    """What a command ended with and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that a wrong use is answered with."""
        assert 2 == self.code, self.out + self.err
        assert "" == self.out
        lines = [line for line in self.err.splitlines() if line]
        assert 1 == len(lines), self.err
        assert lines[0].startswith("bench: ")
        return lines[0].removeprefix("bench: ")


class Process:
    """`bench` in a process of its own, in a directory of its own."""

    def __init__(self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [BENCH, *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._read: list[str] = []

    def wait_for(self, text: str) -> None:
        """Read what it says of its progress until a line has that text."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._read.append(line)
            if text in line:
                return
        raise AssertionError(f"never said {text!r}: {''.join(self._read)}")

    def end(self) -> Ran:
        """Wait until it has ended."""
        out, err = self.process.communicate(timeout=120)
        return Ran(self.process.returncode, out, "".join(self._read) + err)


def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Ran:
    """What `bench` does in a process of its own."""
    return Process(*arguments, cwd=cwd, env=env).end()


def processes(*places: Path) -> list[str]:
    """The command lines that name one of these directories: workers name the run's, servers and guardians the cache."""
    done = subprocess.run(["ps", "axww", "-o", "stat=,args="], capture_output=True, text=True, check=True)
    lines = [line.split(None, 1) for line in done.stdout.splitlines()]
    return [
        command
        for state, command in lines
        if not state.startswith("Z") and any(str(place) in command for place in places)
    ]


def results(folder: Path) -> list[Path]:
    """What a run in that directory left of results and journals."""
    return sorted((folder / ".bench" / "results").glob("*"))


def read(path: Path) -> dict[str, Any]:
    """A result file as others read it: as JSON."""
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def only_result(folder: Path) -> dict[str, Any]:
    """The one result that a run left."""
    (path,) = results(folder)
    return read(path)
