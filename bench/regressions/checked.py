"""What a comparison of two revisions has found: what its table, its summary and its JSON are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.regressions.counters import CounterChange
from bench.regressions.limits import LimitPassed
from bench.regressions.pairing import Gone
from bench.regressions.statements import StatementChange
from bench.regressions.timings import TimingVerdict

CHECK_SCHEMA = 1
"""Version of the JSON of `bench check`; a change that an older reader would misread raises it."""

CheckVerdict = Literal["slower", "faster", "same", "inconclusive", "more", "failed"]
"""`more` is a counter that grew, or a budget that is passed: a regression that no clock is needed for."""


@dataclass(frozen=True)
class Timing:
    """A strategy's time in the head over that in the base, by launches: ratios with 95 % intervals, `null_ratio` of the
    base to itself. `confirmed` says that they are of launches that came after it was suspected. `reason` says why it
    is inconclusive, or was not timed.
    """

    verdict: TimingVerdict
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    null_ratio: float | None = None
    null_low: float | None = None
    null_high: float | None = None
    base_ms: float | None = None
    head_ms: float | None = None
    launches: int = 0
    rounds: int = 0
    suspected: bool = False
    confirmed: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class CheckedStrategy:
    """A strategy that both revisions have, at a point; or one of the head alone that passes a budget, `limits`.

    `uncompared` are counters that only one of the two knows; `ungated` have changed and decide nothing: they did not
    hold in a second process, may be chance, or the surroundings differ. `unchecked` are counters that have a budget and
    could not be counted. `error` says what it failed of in the head. One is `without_base` where the data differ.
    """

    scenario: str
    strategy: str
    params: Mapping[str, Any]
    rtt_ms: float = 0.0
    counters: Sequence[CounterChange] = ()
    statements: Sequence[StatementChange] = ()
    limits: Sequence[LimitPassed] = ()
    unchecked: Sequence[str] = ()
    uncompared: Sequence[str] = ()
    ungated: Sequence[CounterChange] = ()
    timing: Timing | None = None
    error: str | None = None
    notes: Sequence[str] = ()
    without_base: bool = False

    @property
    def name(self) -> str:
        """As it is selected: `loading.one_to_many:selectin`."""
        return f"{self.scenario}:{self.strategy}"

    @property
    def costs_more(self) -> bool:
        """Whether a counter grew, or a budget is passed."""
        return bool(self.limits) or any(change.is_more for change in self.counters)

    @property
    def verdict(self) -> CheckVerdict | None:
        """What is said of it in a word; None where it was not timed and nothing is known to be worse."""
        if self.error is not None:
            return "failed"
        if self.costs_more:
            return "more"
        return self.timing.verdict if self.timing is not None else None


@dataclass(frozen=True)
class Check:
    """A comparison of two revisions, or of two environments.

    `base` and `head` say what was compared, `differs` what of the surroundings is not the same in both. It is not
    `timed` where counters had decided, or there was nothing to time. `missing` are strategies that work in the head and
    not in the base; `allows_missing` says that whoever asked bears those, and what has vanished.
    """

    base: str
    head: str
    threshold: float
    strategies: Sequence[CheckedStrategy] = ()
    vanished: Sequence[Gone] = ()
    appeared: Sequence[str] = ()
    missing: Sequence[Gone] = ()
    differs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    timed: bool = False
    seconds: float = 0.0
    interrupted: bool = False
    allows_missing: bool = False
    schema: int = CHECK_SCHEMA

    @property
    def regressions(self) -> list[CheckedStrategy]:
        """The strategies that got worse."""
        return [one for one in self.strategies if one.verdict in ("more", "slower")]
