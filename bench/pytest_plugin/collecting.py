"""Collects scenarios as benchmarks where their path is named. Nothing of bench is imported before one is."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

NAMED = "bench_paths_were_named"
"""What a worker of pytest-xdist is told: its own command line always has paths."""
EVERYTHING = {"*", "*.py"}
"""Values of `python_files` that say nothing of what a file is."""
_FOLDERS = pytest.StashKey[dict[Path, bool]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what scenarios need that are collected as benchmarks."""
    parser.getgroup("bench", "querybench").addoption(
        "--bench-database",
        metavar="WHERE",
        help="The database of scenarios whose path is named: auto, docker[:IMAGE], embedded, local[:BINDIR], sqlite, or"
        " a URL. Default: what [tool.bench] sets, else auto.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collect a scenario module's strategies as benchmarks, where its path is named on the command line: it, or the
    folder that it lies in. Other files are pytest's own to collect.
    """
    collectors = yield
    if not _is_named(file_path, parent.session) or not _is_scenario_module(file_path, parent.config):
        return collectors
    from bench.errors import UsageError
    from bench.platforms import require_posix

    try:
        require_posix("a scenario as a benchmark")
    except UsageError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    from bench.pytest_plugin.benchmarks import ScenarioModule

    return [ScenarioModule.from_parent(parent, path=file_path)]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist whether its paths were named by the user."""
    node.workerinput[NAMED] = _has_named_paths(node.config)


def _is_named(file_path: Path, session: pytest.Session) -> bool:
    is_there = session.isinitpath(file_path) or session.isinitpath(file_path.parent)
    return is_there and _has_named_paths(session.config)


def _has_named_paths(config: pytest.Config) -> bool:
    """Whether the paths are those of a command line, and not of `testpaths` or where pytest was started."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return bool(told.get(NAMED, config.args_source is pytest.Config.ArgsSource.ARGS))


def _is_scenario_module(path: Path, config: pytest.Config) -> bool:
    """Whether a file is no test by its name, and imports bench, with a scenario declared in it or beside it."""
    if not _may_be_one(path, config):
        return False
    from bench.discovery import declares_scenarios, imports_bench

    if not imports_bench(path):
        return False
    known = config.stash.setdefault(_FOLDERS, {})
    if path.parent not in known:
        beside = (other for other in sorted(path.parent.glob("*.py")) if _may_be_one(other, config))
        known[path.parent] = any(declares_scenarios(other) for other in beside)
    return known[path.parent]


def _may_be_one(path: Path, config: pytest.Config) -> bool:
    """By its name, and by whether it has the word in it, which is known long before it is parsed."""
    if path.suffix != ".py" or not path.stem.isidentifier() or path.name in ("conftest.py", "__init__.py"):
        return False
    patterns = {str(pattern) for pattern in config.getini("python_files")} - EVERYTHING
    return not any(path.match(pattern) for pattern in patterns) and path.is_file() and b"bench" in path.read_bytes()
