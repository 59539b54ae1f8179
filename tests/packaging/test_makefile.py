"""The Makefile: the two commands that do all the set-up (that they install is what every run of the tests shows)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has the Makefile and what it installs from, and no .venv."""
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def _make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What make did, as if no other make were running these tests."""
    inherited = {"ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "PYTHON"}
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    return subprocess.run(
        ["make", *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


def _interpreter(path: Path, version: str) -> Path:
    """A real interpreter that takes itself for another version."""
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = {version}; $2"\n')
    path.chmod(0o755)
    return path


def test_an_older_python_is_refused_with_one_line(folder: Path) -> None:
    """Python 3.10 is refused before anything is made, and the line names it and says what to do."""
    older = _interpreter(folder / "python3.10", "(3, 10, 14)")

    done = _make(folder, "run", f"PYTHON={older}")

    assert 2 == done.returncode
    assert f"make: {older} is no Python 3.11 or newer: name another with PYTHON=/path/to/python" in done.stderr
    assert not (folder / ".venv").exists()


def test_run_installs_what_charts_need(folder: Path) -> None:
    """`make run` installs the package with the extra `charts`."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)

    done = _make(folder, "--dry-run", "run")

    assert 0 == done.returncode, done.stderr
    assert "install --editable .'[charts]'" in done.stdout


def test_no_python_at_all_is_said_with_one_line(folder: Path) -> None:
    """Where no interpreter is found, make says so and how to name one."""
    done = _make(folder, "run", "PYTHON=")

    assert 2 == done.returncode
    assert "make: no Python 3.11 or newer was found: install one, or name it with PYTHON=/path/to/python" in done.stderr


def test_a_second_run_installs_nothing_until_pyproject_changes(folder: Path) -> None:
    """With its stamp newer than pyproject.toml `make run` only measures; with an older one it installs again."""
    stamp = folder / ".venv" / "installed"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp.touch()

    os.utime(folder / "pyproject.toml", (1_000_000_000, 1_000_000_000))
    second = _make(folder, "--dry-run", "run")
    os.utime(stamp, (900_000_000, 900_000_000))
    changed = _make(folder, "--dry-run", "run")

    assert ["mkdir -p .bench", ".venv/bin/bench run loading --report .bench/loading.md"] == [
        line.strip() for line in second.stdout.splitlines()
    ]
    assert "pip install" not in second.stdout
    assert "install --editable ." in changed.stdout


def test_what_develops_is_locked(folder: Path) -> None:
    """`make test` installs what the lock names, each file by its hash, and nothing that the lock does not know."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)

    done = _make(folder, "--dry-run", "test")

    assert 0 == done.returncode, done.stderr
    installs = [line.partition("install ")[2] for line in done.stdout.splitlines() if "no-input install" in line]
    assert ["--require-hashes --requirement requirements-dev.lock", "--no-deps --editable ."] == installs


@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("pythons", "python -m tests.packaging.elsewhere pythons -- tests/unit"),
        ("lowest", "python -m tests.packaging.elsewhere lowest -- tests/unit"),
        ("reliability", "python -m tests.reliability.page -- tests/unit"),
    ],
)
def test_arguments_are_handed_on(folder: Path, target: str, last: str) -> None:
    """What ARGS says reaches the command of a target."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)

    done = _make(folder, "--dry-run", target, "ARGS=-- tests/unit")

    assert f".venv/bin/{last}" == done.stdout.splitlines()[-1]


def test_help_names_every_target(folder: Path) -> None:
    """`make help` has a line for each target that can be asked for."""
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))

    done = _make(folder, "help")

    assert [f"make {target}" for target in phony.split()[1:]] == [
        " ".join(line.split()[:2]) for line in done.stdout.splitlines()
    ]


def test_what_cannot_be_audited_is_no_pass(folder: Path) -> None:
    """`make audit` fails on a package of the lock whose vulnerabilities nobody could tell."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)

    done = _make(folder, "--dry-run", "audit")

    assert 0 == done.returncode, done.stderr
    (audit,) = [line.split() for line in done.stdout.splitlines() if "bin/pip-audit" in line]
    assert {"--strict", "requirements-dev.lock"} <= {*audit}
