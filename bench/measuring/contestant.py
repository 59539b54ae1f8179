"""A strategy at a point, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bench.description import StrategyDescription
from bench.measurement import Counters, Verdict
from bench.measuring.activity import Activity
from bench.measuring.counting import Counted
from bench.measuring.memory import Memory
from bench.sampling import Sampling
from bench.verdicts import Sampled


@dataclass
class Contestant:
    """A strategy at a point and what is known of it so far. `verdict` is set when it is out: differs, failed or
    skipped. `other_driver` says so where it goes by another driver than the run, `through` what it goes through to the
    server. `made` are the calls that its connection has seen, `sampling` is how it is sampled in the rounds, `loads`
    what the worker told of those that its samples drove, and `activity` what the server and the machine did during one.
    `shared` says that several processes drive them, all at once, one call a sample.
    """

    alias: str
    strategy: StrategyDescription
    is_baseline: bool
    verdict: Verdict | None = None
    reason: str | None = None
    error: str | None = None
    demonstration: bool = False
    other_driver: str | None = None
    through: str | None = None
    cold_ms: float | None = None
    counted: Counted = field(default_factory=Counted)
    memory: Memory = field(default_factory=Memory)
    proved: bool = False
    made: int = 0
    call_ns: float = 0.0
    untimed_ns: float = 0.0
    sampling: Sampling = field(default_factory=Sampling)
    slow: bool = False
    drives_load: bool = False
    shared: bool = False
    loads: list[Mapping[str, Any]] = field(default_factory=list)
    activity: Activity | None = None
    samples: dict[int, int] = field(default_factory=dict)
    cpu: dict[int, int] = field(default_factory=dict)

    def sampled(self) -> Sampled:
        """Its samples, as a decision takes them."""
        return Sampled(self.alias, self.strategy.returns, self.samples, self.is_baseline, self.slow)

    @property
    def counters(self) -> Counters:
        """What a warm call of it costs, memory among it."""
        counters = self.counted.counters
        traced = self.memory.traced_memory if counters.traced_memory is None else counters.traced_memory
        return replace(counters, peak_memory=self.memory.peak_memory, traced_memory=traced)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of its counts."""
        error = self.memory.error
        said = [self.other_driver, self.through, f"its memory could not be measured: {error}" if error else None]
        return (*self.counted.notes, *(note for note in said if note is not None))

    @property
    def runs(self) -> bool:
        """Whether it is still to be timed."""
        return self.verdict is None and not self.demonstration
