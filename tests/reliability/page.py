"""The table of faults in docs/reliability.md: run the tests that inject them, and write what they saw.

    python -m tests.reliability.page     # `make reliability`; further arguments are pytest's

The table is written whole or not at all: where a test fails, or a fault was not tried because this machine lacks what
it takes, the page stays as it is.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.measuring import machine
from tests.reliability.faults import HERE, faults
from tests.reliability.observing import FOLDER, Fault

ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN = "<!-- the table of faults: written by `make reliability` -->\n"
END = "<!-- end of the table of faults -->\n"
HEAD = ("fault", "what is to come of it", "what came", "until all was well")


@dataclass(frozen=True)
class Observation:
    """What came of a fault, and the seconds until everything was as it should be."""

    happened: str
    seconds: float


def main(arguments: Sequence[str]) -> int:
    """Run the tests and write the table; the exit code is pytest's, or 1 where a fault was not tried."""
    with tempfile.TemporaryDirectory(prefix="bench-observed-") as folder:
        command = [sys.executable, "-m", "pytest", str(HERE), *arguments]
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, FOLDER: folder}, check=False).returncode
        if code:
            print(f"{PAGE.name} stays as it is: a test failed", file=sys.stderr)
            return code
        seen = observations(Path(folder))
    wanted = faults()
    if untried := [name for name in wanted if name not in seen]:
        print(f"{PAGE.name} stays as it is: not tried here: {', '.join(untried)}", file=sys.stderr)
        return 1
    text = f"{surroundings()}\n\n{table(wanted, seen)}"
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(f"{len(wanted)} faults: {PAGE.relative_to(ROOT)}")
    return 0


def observations(folder: Path) -> dict[str, Observation]:
    """What tests have written down in a folder, by the name of the fault.

    Raises:
        ValueError: A test told of a fault that is in no `faults_*.py`.
    """
    seen = {}
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["fault"] not in faults():
            raise ValueError(f"{told['fault']!r} was observed, and is in no faults_*.py")
        seen[told["fault"]] = Observation(told["happened"], told["seconds"])
    return seen


def table(wanted: Mapping[str, Fault], seen: Mapping[str, Observation]) -> str:
    """The table in Markdown, a line for each fault."""
    lines = [HEAD, ("---",) * len(HEAD)]
    for name, fault in wanted.items():
        came = seen[name]
        texts = (fault.title, fault.expected, came.happened)
        lines.append((*(text[:1].upper() + text[1:] for text in texts), f"{came.seconds:.1f} s"))
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def with_table(page: str, text: str) -> str:
    """The page with this in the place of the table that it has.

    Raises:
        ValueError: The page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no place for the table: it stands between {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def surroundings() -> str:
    """When, at which commit and on what it was tried."""
    versions = f"CPython {platform.python_version()}, SQLAlchemy {importlib.metadata.version('sqlalchemy')}"
    commit = machine.git_revision() or "no commit"
    return (
        f"Tried on {datetime.now(UTC):%Y-%m-%d} at {commit}: {versions}, {platform.system()} on {platform.machine()},"
        f" {machine.cores()} cores."
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
