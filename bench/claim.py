"""A sentence of advice that a scenario puts to the test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.measurement import COUNTERS


@dataclass(frozen=True)
class Claim:
    """A sentence of advice, with its source and what it predicts, in one of four ways.

    `faster` and `than` name two strategies, and the claim holds where the first is measured to be faster, with `by` so
    many times as fast at least; with `as_fast` in its place, where it is faster or the same; with `less` and a
    `counter`, where it shows less of that counter. Or `strategy` is expected to show a `counter` that `equals` a value.
    `where` limits the claim to the points that have these parameter values.

    Raises `ValueError` when it predicts nothing, or two things at once.
    """

    text: str
    source: str
    faster: str | None = None
    than: str | None = None
    strategy: str | None = None
    counter: str | None = None
    equals: int | None = None
    as_fast: str | None = None
    less: str | None = None
    by: float | None = None
    where: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.counter is not None and self.counter not in COUNTERS:
            raise ValueError(f"the claim {self.text!r} is about {self.counter!r}, which is no counter")
        given = {name for name in _PREDICTING if getattr(self, name) is not None}
        if given not in _WAYS:
            raise ValueError(
                f"the claim {self.text!r} needs one of faster= and than=; as_fast= and than=; less=, than= and"
                " counter=; strategy=, counter= and equals="
            )
        if self.by is not None and (self.faster is None or not 1 < self.by < math.inf):
            raise ValueError(f"the claim {self.text!r} needs faster= with by=, and in by= a number above 1")

    @property
    def ahead(self) -> str | None:
        """The strategy that is expected ahead of `than`."""
        return self.faster or self.as_fast or self.less

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies that the claim is about."""
        return tuple(name for name in (self.ahead, self.than, self.strategy) if name is not None)


_PREDICTING = ("faster", "as_fast", "less", "than", "strategy", "counter", "equals")
_WAYS = (
    {"faster", "than"},
    {"as_fast", "than"},
    {"less", "than", "counter"},
    {"strategy", "counter", "equals"},
)
