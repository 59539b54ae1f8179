"""A worker imports a repository's modules from another checkout of it, however the first one is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.worker.tree import moved_path

ROOT = Path(__file__).resolve().parents[2]
REPORT = """
import json, sys
from pathlib import Path
sys.path.insert(0, {bench!r})
from bench.worker.tree import import_from, imported_below
first, second = map(Path, sys.argv[1:3])
{install}
import_from(second, first)
import app, app.queries
print(json.dumps([app.WHERE, app.queries.WHERE, imported_below([first, second])]))
"""
PATH = "sys.path.append(str(first / 'src'))"
"""As a .pth file of an editable installation does."""
FINDER = """
from importlib.util import spec_from_file_location
class Editable:
    def find_spec(self, name, path=None, target=None):
        if name == "app":
            return spec_from_file_location(name, first / "src" / "app" / "__init__.py")
sys.meta_path.append(Editable())
"""
"""As an editable installation of setuptools does that maps packages to folders."""


@pytest.fixture
def checkouts(tmp_path: Path) -> tuple[Path, Path]:
    """Two checkouts of one application, each of whose modules says which it is."""
    for name in ("first", "second"):
        package = tmp_path / name / "src" / "app"
        package.mkdir(parents=True)
        for module in ("__init__", "queries"):
            (package / f"{module}.py").write_text(f"WHERE = {name!r}\n")
    return tmp_path / "first", tmp_path / "second"


def imported(install: str, first: Path, second: Path) -> subprocess.CompletedProcess[str]:
    """What a process imports whose first checkout is installed that way."""
    code = REPORT.format(bench=str(ROOT), install=install)
    command = [sys.executable, "-P", "-c", code, str(first), str(second)]
    return subprocess.run(command, cwd=first, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("install", [PATH, FINDER], ids=["path", "finder"])
def test_modules_come_from_the_other_checkout(checkouts: tuple[Path, Path], install: str) -> None:
    """Packages and what is below them come from the second, and the worker tells their files."""
    first, second = checkouts

    done = imported(install, first, second)

    files = '["src/app/__init__.py", "src/app/queries.py"]'
    assert f'["second", "second", {{"{first}": [], "{second}": {files}}}]\n' == done.stdout, done.stderr


@pytest.mark.parametrize("install", [PATH, FINDER], ids=["path", "finder"])
def test_a_module_that_the_other_checkout_lacks_is_not_taken_from_the_first(
    checkouts: tuple[Path, Path], install: str
) -> None:
    """What is new in the first cannot be imported by the second, as if it were not there."""
    first, second = checkouts
    (second / "src" / "app" / "queries.py").unlink()

    done = imported(install, first, second)

    assert "ModuleNotFoundError: No module named 'app.queries'" in done.stderr


def test_a_package_that_the_other_checkout_lacks_is_said(checkouts: tuple[Path, Path]) -> None:
    """Where the whole package is new, the file that is missing is named."""
    first, second = checkouts
    (second / "src" / "app" / "__init__.py").unlink()

    done = imported(FINDER, first, second)

    assert "ModuleNotFoundError: src/app/__init__.py is not in the revision that is compared with" in done.stderr


def test_installed_packages_stay_where_they_are(tmp_path: Path) -> None:
    """An environment in the checkout is no part of it, and a path elsewhere has no place in the other."""
    here, there = tmp_path / "here", tmp_path / "there"

    paths = (here / "app", here / ".venv" / "lib" / "site-packages" / "app", tmp_path / "app")

    assert [there / "app", None, None] == [moved_path(path, there, here) for path in paths]


@pytest.mark.parametrize(
    ("kept", "copied", "owner", "expected"),
    [
        ("src/app/__init__.py", "app/__init__.py", "shop", ["app"]),
        ("src/app/__init__.py", "app/__init__.py", None, ["app"]),
        ("src/app/__init__.py", "app/__init__.py", "another", []),
        ("app.py", "app.py", "shop", ["app"]),
        ("unnamed/app/__init__.py", "app/__init__.py", "another", []),
        ("in_code/app/__init__.py in_code/setup.py", "app/__init__.py", "another", ["app"]),
        ("in_code/app/__init__.py in_code/setup.py", "app/__init__.py", "querybench", []),
        ("backend/app/__init__.py", "app/__init__.py", "Its_Backend", ["app"]),
        ("app/env.py", "app/__init__.py", "shop", []),
        ("app/__init__.py", "app.py", "shop", []),
        ("src/__init__.py src/types.py", "app.py", "shop", []),
    ],
    ids=[
        "in src",
        "by no installer",
        "another project's",
        "a module",
        "a project that cannot be installed",
        "a project whose name is in code",
        "the harness",
        "a project below",
        "a folder of that name",
        "a package beside a module",
        "a name of the standard library in a package",
    ],
)
def test_what_a_checkout_has_and_is_imported_as_installed_is_named(
    tmp_path: Path, kept: str, copied: str, owner: str | None, expected: list[str]
) -> None:
    """A package counts where the checkout has that package and may have installed it, not where but a name is alike."""
    checkout, installed = tmp_path / "checkout", tmp_path / "site-packages"
    texts = {checkout / path: "" for path in kept.split()} | {installed / copied: ""}
    texts[checkout / "pyproject.toml"] = '[project]\nname = "shop"\n'
    texts[checkout / "unnamed" / "pyproject.toml"] = "[tool.ruff]\n"
    texts[checkout / "backend" / "pyproject.toml"] = '[project]\nname = "its.backend"\n'
    if owner is not None:
        texts[installed / f"{owner}-1.dist-info" / "METADATA"] = f"Metadata-Version: 2.1\nName: {owner}\nVersion: 1\n"
        texts[installed / f"{owner}-1.dist-info" / "top_level.txt"] = "app\n"
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(installed)!r}]; import app, pathlib;"
        f"from bench.worker.tree import installed_copies; print(installed_copies([pathlib.Path({str(checkout)!r})]))"
    )

    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    assert f"{expected}\n" == done.stdout
