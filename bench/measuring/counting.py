"""Counts the calls of one strategy: inside SQLAlchemy, on the wire and on the server, and holds the three together.

Every call goes through the tap, alone, on an engine of its own: first a cold one, then warm ones. The worker makes the
call; what crossed the wire and what the server counted meanwhile is asked for here, between the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from bench.counters.server_statistics import ServerCounts, ServerStatistics
from bench.databases.address import Address
from bench.measurement import CostlyFunction, Counters, RepeatedLoad, Statement, Witnesses
from bench.measuring.tap_process import Crossed
from bench.measuring.tapping import Tapping
from bench.plans import plan_shape

CALLS = 3
"""Warm calls that are counted; the server's time is the median of theirs."""
LONG_NS = 50e6
"""Nanoseconds of a call from which on one warm call is counted."""
NO_WIRE = "SQLite has no wire"
NO_STATISTICS = "SQLite keeps no statistics"
NO_PROTOCOL = "what crossed could not be read as the protocol"
FAILED_STATEMENTS = "the server does not count statements that fail"
OPEN_PORTAL = "the server does not count a cursor that is open when its transaction is rolled back"

Ask = Callable[..., Mapping[str, Any]]
"""Asks the worker for an operation on the strategy that is counted."""


@dataclass(frozen=True)
class Counted:
    """What was counted of a strategy's calls.

    `server_ms` is what the server spent on a warm call, planning and execution; where it is None `server_unseen` says
    why. `connections_used` are those that a warm call sent anything on, None where the wire cannot be seen.
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


@dataclass(frozen=True)
class _Call:
    """One call as each witness saw it."""

    told: Mapping[str, Any]
    crossed: Crossed | None
    server: ServerCounts | None


def count_calls(ask: Ask, tapping: Tapping | None, database: Address, call_ns: float, *, timing: bool) -> Counted:
    """Count a cold call and a warm one.

    Args:
        ask: Asks the worker; it raises what puts the strategy out.
        tapping: The tap in front of the server; None where there is no wire.
        database: Where the strategy's rows are, straight.
        call_ns: About how long a call takes.
        timing: Whether times are wanted too: of short calls more are counted, for the server's, and one is profiled for
            the time in each function.

    Raises:
        TapLostError: The tap died.
        DatabaseError: The server does not answer.
    """
    if tapping is None:
        return _without_wire(ask, database, timing)
    ask("open_counted", address=tapping.for_counting(database).as_message())
    with ServerStatistics(database) as statistics:
        cold = _call(ask, tapping, statistics, objects=False)
        profile = ask("profile", timing=timing)
        warm = [
            _call(ask, tapping, statistics, objects=True) for _ in range(CALLS if timing and call_ns < LONG_NS else 1)
        ]
        unseen = statistics.unseen
    explained = ask("explain")
    ask("close_counted")
    last = warm[-1]
    counters = _counters(last)
    return Counted(
        counters=replace(counters, python_calls=profile["python_calls"]),
        cold_counters=_counters(cold),
        witnesses=_witnesses(last, unseen),
        statements=_statements(last.told["statements"], explained),
        repeated_loads=[RepeatedLoad(**one) for one in last.told["repeated_loads"]],
        costliest=[CostlyFunction(**one) for one in profile["costliest"]],
        server_ms=_server_ms([one.server for one in warm if one.server is not None]),
        server_unseen=unseen,
        connections_used=last.crossed.connections_used if last.crossed is not None and last.crossed.counts else None,
    )


def time_cold(
    ask: Ask, tapping: Tapping | None, database: Address, name: str, writes: bool
) -> tuple[float, int | None]:
    """The milliseconds of the first call of a new engine, straight to the server, and the dead rows that it left, where
    the strategy writes and the server tells.

    Args:
        name: The application name of the worker's connections.

    Raises:
        DatabaseError: The server does not answer.
    """
    cold = f"{name} cold"
    if tapping is None or not writes:
        ask("put_back")
        return ask("cold", application_name=cold)["wall_ns"] / 1e6, None
    tables = ask("rest")["tables"]
    with ServerStatistics(database) as statistics:
        known = statistics.have_reported(name)
        ask("put_back")
        before = statistics.dead_tuples(tables)
        cold_ms = ask("cold", application_name=cold)["wall_ns"] / 1e6
        known = statistics.have_reported(cold) and known
        return cold_ms, statistics.dead_tuples(tables) - before if known else None


def watch(call: Callable[[], Mapping[str, Any]], tapping: Tapping | None) -> tuple[Mapping[str, Any], Counters]:
    """What the worker answers to one `call` that it makes through the tap, and what was counted of it: of a
    demonstration, which is called once.
    """
    if tapping is not None:
        tapping.crossed()
    told = call()
    return told, _counters(_Call(told, tapping.crossed() if tapping is not None else None, None))


def _without_wire(ask: Ask, database: Address, timing: bool) -> Counted:
    ask("open_counted", address=database.as_message())
    cold = _made(ask, objects=False)
    profile = ask("profile", timing=timing)
    told = _made(ask, objects=True)
    explained = ask("explain")
    ask("close_counted")
    warm = _Call(told, None, None)
    return Counted(
        counters=replace(_counters(warm), python_calls=profile["python_calls"]),
        cold_counters=_counters(_Call(cold, None, None)),
        witnesses=Witnesses(
            told["counters"]["executions"],
            unseen={"wire": NO_WIRE, "server": NO_STATISTICS}
            | ({"events": told["blind_spot"]} if told["blind_spot"] else {}),
        ),
        statements=_statements(told["statements"], explained),
        repeated_loads=[RepeatedLoad(**one) for one in told["repeated_loads"]],
        costliest=[CostlyFunction(**one) for one in profile["costliest"]],
        server_unseen=NO_STATISTICS,
    )


def _made(ask: Ask, *, objects: bool) -> Mapping[str, Any]:
    ask("put_back")
    return ask("call_counted", objects=objects)


def _call(ask: Ask, tapping: Tapping, statistics: ServerStatistics, *, objects: bool) -> _Call:
    """Make one call; what was counted before it, of putting tables back and connecting, is left out."""
    ask("put_back")
    tapping.crossed()
    statistics.taken()
    told = ask("call_counted", objects=objects)
    return _Call(told, tapping.crossed(), statistics.taken())


def _counters(call: _Call) -> Counters:
    """The counters of a call: what the wire has seen stands for what the events have, where it could be read."""
    counted: dict[str, int | None] = dict(call.told["counters"])
    if call.crossed is not None and call.crossed.counts is not None:
        seen = vars(call.crossed.counts).copy()
        del seen["portals_left"]
        counted |= seen
    if call.server is not None:
        server = call.server
        counted |= {
            "buffers": server.buffers_hit + server.buffers_read,
            "buffers_hit": server.buffers_hit,
            "buffers_read": server.buffers_read,
            "temp_blocks": server.temp_blocks,
            "wal_bytes": server.wal_bytes,
        }
    return Counters(**counted)


def _witnesses(call: _Call, no_statistics: str | None) -> Witnesses:
    events, unseen = call.told["counters"]["executions"], {}
    if call.told["blind_spot"]:
        unseen["events"] = call.told["blind_spot"]
    crossed = call.crossed.counts if call.crossed is not None else None
    if crossed is None:
        unseen["wire"] = NO_PROTOCOL
    if no_statistics is not None:
        unseen["server"] = no_statistics
    elif crossed is not None and crossed.errors:
        unseen["server"] = FAILED_STATEMENTS
    elif crossed is not None and crossed.portals_left:
        unseen["server"] = OPEN_PORTAL
    server = call.server.executions if call.server is not None and "server" not in unseen else None
    return Witnesses(events, None if crossed is None else crossed.executions, server, unseen)


def _statements(sent: Sequence[Mapping[str, Any]], explained: Mapping[str, Any]) -> list[Statement]:
    plans, choices = explained["plans"], explained["choices"]
    return [
        Statement(
            one["sql"],
            one["calls"],
            plans.get(one["sql"]),
            plan_shape(plans.get(one["sql"])),
            *choices.get(one["sql"], (None, None)),
        )
        for one in sent
    ]


def _server_ms(calls: Sequence[ServerCounts]) -> float | None:
    return median(one.execution_ms + (one.planning_ms or 0.0) for one in calls) if calls else None
