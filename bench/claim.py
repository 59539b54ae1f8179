"""A sentence of advice that a scenario puts to the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from bench.measurement import Counters


@dataclass(frozen=True)
class Claim:
    """A sentence of advice, with its source and what it predicts.

    Either `faster` and `than` name two strategies of the scenario, and the claim holds where the first is measured
    to be faster; or `counter` names a counter that `strategy` is expected to show, and the claim holds where the
    counted value equals `equals`. `where` limits the claim to the points that have these parameter values.

    Raises `ValueError` when it predicts nothing, or two things at once.
    """

    text: str
    source: str
    faster: str | None = None
    than: str | None = None
    strategy: str | None = None
    counter: str | None = None
    equals: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.counter is not None and self.counter not in {field.name for field in fields(Counters)}:
            raise ValueError(f"the claim {self.text!r} is about {self.counter!r}, which is no counter")
        compares = (self.faster is not None, self.than is not None)
        counts = (self.strategy is not None, self.counter is not None, self.equals is not None)
        if any(compares) == any(counts) or (any(compares) and not all(compares)) or (any(counts) and not all(counts)):
            raise ValueError(
                f"the claim {self.text!r} needs either faster= and than=,"
                " or strategy=, counter= and equals=, and not both"
            )

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies that the claim is about."""
        return tuple(name for name in (self.faster, self.than, self.strategy) if name is not None)
