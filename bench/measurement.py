"""What a run measured: the classes that the result file, the tables and the reports are made of.

The names of the fields are the names in the result file. What was not measured is None, never 0. Times end in their
unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = 1
"""Version of the result file; a change that an older reader would misread raises it."""

Verdict = Literal["faster", "slower", "same", "inconclusive", "differs", "failed", "skipped"]
ClaimVerdict = Literal["supported", "contradicted", "depends", "undecided"]


@dataclass(frozen=True)
class Counters:
    """What one call costs, without a clock: the names are those of DESIGN's table of counters."""

    statements: int | None = None
    executions: int | None = None
    transaction_commands: int | None = None
    round_trips: int | None = None
    rows: int | None = None
    bytes_sent: int | None = None
    bytes_received: int | None = None
    connections: int | None = None
    orm_objects: int | None = None
    python_calls: int | None = None
    buffers: int | None = None
    wal_bytes: int | None = None
    peak_memory: int | None = None


@dataclass(frozen=True)
class Statement:
    """One distinct statement of a call: its text, how often it was sent, and its plan."""

    sql: str
    calls: int
    plan: Any = None


@dataclass(frozen=True)
class StrategyResult:
    """One strategy at one point.

    `ratio` is this strategy's time over the baseline's, paired within rounds; `behind` is its time over that of the
    fastest of its kind. `samples_ns` has the value of each round in `rounds`, `calls_in_a_row` calls each.
    `winner` says that it was not shown to be behind. `smallest_detectable` is the smallest difference, as a
    fraction, that this run
    could have seen. `reason` says why it was skipped, failed or differs; `notes` what a reader should know of the
    measurement.
    """

    name: str
    description: str = ""
    code: str = ""
    baseline: bool = False
    returns: Literal["entities", "rows"] = "entities"
    demonstration: bool = False
    verdict: Verdict | None = None
    winner: bool = False
    reason: str | None = None
    error: str | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    cold_ms: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    behind: float | None = None
    behind_low: float | None = None
    behind_high: float | None = None
    behind_verdict: Verdict | None = None
    smallest_detectable: float | None = None
    cpu_ms: float | None = None
    server_ms: float | None = None
    calls_in_a_row: int | None = None
    rounds: Sequence[int] = ()
    samples_ns: Sequence[int] = ()
    counters: Counters = field(default_factory=Counters)
    cold_counters: Counters = field(default_factory=Counters)
    statements: Sequence[Statement] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class PointResult:
    """One point of a scenario: its strategies, and those not shown to be behind, fastest first.

    `cut_short` says that the budget ended the rounds before every interval was as narrow as asked; `finished` is False
    where somebody interrupted it.
    """

    params: Mapping[str, Any]
    rtt_ms: float = 0.0
    strategies: Sequence[StrategyResult] = ()
    winners: Sequence[str] = ()
    rounds: int = 0
    seconds: float = 0.0
    finished: bool = True
    cut_short: bool = False
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ClaimResult:
    """A sentence of advice and what was measured of it. `where` says in words where it held, for `depends`."""

    text: str
    source: str
    verdict: ClaimVerdict = "undecided"
    where: str = ""
    faster: str | None = None
    than: str | None = None
    strategy: str | None = None
    counter: str | None = None
    equals: int | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario: its question, the points that were measured, and its claims."""

    name: str
    question: str = ""
    dataset: str = ""
    returns: Literal["entities", "rows"] = "entities"
    size: str | None = None
    typical: Mapping[str, Any] = field(default_factory=dict)
    points: Sequence[PointResult] = ()
    claims: Sequence[ClaimResult] = ()


@dataclass(frozen=True)
class Environment:
    """Where it was measured. No host name, no user name and no password is in here."""

    python: str
    packages: Mapping[str, str]
    postgres: str | None
    settings: Mapping[str, str]
    cpu: str
    cores: int
    kernel: str
    git: str | None
    database: str
    driver: str
    gc: str
    loop: str
    seed: int
    scale: int
    pinned: bool = False


@dataclass(frozen=True)
class Settings:
    """What was asked of a run. `database` is `url` where it was one; `chosen` are the values of `--set`, and
    `server_settings` those of `--setting`.
    """

    database: str = "auto"
    places: Sequence[str] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    server_settings: Mapping[str, str] = field(default_factory=dict)
    precision: float = 0.025
    budget_s: float | None = None
    timeout_s: float = 60.0
    grid: str = "typical"
    selectors: Sequence[str] = ()


@dataclass(frozen=True)
class Result:
    """One run: the whole of a result file. `interrupted` says that points are missing which were asked for."""

    environment: Environment
    settings: Settings = field(default_factory=Settings)
    scenarios: Sequence[ScenarioResult] = ()
    started: str = ""
    seconds: float = 0.0
    interrupted: bool = False
    schema: int = SCHEMA
