"""What a run is asked to do: every flag that bears on a measurement, in one frozen class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.points import Grid
from bench.privacy import Hides
from bench.regressions.limits import Budgets

BUDGET_A_POINT = 30.0
"""Seconds a point gets where no budget is given for the run, nor for a point."""


@dataclass(frozen=True)
class Options:
    """Times are in seconds.

    `precision` is the half-width asked of an interval, as a fraction. `budget` is for the whole run; without one, each
    point has `budget_a_point`. Each has `rounds` at least, whatever is left of either.

    `chosen` has the values of `--set` as they were written, by parameter. `rtts_ms` are the round-trip times to add, in
    milliseconds, ascending; none means 0. `jobs` is how many points are counted at once, None for one a core.
    `processes` is how many drive a load, `workers` the address of a Dask scheduler whose workers do, in their place.
    `budgets` are the project's own, of counters. Without `measures_memory` nothing is known of memory, which takes a
    process and a database more. With `existing` the database that is named is read as it stands. With
    `keeps_parameters` what is said of somebody's rows may have their values in it.
    """

    selectors: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    database: str = "auto"
    driver: str = "asyncpg"
    loop: str = "asyncio"
    settings: Mapping[str, str] = field(default_factory=dict)
    scale: int = 1
    seed: int = 1
    budget: float | None = None
    timeout: float = 60.0
    precision: float = 0.025
    rounds: int = 0
    grid: Grid = "typical"
    chosen: Mapping[str, str] = field(default_factory=dict)
    pin: bool = False
    rtts_ms: Sequence[float] = ()
    jobs: int | None = None
    processes: int = 1
    workers: str | None = None
    budgets: Budgets = field(default_factory=dict)
    budget_a_point: float = BUDGET_A_POINT
    measures_memory: bool = True
    existing: bool = False
    keeps_parameters: bool = False

    @property
    def hides(self) -> Hides:
        """Of whose rows no value is repeated in what is said."""
        return "none" if self.keeps_parameters else "all" if self.existing else "somebodys"

    @property
    def adds_time(self) -> bool:
        """Whether points with added round-trip time are measured."""
        return any(rtt_ms > 0 for rtt_ms in self.rtts_ms)
