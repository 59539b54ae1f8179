"""Where measuring is impossible, as on Windows: what works there, and what says that it does not.

On Linux and macOS what Windows lacks is taken away from each process that is started; on Windows it is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cli.main import ANYWHERE, COMMANDS
from bench.platforms import NEEDED
from bench.results.file import write_result
from tests.reliability.observing import Observer
from tests.unit import pages

TAKEN_AWAY = f"""
import os, sys

for name in {NEEDED!r}:
    sys.modules[name] = None
for name in ("chown", "fork", "geteuid", "killpg", "sched_getaffinity"):
    if hasattr(os, name):
        delattr(os, name)
"""
WORKS_HERE = "`bench report`, `bench compare`, `bench new` and counting queries under pytest work here too"
NOWHERE_ELSE = f"needs Linux or macOS (on Windows: WSL 2, or a Linux container); {WORKS_HERE}"
MEASURING = [name for name in COMMANDS if name not in ANYWHERE]

COUNTED = """
import pytest
from sqlalchemy import create_engine, text


@pytest.mark.max_queries(1)
def test_one():
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT 1"))


@pytest.mark.max_queries(1)
def test_two():
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(text("SELECT 2"))
"""

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """Runs Python in an empty directory, in a process that has nothing of what Windows lacks."""
    shadow = tmp_path / "without"
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(TAKEN_AWAY)
    folder = tmp_path / "folder"
    folder.mkdir()
    path = os.pathsep.join(filter(None, [str(shadow), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}

    def start(*words: str) -> Ran:
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=120
        )

    return start


@pytest.fixture
def result(tmp_path: Path) -> str:
    """A result that was measured elsewhere."""
    path = tmp_path / "measured.json"
    write_result(path, pages.result(pages.scenario(pages.point())))
    return str(path)


def test_what_windows_lacks_is_taken_away(run: Callable[..., Ran]) -> None:
    """In the processes of these tests, what measuring needs cannot be imported."""
    for name in NEEDED:
        assert "ModuleNotFoundError" in run("-c", f"import {name}").stderr


@pytest.mark.parametrize("name", MEASURING)
def test_a_command_that_measures_says_where_it_runs(run: Callable[..., Ran], name: str) -> None:
    """It is refused in one line, its help too, and no traceback is shown."""
    for words in ([name], [name, "--help"]):
        done = run("-m", "bench", *words)

        assert (2, "") == (done.returncode, done.stdout)
        assert f"bench: `bench {name}` {NOWHERE_ELSE}\n" == done.stderr


def test_the_refusal_is_a_row_of_the_table(run: Callable[..., Ran], observed: Observer) -> None:
    """`bench run` ends with 2 and one line, and leaves nothing in its directory."""
    with observed("no-posix") as seen:
        done = run("-m", "bench", "run", "loading", "--database", "sqlite")
        assert 2 == done.returncode
        assert 1 == len(done.stderr.splitlines())
        seen.says("one line that names WSL 2 and what works here; exit code 2")


def test_help_is_shown(run: Callable[..., Ran]) -> None:
    """`bench --help` names every command."""
    done = run("-m", "bench", "--help")

    assert 0 == done.returncode, done.stderr
    assert [] == [name for name in COMMANDS if f"  {name} " not in done.stdout]


@pytest.mark.parametrize(("form", "beginning"), [("markdown", "# "), ("html", "<!doctype html>")])
def test_a_report_is_made(run: Callable[..., Ran], result: str, tmp_path: Path, form: str, beginning: str) -> None:
    """A result that was measured elsewhere becomes a page."""
    page = tmp_path / "page"

    done = run("-m", "bench", "report", result, "--format", form, "--output", str(page))

    assert (0, "") == (done.returncode, done.stderr)
    assert page.read_text(encoding="utf-8").startswith(beginning)


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_two_results_are_compared(run: Callable[..., Ran], result: str, form: str) -> None:
    """A result beside itself has no regression."""
    done = run("-m", "bench", "compare", result, result, "--format", form)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.strip()


def test_a_scenario_is_begun(run: Callable[..., Ran], tmp_path: Path) -> None:
    """`bench new` writes its module."""
    path = tmp_path / "orders.py"

    done = run("-m", "bench", "new", str(path))

    assert 0 == done.returncode, done.stderr
    assert "Scenario(" in path.read_text(encoding="utf-8")


def test_queries_are_counted_under_pytest(run: Callable[..., Ran], tmp_path: Path) -> None:
    """The bound on a test's queries holds, and fails the test that passes it."""
    path = tmp_path / "test_counted.py"
    path.write_text(COUNTED)

    done = run("-m", "pytest", "-p", "no:cacheprovider", "-q", "--color=no", str(path))

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout


def test_scenarios_under_pytest_say_where_they_run(run: Callable[..., Ran], tmp_path: Path) -> None:
    """A scenario's path on pytest's command line is an error of a line, not of a traceback."""
    path = tmp_path / "orders.py"
    assert 0 == run("-m", "bench", "new", str(path)).returncode

    done = run("-m", "pytest", "-p", "no:cacheprovider", "-q", "--color=no", str(path))

    assert f"a scenario as a benchmark {NOWHERE_ELSE}" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout + done.stderr
