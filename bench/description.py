"""What the controller knows of a scenario: its declaration as data, sent by a worker, since the controller imports
no author's module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal


@dataclass(frozen=True)
class StrategyDescription:
    """A strategy as it was declared; `raises` is the name of the exception that a demonstration shows, `differs` that
    it shows another answer; `through` is what its connections go through to the server; `most_connections` is how many
    its pool may open, None where it says none or sets no end; `limits` are its budgets: what a warm call may take of a
    counter at most.
    """

    name: str
    description: str
    code: str
    baseline: bool
    returns: Literal["entities", "rows"]
    requires: Sequence[str]
    raises: str | None
    differs: bool
    driver: str | None
    through: str | None
    most_connections: int | None
    limits: Mapping[str, int]
    line: int

    @property
    def demonstrates(self) -> bool:
        """Whether it is meant to raise, or to answer something else: it is shown, and not ranked."""
        return self.raises is not None or self.differs


@dataclass(frozen=True)
class ScenarioDescription:
    """A scenario as it was declared; `claims` are the arguments of each `Claim`."""

    name: str
    question: str
    file: str
    line: int
    dataset: str
    params: Mapping[str, Sequence[Any]]
    typical: Mapping[str, Any]
    size: str | None
    returns: Literal["entities", "rows"]
    headline: str | None
    disturbed_by: str | None
    writes: Sequence[str]
    claims: Sequence[Mapping[str, Any]]
    strategies: Sequence[StrategyDescription]

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> ScenarioDescription:
        """The description that a worker sent."""
        values = {field.name: message[field.name] for field in fields(cls)}
        values["strategies"] = tuple(StrategyDescription(**strategy) for strategy in message["strategies"])
        return cls(**values)

    @property
    def baseline(self) -> str:
        """Name of the strategy that the others are compared with."""
        return next(strategy.name for strategy in self.strategies if strategy.baseline)

    def strategy(self, name: str) -> StrategyDescription:
        """The strategy of that name."""
        return next(strategy for strategy in self.strategies if strategy.name == name)
