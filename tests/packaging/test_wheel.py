"""The wheel: what it carries, and that it works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from email.parser import Parser
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).parents[2]
UNREACHABLE = ("error sending request", "operation timed out", "network was disabled")


def _uv(*arguments: str | Path) -> None:
    """Run uv; skip the test where it cannot reach a package index, fail it for any other reason."""
    command = [uv.find_uv_bin(), *map(str, arguments), "--quiet", "--no-progress"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode and any(sign in done.stderr.lower() for sign in UNREACHABLE):
        pytest.skip("no package index can be reached, which an empty environment is filled from")
    assert 0 == done.returncode, done.stderr


def _contents(wheel: Path) -> Mapping[str, bytes]:
    """The files of a wheel by name, but for RECORD, which lists the others."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _uv("build", "--wheel", "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, built from the checkout."""
    folder = tmp_path_factory.mktemp("sdist")
    _uv("build", "--sdist", "--out-dir", folder, ROOT)
    return next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="session")
def empty_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that has the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    _uv("venv", "--python", sys.executable, folder / "venv")
    commands = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    _uv("pip", "install", "--python", commands / "python", wheel)
    return commands


def _bench(commands: Path, folder: Path, *arguments: str) -> str:
    """Standard output of `bench` in a folder, with nothing of the checkout in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [commands / "bench", *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_the_wheel_carries_the_package_and_its_scenarios_and_nothing_else(wheel: Path) -> None:
    """Every module of bench/ and scenarios/ is in the wheel, and so are what the HTML report and a new scenario are
    made of and the mark that it is typed; no test is.
    """
    parts = ("*.py", "*.html", "*.css", "*.js", "*.txt")
    package = {path.relative_to(ROOT).as_posix() for part in parts for path in (ROOT / "bench").rglob(part)}
    scenarios = {f"bench/_scenarios/{path.name}" for path in (ROOT / "scenarios").glob("*.py")}

    carried = {name for name in _contents(wheel) if ".dist-info/" not in name}

    assert "bench/_scenarios/loading.py" in scenarios
    assert {"bench/reports/html/page.css", "bench/cli/new_scenario.txt"} <= package
    assert carried == package | scenarios | {"bench/py.typed"}


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Name, version, licence and the lowest Python stand in the metadata, and `bench` is its command and its plugin."""
    import bench

    contents = _contents(wheel)
    folder = f"querybench-{bench.__version__}.dist-info"
    metadata = Parser().parsestr(contents[f"{folder}/METADATA"].decode())

    assert ("querybench", bench.__version__, "MIT", ">=3.11") == tuple(
        metadata[name] for name in ("Name", "Version", "License-Expression", "Requires-Python")
    )
    assert contents[f"{folder}/entry_points.txt"].decode() == (
        "[console_scripts]\nbench = bench.cli.main:main\n\n[pytest11]\nbench = bench.pytest_plugin\n"
    )


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    """A wheel built from the source distribution has the same files, byte for byte, as one built from the checkout."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    _uv("build", "--wheel", "--out-dir", tmp_path, tmp_path / sdist.name.removesuffix(".tar.gz"))

    assert _contents(next(tmp_path.glob("*.whl"))) == _contents(wheel)


def test_an_installed_wheel_lists_its_scenarios(empty_environment: Path, tmp_path: Path) -> None:
    """In an empty environment and an empty folder, `bench list` names the scenarios that came with the wheel."""
    assert "loading.one_to_one" in _bench(empty_environment, tmp_path, "list")


def test_an_installed_wheel_measures(empty_environment: Path, tmp_path: Path) -> None:
    """In an empty environment and an empty folder, `bench run` measures on the embedded server and keeps its result, of
    which `bench report` makes a page for a browser.
    """
    _bench(empty_environment, tmp_path, "run", "loading.one_to_one", "--budget", "5s", "--database", "embedded")
    _bench(empty_environment, tmp_path, "report", "--format", "html", "--output", "page.html")

    assert 1 == len([*tmp_path.glob(".bench/results/*.json")])
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
