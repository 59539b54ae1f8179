"""Counts the calls of one strategy: inside SQLAlchemy, on the wire and on the server, and holds the three together.

Every call goes through the tap, alone, on an engine of its own: first a cold one, then warm ones. The worker makes the
call; what crossed the wire and what the server counted meanwhile is asked for here, between the calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from bench.counters.server_statistics import EVICTED, ServerCounts, ServerStatistics
from bench.databases.address import Address
from bench.measurement import CostlyFunction, Counters, RepeatedLoad, Statement, Witnesses
from bench.measuring.tap_process import Crossed
from bench.measuring.tapping import Tapping
from bench.plans import plan_shape
from bench.wire.counts import WireCounts

CALLS = 3
"""Calls straight to the server whose time there is counted, where there is time; the median is taken."""
LONG_NS = 50e6
"""Nanoseconds of a call from which on one such call is made."""
VERY_LONG_NS = 250e6
"""Nanoseconds of a call from which on none is made for that alone."""
LONGEST_TRACED_NS = 1e9
"""Nanoseconds of a call up to which its memory is traced, here as in a process of its own: that takes several times as
long as the call.
"""
NO_WIRE = "SQLite has no wire"
NO_STATISTICS = "SQLite keeps no statistics"
NO_PROTOCOL = "what crossed could not be read as the protocol"
FAILED_STATEMENTS = "the server does not count statements that fail"
UNPLANNED = "the server counts a statement that is not planned, such as DO or TRUNCATE, once where it is prepared"
BYPASSED = "nothing crossed the wire: it reaches its database by a way of its own, which is not seen here"
NO_PLANNING = "the server's time is without planning: pg_stat_statements.track_planning is off"
SHARED = "the server's figures are of all that this user does in this database: what others send as it is among them"
OPEN_PORTAL = "the server does not count a cursor that is open when its transaction is rolled back"

_NO_PROFILE: Mapping[str, Any] = {"calls": 0, "python_calls": None, "costliest": []}

Ask = Callable[..., Mapping[str, Any]]
"""Asks the worker for an operation on the strategy that is counted."""


@dataclass(frozen=True)
class Counted:
    """What was counted of a strategy's calls.

    `server_ms` is what the server spent on a warm call, planning and execution; where it is None `server_unseen` says
    why. `connections_used` are those that a warm call sent anything on, None where the wire cannot be seen. `bypasses`
    says that calls do not go where they are counted; `notes` are what a reader should know of the counts.
    """

    counters: Counters = field(default_factory=Counters)
    cold_counters: Counters = field(default_factory=Counters)
    witnesses: Witnesses = field(default_factory=Witnesses)
    statements: Sequence[Statement] = ()
    repeated_loads: Sequence[RepeatedLoad] = ()
    costliest: Sequence[CostlyFunction] = ()
    server_ms: float | None = None
    server_unseen: str | None = None
    connections_used: int | None = None
    bypasses: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Straight:
    """Calls that were made straight to the server: how many, and of those that were looked at the nanoseconds of each,
    what it took to make ready for it, and what the server spent on it; None where it did not tell.
    """

    made: int
    wall_ns: Sequence[int]
    untimed_ns: Sequence[int]
    server_ms: float | None


@dataclass(frozen=True)
class _Call:
    """One call as each witness saw it."""

    told: Mapping[str, Any]
    crossed: Crossed | None
    server: ServerCounts | None

    @property
    def bypassed(self) -> bool:
        """Whether nothing crossed the wire although the strategy has no state of before to answer from."""
        return (
            self.crossed is not None and self.crossed.connections_used == 0 and not self.told.get("holds_state", True)
        )

    @property
    def wire(self) -> WireCounts | None:
        """What crossed the wire, where that is known to be all of the call."""
        return self.crossed.counts if self.crossed is not None and not self.bypassed else None

    @property
    def uncounted(self) -> str | None:
        """Why what the server has counted of it, its time and buffers too, is not all of the call; None where it is."""
        if self.bypassed:
            return BYPASSED
        if self.wire is None:
            return None
        if self.wire.unplanned:
            return UNPLANNED
        if self.wire.errors:
            return FAILED_STATEMENTS
        return OPEN_PORTAL if self.wire.portals_left else None


@dataclass(frozen=True)
class Watch:
    """Sees what crosses the wire, and what the server counts, while the worker makes one call.

    Attributes:
        database: Where the strategy's rows are, straight.
        tapping: The tap in front of the server; None where there is no wire.
        statistics: What the server counts in that database; None where there is no server.
        is_pooled: Whether a pooler stands between the tap and the server.
    """

    database: Address
    tapping: Tapping | None
    statistics: ServerStatistics | None
    is_pooled: bool = False

    @property
    def unseen(self) -> str | None:
        """Why the server counts nothing, if so."""
        return NO_STATISTICS if self.statistics is None else self.statistics.unseen

    def call(self, ask: Ask, op: str, **arguments: Any) -> _Call:
        """Make one call; what was counted before it, of putting tables back and connecting, is left out."""
        ask("put_back")
        self._look()
        told = ask(op, **arguments)
        return _Call(told, *self._look())

    def _look(self) -> tuple[Crossed | None, ServerCounts | None]:
        crossed = self.tapping.crossed() if self.tapping is not None else None
        return crossed, self.statistics.taken() if self.statistics is not None else None


def time_on_server(ask: Ask, watch: Watch, made: int, call_ns: float, *, several: bool) -> Straight:
    """Have the server tell its time of calls that go straight to it, as they are timed: through the tap it would wait
    for whom it sends large results to.

    Args:
        ask: Asks the worker; it raises what puts the strategy out.
        watch: Sees what the server counts.
        made: How many calls were made on the strategy's connection before.
        call_ns: About how long a call takes: of short ones more are looked at.
        several: Whether there is time to look at more than one.

    Raises:
        DatabaseError: The server does not answer.
    """
    warming = ask("warm_up", made=made)["wall_ns"] if call_ns < VERY_LONG_NS else []
    wall_ns, untimed_ns, server_ms = [], [], []
    for _ in range(CALLS if several and call_ns < LONG_NS else 1):
        began = time.monotonic_ns()
        call = watch.call(ask, "call")
        wall_ns.append(call.told["wall_ns"])
        untimed_ns.append(time.monotonic_ns() - began - wall_ns[-1])
        if call.server is not None:
            server_ms.append(call.server.execution_ms + (call.server.planning_ms or 0.0))
    return Straight(len(warming) + len(wall_ns), wall_ns, untimed_ns, median(server_ms) if server_ms else None)


def _examine(ask: Ask, made: int, first: Mapping[str, Any], *, traced: bool, functions: bool) -> Mapping[str, Any]:
    """What is found by calls on the counted engine that nobody watches, with as many more as a statement takes until
    its plan is the one that it keeps. `first` is what was told of the first call.

    How many Python calls a load makes is chance, by who waits for whom: they are counted where there is time.
    """
    call_ns: float = first["wall_ns"]
    profile = ask("profile", timing=functions) if functions or not first["drives_load"] else _NO_PROFILE
    memory = ask("trace") if traced and call_ns <= LONGEST_TRACED_NS else {}
    made += profile["calls"] + len(memory)
    if call_ns < VERY_LONG_NS:
        ask("repeat", made=made)
    return {**profile, **memory}


def prove_and_count(
    ask: Ask, watch: Watch, *, is_reference: bool, traced: bool, functions: bool
) -> tuple[Mapping[str, Any], Counted]:
    """Count the two calls of a strategy's proof, the first of them cold, the second warm, on the engine that it was
    opened with, or that was opened to count.

    What the proof found is given with the counts, which are empty where it differs.

    Args:
        ask: Asks the worker; it raises what puts the strategy out.
        watch: Sees the calls; the engine goes through its tap.
        is_reference: Whether the others are compared with it.
        traced: Whether to trace the memory of a call here too.
        functions: Whether to find the functions that cost most, which takes longer than all the rest.

    Raises:
        TapLostError: The tap died.
        DatabaseError: The server does not answer.
    """
    calls: list[_Call] = []
    proof: dict[str, Any] = {}
    examined: Mapping[str, Any] = {}
    for number, objects in enumerate((False, True)):
        calls.append(watch.call(ask, "prove_counted", number=number, objects=objects))
        compared = ask("compare", number=number, is_reference=is_reference)
        drives_load = bool(calls[0].told["drives_load"])
        proof = {"wall_ns": [one.told["wall_ns"] for one in calls], "drives_load": drives_load, **compared}
        if compared["difference"] is not None:
            return proof, Counted()
        if not examined:
            # Before the second, for what a connection prepares at its second use is no part of a warm call.
            examined = _examine(ask, 1, calls[0].told, traced=traced, functions=functions)
    cold, warm = calls
    return proof, _counted(cold, warm, examined, ask("explain"), watch)


def count_dead_rows(ask: Ask, watch: Watch, name: str) -> tuple[Mapping[str, Any], int | None]:
    """What is told of the first call of a new engine, straight to the server, of a strategy that writes; and the dead
    rows that it left, where the server tells.

    Args:
        ask: Asks the worker; it raises what puts the strategy out.
        watch: Sees what the server counts.
        name: The application name of the worker's connections.

    Raises:
        DatabaseError: The server does not answer.
    """
    statistics = watch.statistics
    if statistics is None:
        ask("put_back")
        return ask("cold"), None
    cold = f"{name} cold"
    tables = ask("rest")["tables"]
    known = statistics.have_reported(name)
    ask("put_back")
    before = statistics.dead_tuples(tables)
    told = ask("cold", application_name=cold)
    known = statistics.have_reported(cold) and known
    return told, statistics.dead_tuples(tables) - before if known else None


def count_demonstration(
    call: Callable[[], Mapping[str, Any]], tapping: Tapping | None
) -> tuple[Mapping[str, Any], Counters]:
    """What the worker answers to one `call` that it makes through the tap, and what was counted of it."""
    if tapping is not None:
        tapping.crossed()
    told = call()
    return told, _counters(_Call(told, tapping.crossed() if tapping is not None else None, None))


def _counted(
    cold: _Call,
    warm: _Call,
    examined: Mapping[str, Any],
    explained: Mapping[str, Any],
    watch: Watch,
) -> Counted:
    found = {name: examined.get(name) for name in ("python_calls", "traced_memory")}
    if watch.is_pooled:
        explained = {**explained, "choices": {}}  # they are of a session, and it had another one
    return Counted(
        counters=replace(_counters(warm), **found),
        cold_counters=_counters(cold),
        witnesses=_witnesses(warm, watch),
        statements=_statements(warm.told["statements"], explained),
        repeated_loads=[RepeatedLoad(**one) for one in warm.told["repeated_loads"]],
        costliest=[CostlyFunction(**one) for one in examined["costliest"]],
        server_unseen=watch.unseen or warm.uncounted,
        connections_used=warm.crossed.connections_used if warm.crossed is not None and warm.wire is not None else None,
        bypasses=warm.bypassed,
        notes=(BYPASSED,) if warm.bypassed else _notes_on_pooler(warm, watch),
    )


def _counters(call: _Call) -> Counters:
    """The counters of a call: what the wire has seen stands for what the events have, where it could be read."""
    counted: dict[str, int | None] = dict(call.told["counters"])
    if call.wire is not None:
        seen = vars(call.wire).copy()
        del seen["portals_left"], seen["unplanned"]
        counted |= seen
    if call.server is not None and call.uncounted is None:
        server = call.server
        counted |= {
            "buffers": server.buffers_hit + server.buffers_read,
            "buffers_hit": server.buffers_hit,
            "buffers_read": server.buffers_read,
            "temp_blocks": server.temp_blocks,
            "wal_bytes": server.wal_bytes,
        }
    return Counters(**counted)


def _witnesses(call: _Call, watch: Watch) -> Witnesses:
    events, unseen = call.told["counters"]["executions"], {}
    if call.told["blind_spot"]:
        unseen["events"] = call.told["blind_spot"]
    crossed = call.wire
    if crossed is None:
        unseen["wire"] = NO_WIRE if call.crossed is None else BYPASSED if call.bypassed else NO_PROTOCOL
    if watch.unseen is not None:
        unseen["server"] = watch.unseen
    elif call.server is None:
        unseen["server"] = EVICTED
    elif call.uncounted is not None:
        unseen["server"] = call.uncounted
    server = None
    if call.server is not None and "server" not in unseen:
        # What a pooler restores, nobody who stands before it has sent.
        server = call.server.executions - (call.server.restored if watch.is_pooled else 0)
    return Witnesses(events, None if crossed is None else crossed.executions, server, unseen)


def _notes_on_pooler(call: _Call, watch: Watch) -> tuple[str, ...]:
    restored = call.server.restored if call.server is not None and watch.is_pooled else 0
    if not restored:
        return ()
    return (f"PgBouncer sent the server {restored} statements of its own in a call (SET), which are not counted here",)


def _statements(sent: Sequence[Mapping[str, Any]], explained: Mapping[str, Any]) -> list[Statement]:
    plans, choices, parameters = explained["plans"], explained["choices"], explained.get("parameters", {})
    found = []
    for one in sent:
        sql = one["sql"]
        plan, (generic, custom) = plans.get(sql), choices.get(sql, (None, None))
        found.append(Statement(sql, one["calls"], plan, plan_shape(plan), generic, custom, parameters.get(sql)))
    return found
