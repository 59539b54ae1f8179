"""What the measuring tests share: a run from its options to its results, and what was heard of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.measurement import PointResult, StrategyResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from bench.measuring.watching import Estimate, Watcher
from bench.points import Point

CASES = Path(__file__).with_name("cases")
PLANTED = Path(__file__).parents[1] / "cases"


class Listener(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[str] = []
        self.started: list[tuple[str, Point]] = []
        self.finished: list[PointResult] = []
        self.rounds = 0

    def say(self, line: str) -> None:
        self.lines.append(line)

    def point_started(self, scenario: str, point: Point, number: int, total: int) -> None:
        self.started.append((scenario, point))

    def step(self, text: str) -> None:
        self.steps.append(text)

    def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
        self.rounds = rounds

    def point_finished(self, scenario: str, result: PointResult) -> None:
        self.finished.append(result)


class Measured:
    """The results of a run, by scenario and strategy."""

    def __init__(self, listener: Listener, results: Sequence[tuple[str, PointResult]]) -> None:
        self.listener = listener
        self.results = list(results)

    def point(self, scenario: str) -> PointResult:
        """The first point of a scenario, named without its module."""
        return next(result for name, result in self.results if name.endswith(f".{scenario}"))

    def strategy(self, scenario: str, name: str) -> StrategyResult:
        """A strategy at the first point of its scenario."""
        return next(one for one in self.point(scenario).strategies if one.name == name)

    def verdicts(self, scenario: str) -> dict[str, Any]:
        """The verdict of each strategy at the first point of a scenario."""
        return {one.name: one.verdict for one in self.point(scenario).strategies}


def options(*selectors: str, **given: Any) -> Options:
    """Options of a run over the scenarios of this folder and the planted ones; memory, which takes a process more, is
    measured where that is asked for.
    """
    given = {"measures_memory": False, **given}
    return Options(selectors=selectors, scenarios=[str(CASES), str(PLANTED)], **given)


def measure(*selectors: str, listener: Listener | None = None, **given: Any) -> Measured:
    """The results of a run of the scenarios that are selected."""
    listener = listener or Listener()
    with Run(options(*selectors, **given), listener) as run:
        return Measured(listener, [(scenario.name, result) for scenario, result in run.measure(run.plan())])
