"""The page about CI: its commands run one after the other in a repository that is as the page says, and its workflows
are those of `examples/ci`.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.cli.helpers import BENCH
from tests.docs.examples import ROOT, scenario_files

PAGE = ROOT / "docs" / "ci.md"
SCENARIO = Path("scenarios/authors.py")
PROGRAMS = {
    "bench": [str(BENCH)],
    "pytest": [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--benchmark-max-time=0.1"],
    "pytest-benchmark": [str(BENCH.with_name("pytest-benchmark"))],
}
ELSEWHERE = {"bencher": "sends a result to a service"}
"""Programs that are not run here, and why."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the scenario and the settings of the page, and two commits."""
    configuration = re.findall(r"^ *```toml\n(.*?)^ *```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    # SQLite starts in no time, and what the page shows is the same there.
    settings = "\n".join(map(textwrap.dedent, configuration)).replace('"embedded"', '"sqlite"')
    (tmp_path / "pyproject.toml").write_text(settings)
    (tmp_path / ".gitignore").write_text("*.json\n.bench\n.benchmarks\n__pycache__\n")
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / SCENARIO).parent.mkdir()
    (tmp_path / SCENARIO).write_text(scenario_files()[SCENARIO].text)
    for message in ("A scenario", "A change"):
        git(tmp_path, "add", "-A")
        git(tmp_path, "-c", "user.name=docs", "-c", "user.email=docs@example.org", "commit", "-q", "-m", message)
        (tmp_path / "README.md").write_text("authors\n")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_commands_run_one_after_another(repository: Path) -> None:
    """Every command of the page succeeds, in its order."""
    commands = re.findall(r"^ *\$ (.+)$", PAGE.read_text(), re.MULTILINE)
    assert commands
    for command in commands:
        quick = command.replace("embedded", "sqlite").replace("--budget 10s", "--budget 1s")
        program, *arguments = shlex.split(quick, comments=True)
        if program in ELSEWHERE:
            continue
        done = subprocess.run(
            [*PROGRAMS[program], *arguments], cwd=repository, capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, f"{command}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_workflows_are_those_of_the_examples(name: str) -> None:
    """What the page shows is the file that it names, to the letter."""
    text = (ROOT / "examples" / "ci" / f"{name}.yml").read_text()

    assert f"<!-- examples/ci/{name}.yml -->\n```yaml\n{text}```" in PAGE.read_text()
