"""What a comparison of two results found: what got worse, what is missing, what failed, and what is only shown.

The names of the fields are those of `bench compare --format json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bench.regressions.counters import CounterChange
from bench.regressions.limits import LimitPassed
from bench.regressions.statements import StatementChange
from bench.regressions.surroundings import Difference
from bench.regressions.two_runs import TimeChange

Outcome = Literal["measured", "failed", "differs", "skipped", "demonstration", "not measured"]
"""What became of a strategy in one of the results; without any counter and any sample it was not measured."""

BROKEN: tuple[Outcome, ...] = ("failed", "differs")
"""The outcomes that are a failure."""


@dataclass(frozen=True)
class Side:
    """One of the two results: the file it is from, when and at which revision it was measured."""

    file: str
    started: str
    git: str | None
    interrupted: bool
    timed: bool


@dataclass(frozen=True)
class StrategyComparison:
    """A strategy that both results have at a point, and what changed.

    `more` are the counters that a call may not take more of, and does; `fewer` those that it takes less of. `shown` are
    changes of which nothing can be concluded, `uncompared` is what only one result has. `passed` are budgets that the
    new result passes, `unchecked` those on what could not be counted. `reason` says why it failed, differs or was
    skipped.
    """

    name: str
    before: Outcome
    after: Outcome
    reason: str | None = None
    more: Sequence[CounterChange] = ()
    fewer: Sequence[CounterChange] = ()
    shown: Sequence[CounterChange] = ()
    uncompared: Sequence[str] = ()
    statements: Sequence[StatementChange] = ()
    time: TimeChange | None = None
    passed: Sequence[LimitPassed] = ()
    unchecked: Sequence[str] = ()

    @property
    def regressed(self) -> bool:
        """Whether a call takes more than before, or than its budget."""
        return bool(self.more or self.passed)

    @property
    def broke(self) -> bool:
        """Whether it fails or differs, and did not before."""
        return self.after in BROKEN and self.before not in BROKEN

    @property
    def mended(self) -> bool:
        """Whether it failed or differed before, and does no more."""
        return self.before in BROKEN and self.after == "measured"

    @property
    def lost(self) -> bool:
        """Whether it was measured before, and is no more although it does not fail."""
        return self.before == "measured" and self.after in ("skipped", "demonstration", "not measured")

    @property
    def began(self) -> bool:
        """Whether it is measured now, and was not before although it did not fail."""
        return self.before not in ("measured", *BROKEN) and self.after == "measured"

    @property
    def changed(self) -> bool:
        """Whether anything but its time is to be told of it."""
        return bool(self.more or self.fewer or self.shown or self.statements or self.passed or self.uncompared)


@dataclass(frozen=True)
class PointComparison:
    """A point that both results have: its strategies in the order of the new one. `busy` says that in one of the
    results the machine was busy with something else, so that its times have no verdict.
    """

    params: Mapping[str, Any]
    rtt_ms: float
    strategies: Sequence[StrategyComparison]
    busy: bool = False


@dataclass(frozen=True)
class ScenarioComparison:
    """A scenario that both results have."""

    name: str
    question: str
    points: Sequence[PointComparison]


@dataclass(frozen=True)
class Unpaired:
    """What one result has and the other has not: a scenario, or one point of it, or one strategy at a point.

    `renamed` is what it may be called now, where something that appeared is alike. `reason` says what is known of why;
    `passed` are the budgets that a strategy which appeared passes.
    """

    scenario: str
    params: Mapping[str, Any] | None = None
    rtt_ms: float = 0.0
    strategy: str | None = None
    reason: str | None = None
    renamed: str | None = None
    passed: Sequence[LimitPassed] = ()


@dataclass(frozen=True)
class Comparison:
    """Two results compared. `vanished` is what only the base has, `appeared` what only the new one has, `differences`
    in what the two were measured otherwise.
    """

    base: Side
    new: Side
    differences: Sequence[Difference]
    scenarios: Sequence[ScenarioComparison]
    vanished: Sequence[Unpaired]
    appeared: Sequence[Unpaired]

    @property
    def strategies(self) -> Iterator[tuple[ScenarioComparison, PointComparison, StrategyComparison]]:
        """Each strategy that both have, with where it is."""
        for scenario in self.scenarios:
            for point in scenario.points:
                for strategy in point.strategies:
                    yield scenario, point, strategy

    @property
    def regressed(self) -> bool:
        """Whether a counter grew that may not, or a budget is passed."""
        passed = any(one.passed for one in self.appeared)
        return passed or any(strategy.regressed for _, _, strategy in self.strategies)

    @property
    def broke(self) -> bool:
        """Whether a strategy fails or differs that did not."""
        return any(strategy.broke for _, _, strategy in self.strategies)

    @property
    def other_data(self) -> bool:
        """Whether the data are others, so that there is no baseline for what was counted."""
        return any(one.bears_on == "data" for one in self.differences)

    @property
    def missing(self) -> bool:
        """Whether something has vanished that was measured before, or there is no baseline for any of it."""
        lost = any(strategy.lost for _, _, strategy in self.strategies)
        return bool(self.vanished) or lost or self.other_data
