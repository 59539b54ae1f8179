"""What of a result goes into an export: each strategy at each point, by a name that stays the same from run to run; and
what is left out, in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.measurement import PointResult, Result, ScenarioResult, StrategyResult
from bench.statistics import Interval, dependence, median, median_interval

COUNTED_ALONE = "the run counted and timed nothing: there are counters, and no times"


@dataclass(frozen=True)
class Entry:
    """One strategy at one point."""

    scenario: ScenarioResult
    point: PointResult
    strategy: StrategyResult

    @property
    def name(self) -> str:
        """`loading.one_to_many:selectin [authors=100, posts=10]`: its point is always in it, so that a name means the
        same in every run, whatever grid that has.
        """
        chosen = ", ".join(self.choice)
        return f"{self.scenario.name}:{self.strategy.name}" + (f" [{chosen}]" if chosen else "")

    @property
    def choice(self) -> list[str]:
        """Its point: a text for each parameter, and for the round-trip time where some was added."""
        chosen = [f"{name}={value}" for name, value in self.point.params.items()]
        return [*chosen, f"rtt={self.point.rtt_ms:g}ms"] if self.point.rtt_ms else chosen

    @property
    def counters(self) -> dict[str, int]:
        """The counters of a warm call that were counted, by name."""
        return counters_of(self.strategy)

    @property
    def median_ns(self) -> float | None:
        """The median of its samples in nanoseconds; None where there are none."""
        return median(self.strategy.samples_ns) if self.strategy.samples_ns else None

    @property
    def interval_ns(self) -> Interval | None:
        """The median with its 95 % interval; None where samples are too few for one."""
        samples = self.strategy.samples_ns
        return median_interval(samples, autocorrelation=dependence(samples)) if samples else None


@dataclass(frozen=True)
class Export:
    """A file's content, as values ready for JSON, and a line for each thing that is not in it."""

    content: Any
    left_out: Sequence[str]


def counters_of(strategy: StrategyResult) -> dict[str, int]:
    """The counters of a warm call that were counted, by name."""
    return {name: value for name, value in asdict(strategy.counters).items() if value is not None}


def sorted_out(result: Result, *, counters_alone: bool) -> tuple[list[Entry], list[str]]:
    """The strategies that are exported, in the order of the result; and a line on each that is not, or not whole.

    Args:
        result: What was measured.
        counters_alone: Whether the format can hold counters of a strategy that has no times. Those of one that gave a
            wrong result, or only shows something, are never exported.
    """
    exported: list[Entry] = []
    told: Counter[tuple[str, str, str]] = Counter()
    for entry in _entries(result):
        why = _untimed(entry.strategy)
        with_counters = counters_alone and _is_worth_counting(entry.strategy)
        if why is None or with_counters:
            exported.append(entry)
        if why is not None and not (with_counters and not result.settings.timed):
            what = "counters alone" if with_counters else "left out"
            told[what, f"{entry.scenario.name}:{entry.strategy.name}", why] += 1
    several = {key: f" at {number} points" if number > 1 else "" for key, number in told.items()}
    lines = [f"{what}: {name}{several[what, name, why]}: {why}" for what, name, why in told]
    return exported, [*_of_the_run(result), *lines]


def _entries(result: Result) -> Iterator[Entry]:
    for scenario in result.scenarios:
        for point in scenario.points:
            for strategy in point.strategies:
                yield Entry(scenario, point, strategy)


def _untimed(strategy: StrategyResult) -> str | None:
    """Why there is no time of a strategy; None where there is."""
    if strategy.samples_ns:
        return None
    if strategy.demonstration:
        return "a demonstration"
    if strategy.verdict in ("differs", "failed", "skipped"):
        return f"{strategy.verdict}: {strategy.reason}" if strategy.reason else strategy.verdict
    return "its loads were disturbed" if strategy.disturbed is not None else "not timed"


def _is_worth_counting(strategy: StrategyResult) -> bool:
    return not strategy.demonstration and strategy.verdict != "differs" and bool(counters_of(strategy))


def _of_the_run(result: Result) -> Iterator[str]:
    if not result.settings.timed:
        yield COUNTED_ALONE
    missing = sum(not point.finished for scenario in result.scenarios for point in scenario.points)
    if missing:
        yield f"the run was interrupted: {missing} point{'s are' if missing > 1 else ' is'} unfinished or missing"
