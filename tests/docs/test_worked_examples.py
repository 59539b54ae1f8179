"""The worked examples under examples/: their own tests pass, and the commands in their pages do what these say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import BENCH, ROOT

EXAMPLES = ROOT / "examples"
SMALLER = {
    "bookshop": ("--rows", "authors=40", "--rows", "books=120", "--rows", "reviews=300"),
    "heroes": ("--rows", "hero=300", "--rows", "team=20"),
}
"""Few rows and little time are enough to see that a command works."""


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an example, where its commands may leave what they leave."""
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / request.param))


def commands(name: str) -> list[list[str]]:
    """The commands of bench that an example's page has."""
    page = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    return [shlex.split(line, comments=True) for line in re.findall(r"^\$ (bench .*)$", page, re.MULTILINE)]


@pytest.mark.parametrize(
    ("example", "command"),
    [(name, command) for name in SMALLER for command in commands(name)],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[1:3]),
    indirect=["example"],
)
def test_the_commands_of_a_page_work(example: Path, command: list[str]) -> None:
    """Each command of the page runs, on fewer rows, and names what it was asked about."""
    words = [word for word in command[1:] if word not in ("--rtt", "0,1")]
    done = subprocess.run(
        [BENCH, *words, *SMALLER[example.name], "--database", "sqlite", "--budget", "4s"],
        cwd=example,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert ("the data speaks for" if "models" in words else "Which is faster") in done.stdout


@pytest.mark.parametrize("example", ["bookshop"], indirect=True)
def test_the_bookshop_s_own_tests_pass_and_name_its_worst_endpoint(example: Path) -> None:
    """Both pages show the same, the new one takes three queries, and the report puts the old one first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--queries-report"],
        cwd=example,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    table = done.stdout.partition("endpoint ")[2].splitlines()
    assert table[2].startswith("GET /before/authors")
    assert "Book.reviews" in table[2]
    assert ["GET", "/authors", "3"] == table[3].split()[:3]
