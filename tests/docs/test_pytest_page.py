"""The page about the pytest plugin: its examples are a suite, which runs as the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.examples import ROOT, blocks, commands, suite_files

PAGE = ROOT / "docs" / "pytest.md"
FAILING = ["test_count.py::test_titles", "test_n_plus_one.py::test_titles"]
"""What the page says fails, and shows how."""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A directory with the files of the page."""
    for name, example in suite_files().items():
        (tmp_path / name).write_text(example.text)
    return tmp_path


def run(folder: Path, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, as the page's commands do."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_examples_pass_and_fail_as_the_page_says(suite: Path) -> None:
    """Two of the examples fail, and every line that the page shows of it is there; the others pass."""
    run(suite, ["--queries-update", "test_kept.py"])

    done = run(suite, ["-rA", "--color=no"])

    outcomes = dict(reversed(match) for match in re.findall(r"^(PASSED|FAILED) (\S+)", done.stdout, re.MULTILINE))
    assert FAILING == sorted(name for name, outcome in outcomes.items() if outcome == "FAILED")
    assert ["test_bound.py::test_titles", "test_kept.py::test_titles"] == sorted(outcomes.keys() - set(FAILING))
    shown = [block.text for block in blocks("text") if block.page == PAGE]
    assert 2 == len(shown)
    assert [] == [text for text in shown if text not in done.stdout]


def test_commands_run_one_after_another(suite: Path) -> None:
    """Every command of pytest's on the page succeeds, in its order."""
    found = [command for command in commands() if command.page == PAGE and command.words[0] == "pytest"]

    assert 2 == len(found)
    for command in found:
        done = run(suite, command.words[1:])
        assert 0 == done.returncode, f"{command}: {done.stdout}{done.stderr}"
    assert '{\n  "test_kept.py::test_titles": 2\n}\n' == (suite / "queries.json").read_text()


def test_configuration_is_understood(suite: Path) -> None:
    """What the page puts into pyproject.toml is taken by pytest."""
    (block,) = (block for block in blocks("toml") if block.page == PAGE)
    (suite / "pyproject.toml").write_text(block.text)

    done = run(suite, ["--strict-config", "test_bound.py"])

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "2 statements now, and no count of this test in tests/queries.json:" in done.stdout
