"""Names and texts of an author's that try to be markup or to steer a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest

from tests.cli.helpers import SMALL, Ran

Bench = Callable[..., Ran]

NASTY = '''

def nasty(db: Database) -> int:
    """Say <script>alert(1)</script> | pipe \\x1b[31mred\\x07 `tick`."""
    return 1

nasty.__name__ = "<script>alert(1)</script>|\\x1b]0;title\\x07`"

def failing(db: Database) -> int:
    """Fail."""
    raise ValueError("</td><script>alert(2)</script>|\\x1b[2J")

odd = Scenario(dataset=numbers, question="Is <b>this</b> | \\x1b[1m safe?")
odd.strategy(baseline=True)(nasty)
odd.strategy()(failing)
'''


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    """A module with a strategy whose name, docstring and error are nasty."""
    path = tmp_path / "nasty.py"
    path.write_text(SMALL.read_text() + NASTY)
    return path


def bars(page: str) -> set[int]:
    """How many bars each line of the table of strategies has."""
    lines = page.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("| strategy"))
    return {line.count("|") for line in takewhile(lambda line: line.startswith("|"), lines[first:])}


def controls(text: str) -> list[str]:
    """The control characters in a text, line feeds apart."""
    return re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_a_table_and_a_report_hold_no_markup_and_no_control_characters(
    bench: Bench, tmp_path: Path, nasty: Path
) -> None:
    """A run shows nasty names as text, in the table and in the page, whose table keeps its columns."""
    ran = bench("run", "nasty.odd", "--scenarios", nasty, "--database", "sqlite", "--budget", "1s", "--report", "r.md")

    page = (tmp_path / "r.md").read_text()
    assert 4 == ran.code, ran.err
    assert [] == controls(ran.out + ran.err + page)
    assert "<script>alert(1)</script>|\\x1b]0;title\\x07`" in ran.out
    assert "<script" not in re.sub(r"(?s)^(`{3,}).*?^\1$", "", page, flags=re.MULTILINE)
    assert 1 == len(bars(page))


@pytest.mark.parametrize("command", [("list",), ("show", "--database", "sqlite")])
def test_what_is_shown_of_a_scenario_steers_no_terminal(bench: Bench, nasty: Path, command: tuple[str, ...]) -> None:
    """`bench list` and `bench show` print questions, names and docstrings as visible text."""
    ran = bench(*command, "nasty.odd", "--scenarios", nasty)

    assert [] == controls(ran.out + ran.err)
    assert "Say <script>alert(1)</script> | pipe \\x1b[31mred\\x07 `tick`." in ran.out
