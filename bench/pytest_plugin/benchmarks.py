"""Scenarios as benchmarks of pytest-benchmark: a module whose path is named, its scenarios, and of each strategy an
item at the typical point.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.discovery import Module, load_module, put_on_path
from bench.errors import BenchError, ScenarioError, UsageError
from bench.pytest_plugin.harness import Harness
from bench.pytest_plugin.options import options_for
from bench.pytest_plugin.progress import Progress
from bench.pytest_plugin.timing import Limits
from bench.scenario import Scenario, Strategy

PLUGIN = "bench scenarios"
MISSING = (
    "scenarios are collected as benchmarks of pytest-benchmark, which is not there: install it"
    " (pip install 'pytest-benchmark>=5.2'), or name no scenario's path"
)


class ScenarioModule(pytest.Module):
    """A file with scenarios, or with what they share. It is a module to fixtures of that scope, and has no object."""

    obj = None

    def collect(self) -> Iterator[pytest.Collector]:
        """Its scenarios.

        Raises:
            CollectError: It does not import, or a scenario contradicts itself.
        """
        _run_of(self.config)
        try:
            scenarios = _load(self.path)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from error
        for name, scenario in scenarios.items():
            yield ScenarioNode.of(self, name, scenario)


class ScenarioNode(pytest.Collector):
    """A scenario, by the name of its variable."""

    full_name: str
    scenario: Scenario

    @classmethod
    def of(cls, module: ScenarioModule, name: str, scenario: Scenario) -> ScenarioNode:
        """The node of a scenario of a module."""
        node = cls.from_parent(module, name=name.partition(".")[2])
        node.full_name, node.scenario = name, scenario
        return node

    def collect(self) -> Iterator[pytest.Item]:
        """Its strategies."""
        for strategy in self.scenario.strategies.values():
            yield StrategyItem.of(self, strategy)


def _uses(benchmark: Any) -> None:
    """What pytest reads the fixtures of an item from."""


class StrategyItem(pytest.Function):
    """A strategy at its scenario's typical point."""

    node: ScenarioNode
    strategy: Strategy

    @classmethod
    def of(cls, node: ScenarioNode, strategy: Strategy) -> StrategyItem:
        """The item of a strategy of a scenario; one of which no time is taken is marked to be skipped."""
        item = cls.from_parent(node, name=strategy.name, callobj=_uses)
        item.node, item.strategy = node, strategy
        reason = _untimed(node.scenario, strategy)
        if reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
        return item

    def setup(self) -> None:
        """Have its scenario proved and counted, and skip it where it does not apply."""
        with _said_in_a_line():
            judged, _ = _run_of(self.config).harness.judged(self.node.full_name, self.name)
        if judged.verdict == "skipped":
            raise pytest.skip.Exception(judged.reason or "", _use_item_location=True)
        super().setup()

    def runtest(self) -> None:
        """Time it."""
        harness, benchmark = _run_of(self.config).harness, self.funcargs["benchmark"]
        with _said_in_a_line():
            harness.time(self.node.full_name, self.node.scenario, self.strategy, benchmark, self._limits())

    def _limits(self) -> Limits:
        marker = self.get_closest_marker("benchmark")
        own = marker.kwargs if marker is not None else {}
        asked = {name: own.get(name, self.config.getoption(f"benchmark_{name}")) for name in ("min_rounds", "max_time")}
        return Limits(min_rounds=int(asked["min_rounds"]), max_time=float(asked["max_time"]))

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the strategy is, and its name in `bench`."""
        return self.path, self.strategy.line - 1, f"{self.node.full_name}:{self.name}"


def _load(path: Path) -> dict[str, Scenario]:
    """The scenarios of a file by their full names, imported as a worker does, with the current directory on the path.

    Raises:
        ScenarioError: It does not import, or a scenario contradicts itself.
    """
    if str(Path.cwd()) not in sys.path:
        put_on_path(Path.cwd())
    return load_module(Module(path.stem, path))


@contextmanager
def _said_in_a_line() -> Iterator[None]:
    """Fail with what bench has to say, and without the frames that it came by."""
    try:
        yield
    except BenchError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _untimed(scenario: Scenario, strategy: Strategy) -> str | None:
    """Why no time is taken of a strategy, wherever it runs."""
    if scenario.disturbed_by is not None:
        return "its loads are disturbed by faults, and what that takes is no time of a strategy's: use `bench run`"
    if strategy.raises is not None:
        return f"a demonstration that raises {strategy.raises.__name__}, which is not ranked"
    return "a demonstration of another answer, which is not ranked" if strategy.differs else None


class ScenarioRun:
    """A run of pytest that has collected scenarios: what is refused, and the harness."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._progress = Progress(config)
        config.pluginmanager.register(self._progress)
        self.harness: Harness

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse what cannot run, once it is known what is selected.

        Raises:
            UsageError: pytest-benchmark is missing, two modules have one name, or `[tool.bench]` makes no sense.
        """
        strategies = [item for item in items if isinstance(item, StrategyItem)]
        if not strategies:
            return
        if not self._config.pluginmanager.hasplugin("benchmark"):
            raise pytest.UsageError(MISSING)
        files: dict[str, Path] = {}
        for item in strategies:
            name = item.path.stem
            if files.setdefault(name, item.path) != item.path:
                raise pytest.UsageError(
                    f"two scenario modules are named {name!r}: name the path of one of them at a time"
                )
        wanted: dict[str, list[str]] = defaultdict(list)
        for item in strategies:
            if item.get_closest_marker("skip") is None:
                wanted[item.node.full_name].append(item.name)
        try:
            options = options_for(self._config.getoption("bench_database"), files.items())
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self.harness = Harness(options, wanted, self._progress)
        self._config.add_cleanup(self.harness.close)


def _run_of(config: pytest.Config) -> ScenarioRun:
    """The run that a configuration belongs to, made at its first use."""
    run: ScenarioRun | None = config.pluginmanager.get_plugin(PLUGIN)
    if run is None:
        run = ScenarioRun(config)
        config.pluginmanager.register(run, PLUGIN)
    return run
