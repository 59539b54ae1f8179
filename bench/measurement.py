"""What a run measured: the classes that the result file, the tables and the reports are made of.

The names of the fields are the names in the result file. What was not measured is None, never 0. Times end in their
unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

SCHEMA = 1
"""Version of the result file; a change that an older reader would misread raises it."""

Verdict = Literal["faster", "slower", "same", "inconclusive", "differs", "failed", "skipped"]
Limit = Literal["arrival rate", "client CPU", "server CPU", "pool", "tasks"]
"""What a load ran into: the rate at which its units were due, the CPU of the process that drives it or of the server,
the connections of its pool; or none of them, so that more tasks would do more.
"""
BUSY = 1.25
"""Processes that ran or waited to run for each core from which on a machine was busy: one of our own runs at a time."""
ClaimVerdict = Literal["supported", "contradicted", "depends", "undecided"]


@dataclass(frozen=True)
class Counters:
    """What one call costs, without a clock: the names are those of DESIGN's table of counters.

    On the wire: `fetches` are the later Executes of a portal, `pings` empty queries, `prepares` Parse messages, and
    `errors` what the server refused; bytes are those of the protocol, inside TLS where there is TLS, and `copy_bytes`
    of them are COPY's data. From the server: blocks of 8 KiB (`buffers` are those hit and read together), bytes of WAL,
    and the dead rows that a writing strategy left behind. Memory is in bytes: `peak_memory` is what a process of the
    strategy's own grew by at its peak during one call, all libraries in it, `traced_memory` what Python allocated at
    its peak, by tracemalloc.
    """

    statements: int | None = None
    executions: int | None = None
    fetches: int | None = None
    pings: int | None = None
    prepares: int | None = None
    transaction_commands: int | None = None
    round_trips: int | None = None
    rows: int | None = None
    bytes_sent: int | None = None
    bytes_received: int | None = None
    copy_bytes: int | None = None
    connections: int | None = None
    errors: int | None = None
    orm_objects: int | None = None
    python_calls: int | None = None
    buffers: int | None = None
    buffers_hit: int | None = None
    buffers_read: int | None = None
    temp_blocks: int | None = None
    wal_bytes: int | None = None
    dead_tuples: int | None = None
    peak_memory: int | None = None
    traced_memory: int | None = None


COUNTERS: tuple[str, ...] = tuple(counter.name for counter in fields(Counters))
"""The names of the counters."""


@dataclass(frozen=True)
class Witnesses:
    """The executions of one warm call, as each of three witnesses counted them; one that cannot see the call is None.

    `events` are SQLAlchemy's cursor events (an executemany is its number of parameter sets), `wire` what crossed the
    tap, `server` the calls in pg_stat_statements; transaction control apart. `unseen` says of each that is None why.
    """

    events: int | None = None
    wire: int | None = None
    server: int | None = None
    unseen: Mapping[str, str] = field(default_factory=dict)

    @property
    def agree(self) -> bool:
        """Whether those that saw the call counted the same."""
        return len({self.events, self.wire, self.server} - {None}) <= 1


@dataclass(frozen=True)
class Statement:
    """One distinct statement of a call: its text, how often it was sent, and its plan.

    `plan` is the server's EXPLAIN as JSON (SQLite's as text), or a line that says why there is none; `plan_shape` is a
    hash of its shape, equal where two plans do the same in the same order. `generic_plans` and `custom_plans` are how
    often the server used each for the prepared statement, where it tells. `parameters` are those that it was sent with
    first, as text, where they are kept.
    """

    sql: str
    calls: int
    plan: Any = None
    plan_shape: str | None = None
    generic_plans: int | None = None
    custom_plans: int | None = None
    parameters: str | None = None


@dataclass(frozen=True)
class RepeatedLoad:
    """A relationship that was loaded by a statement of its own for each of many objects, in one call: an N+1.

    `relationship` is written `User.posts`, `where` is the line of the scenario that caused it (`loading.py:98`).
    """

    relationship: str
    kind: Literal["lazy", "immediate"]
    count: int
    where: str | None = None


@dataclass(frozen=True)
class CostlyFunction:
    """A function that a call spent much of its time in: `where` is file and line without the path to the package;
    `own_ms` is time in itself alone, under the profiler, which makes all of it slower.
    """

    name: str
    where: str
    calls: int
    own_ms: float


@dataclass(frozen=True)
class Latency:
    """How long something took that happened many times: percentiles in milliseconds, and the `histogram` that they are
    of, to be merged with others: an HdrHistogram of microseconds, in its compressed V2 form, base64.
    """

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    histogram: str


@dataclass(frozen=True)
class LoadResult:
    """What was seen of the loads that a strategy drove in its samples, all of them together.

    `units` are those of one sample, run by so many `tasks` at once; `rate` is how many were to be started a second,
    None in a closed loop. `throughput` is how many were done a second, the median of the samples. `unit` is the latency
    of a unit, in an open loop from when it was due; `waiting` that of a checkout from the engine's pool, the opening or
    test of a connection included; `loop_lag` how late the event loop ran what was due. Connections that the pool opened
    and closed, and checkouts that it gave up (`timeouts`), are those of all samples; `most_in_use` were checked out at
    once at most, of `most_connections` that the pool may open, None where that is not said or has no end. Where nobody
    asked the engine's pool, as with a pool of the driver's, what it did is None. `lost` units raised what their
    strategy bears: `errors`, by name. `client_cpu` is the share of one core that the process was busy, `machine_cpu`
    that of all the machine's cores, by whomever, and `server_cpu` how many cores the server's processes took;
    `backends` how many the server had for it at once at most. `limited_by` is what more would have been done with.
    Where several `processes` drove each load, a share of it each, `client_cpu` is that of the busiest of them, and
    connections are those of all their pools together; `lost_shares` were lost with their process, and of a load that
    lacks one only what happened in the others is told, and no throughput.
    """

    samples: int
    tasks: int
    units: int
    rate: float | None
    throughput: float
    unit: Latency | None
    waiting: Latency | None
    loop_lag: Latency | None
    connections_opened: int | None
    connections_closed: int | None
    most_in_use: int | None
    timeouts: int | None
    lost: int
    errors: Mapping[str, int]
    client_cpu: float
    most_connections: int | None = None
    machine_cpu: float | None = None
    server_cpu: float | None = None
    backends: int | None = None
    limited_by: Limit | None = None
    processes: int = 1
    lost_shares: int = 0


@dataclass(frozen=True)
class DisturbedResult:
    """What a strategy's loads lost to a fault, one in the midst of each; sequences have a value for each load.

    `lost` units raised, `late` ones took a tenth of a second or longer; `slowest_ms` is what the slowest took that
    ended after the fault. `recovered_ms` is from the fault to the end of the last unit that was lost or late, 0 where
    none was, None where the load ended before that was over; `outage_ms` is what the fault itself took, such as a
    restart until the server took connections again. `errors` are those of all loads, by name; `missed` is in how many
    the fault met no connection, `late_before` how many units were late before it, which says that not all lateness is
    its.
    """

    units: int
    lost: Sequence[int]
    late: Sequence[int]
    slowest_ms: Sequence[float]
    recovered_ms: Sequence[float | None]
    outage_ms: Sequence[float]
    errors: Mapping[str, int]
    missed: int = 0
    late_before: int = 0


@dataclass(frozen=True)
class StrategyResult:
    """One strategy at one point.

    `ratio` is this strategy's time over the baseline's, paired within rounds; `behind` is its time over that of the
    fastest of its kind. `median_low_ms` and `median_high_ms` hold the median with 95 %: how sure a time is by itself,
    whereas strategies are compared by their ratios. `samples_ns` has the value of each round in `rounds`,
    `calls_in_a_row` calls each. `winner` says that it was not shown to be behind. `smallest_detectable` is the smallest
    difference, as a fraction, that this run could have seen. `reason` says why it was skipped, failed or differs;
    `notes` what a reader should know of the measurement. `limits` are its budgets: by counter, what a warm call may
    take at most.

    Where the time went: `median_ms` is `cpu_ms` (the client's) and `server_ms` and `waiting_ms` less `overlap_ms`, what
    client and server did at the same time. `at_1ms_ms` is what a call takes where the database is 1 ms away: measured
    (`at_1ms_measured`), or the median and its round trips; None where calls use more than one connection. `tapped_ms`
    is its median through the tap with no time added, which crossings along the round-trip time start from.
    `drives_load` says that its calls drive loads, whose connections and round trips hang on which task is first.
    """

    name: str
    description: str = ""
    code: str = ""
    baseline: bool = False
    returns: Literal["entities", "rows"] = "entities"
    demonstration: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    verdict: Verdict | None = None
    winner: bool = False
    reason: str | None = None
    error: str | None = None
    median_ms: float | None = None
    median_low_ms: float | None = None
    median_high_ms: float | None = None
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
    server_unseen: str | None = None
    waiting_ms: float | None = None
    overlap_ms: float | None = None
    at_1ms_ms: float | None = None
    at_1ms_measured: bool = False
    tapped_ms: float | None = None
    calls_in_a_row: int | None = None
    drives_load: bool = False
    rounds: Sequence[int] = ()
    samples_ns: Sequence[int] = ()
    counters: Counters = field(default_factory=Counters)
    cold_counters: Counters = field(default_factory=Counters)
    witnesses: Witnesses = field(default_factory=Witnesses)
    statements: Sequence[Statement] = ()
    repeated_loads: Sequence[RepeatedLoad] = ()
    costliest: Sequence[CostlyFunction] = ()
    load: LoadResult | None = None
    disturbed: DisturbedResult | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class PointResult:
    """One point of a scenario: its strategies, and those not shown to be behind, fastest first.

    `rtt_ms` is the round-trip time that was asked to be added, `rtt_added_ms` what was added really, by the tap's
    calibration; it is None where calls went straight to the server. Where those of such a point went through the tap
    too, `tapped_rtt_ms` is what it added without being asked.
    `cut_short` says that the budget ended the rounds before every interval was as narrow as asked; `finished` is False
    where somebody interrupted it. `load_per_core` is how many processes ran or waited to run for each core of the
    machine when it began.
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
    rtt_added_ms: float | None = None
    tapped_rtt_ms: float | None = None
    load_per_core: float | None = None

    @property
    def was_busy(self) -> bool:
        """Whether the machine was busy with something else when it began."""
        return self.load_per_core is not None and self.load_per_core > BUSY


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
    as_fast: str | None = None
    less: str | None = None
    by: float | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario: its question, the points that were measured, and its claims. `disturbed_by` is the parameter whose
    values are faults, where loads are disturbed and nothing is ranked.
    """

    name: str
    question: str = ""
    dataset: str = ""
    returns: Literal["entities", "rows"] = "entities"
    size: str | None = None
    typical: Mapping[str, Any] = field(default_factory=dict)
    points: Sequence[PointResult] = ()
    claims: Sequence[ClaimResult] = ()
    headline: str | None = None
    disturbed_by: str | None = None


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
    `server_settings` those of `--setting`; `rtts_ms` are those of `--rtt`. Where it is not `timed`, it only counted.
    `processes` drove each load together; those that are `workers` were a Dask scheduler's. `rounds` are the fewest of a
    point. `seal` says where it was asked (`bench.results.seal`).
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
    rtts_ms: Sequence[float] = ()
    timed: bool = True
    processes: int = 1
    workers: bool = False
    existing: bool = False
    rounds: int = 0
    seal: str | None = None


@dataclass(frozen=True)
class Result:
    """One run: the whole of a result file. `interrupted` says that points are missing which were asked for. `seconds`
    are those of the run; of one that was resumed, those of the points from before, and of the run since then.
    """

    environment: Environment
    settings: Settings = field(default_factory=Settings)
    scenarios: Sequence[ScenarioResult] = ()
    started: str = ""
    seconds: float = 0.0
    interrupted: bool = False
    schema: int = SCHEMA
