"""The columns of a point's table: what each is called, how a strategy fills it, and when it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bench.measurement import COUNTERS, Counters, LoadResult, StrategyResult
from bench.reports.formatting import ABSENT, count, data_size, interval, milliseconds, ratio

Section = tuple[str, Sequence[StrategyResult]]
"""A part of a table: its label (empty for the first) and its strategies in order."""

UNRANKED = ("failed", "skipped", "differs")
"""The verdicts of strategies that are shown and not ranked."""

_SPELT = {"orm_objects": "ORM objects", "python_calls": "Python calls", "copy_bytes": "COPY bytes"}
_SPELT |= {"wal_bytes": "WAL bytes", "fetches": "further fetches of a result"}
_IN_BYTES = ("peak_memory", "traced_memory")

ESTIMATED = "≈"
"""Stands before a time that was not measured but follows from what was."""


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, which a terminal breaks where it has a line end, and what fills it.

    It is there `always`, or where something was `measured`, or only where strategies of one kind have `unlike` values.
    A terminal that is too narrow goes without the columns that have the highest `spare`; those of 0 stay.
    """

    heading: str
    cell: Callable[[StrategyResult], str]
    measured: Callable[[StrategyResult], object]
    always: bool = False
    unlike: bool = False
    spare: int = 0
    align: Literal["left", "right"] = "right"

    @property
    def title(self) -> str:
        """The heading in one line."""
        return self.heading.replace("\n", " ")


def columns_for(sections: Sequence[Section], among: Sequence[Column]) -> list[Column]:
    """Those of the columns that are always there or say something of these strategies."""
    return [column for column in among if column.always or _says_something(column, sections)]


def led_by(headline: str | None, among: Sequence[Column]) -> Sequence[Column]:
    """The columns with the counter that a scenario is about before time as the first, on the narrowest terminal too."""
    if headline is None or headline not in COUNTERS:
        return among
    leading = _counter(shown_counter(headline).replace(" ", "\n", 1), headline, always=True)
    return leading, *(column for column in among if column.title != leading.title)


def shown_counter(name: str) -> str:
    """A counter's name as a heading."""
    return _SPELT.get(name, name.replace("_", " "))


def counter_value(name: str, value: int | None) -> str:
    """A counter's value as it is read: memory in units of bytes, others as whole numbers."""
    return data_size(value) if name in _IN_BYTES else count(value)


def data_moved(counters: Counters) -> int | None:
    """Bytes sent and received together; None where either is not known."""
    if counters.bytes_sent is None or counters.bytes_received is None:
        return None
    return counters.bytes_sent + counters.bytes_received


def _says_something(column: Column, sections: Sequence[Section]) -> bool:
    by_section = [{column.measured(strategy) for strategy in part} - {None} for _, part in sections]
    return any(len(values) > column.unlike for values in by_section)


def shown_verdict(strategy: StrategyResult) -> str:
    """A strategy's verdict as a table has it."""
    if strategy.verdict in UNRANKED:
        return f"{strategy.verdict} (baseline)" if strategy.baseline else strategy.verdict
    if strategy.demonstration:
        return "as expected"
    return "baseline" if strategy.baseline else strategy.verdict or ""


def compared(strategy: StrategyResult) -> str:
    """What a strategy's time is against the baseline's, with its interval and verdict (`0.11× (0.10–0.12) faster`)."""
    if strategy.baseline or strategy.ratio is None or strategy.verdict in UNRANKED:
        return shown_verdict(strategy) or ABSENT
    bounds = interval(strategy.ratio, strategy.ratio_low, strategy.ratio_high)
    known = f" ({bounds})" if bounds != ABSENT else ""
    return f"{ratio(strategy.ratio, strategy.ratio_low, strategy.ratio_high)}{known} {shown_verdict(strategy)}".rstrip()


def _bounds(strategy: StrategyResult) -> str:
    return ABSENT if strategy.baseline else interval(strategy.ratio, strategy.ratio_low, strategy.ratio_high)


def _further_away(strategy: StrategyResult) -> str:
    if strategy.at_1ms_ms is None:
        return ABSENT
    return ("" if strategy.at_1ms_measured else ESTIMATED) + milliseconds(strategy.at_1ms_ms)


def _time(heading: str, measured: Callable[[StrategyResult], float | None], spare: int) -> Column:
    return Column(heading, lambda strategy: milliseconds(measured(strategy)), measured, spare=spare)


def _counter(heading: str, name: str, spare: int = 0, always: bool = False, unlike: bool = False) -> Column:
    def counted(strategy: StrategyResult) -> int | None:
        value: int | None = getattr(strategy.counters, name)
        return value

    return Column(heading, lambda strategy: counter_value(name, counted(strategy)), counted, always, unlike, spare)


# A warm call that opens a connection is worth a column, one that opens none is what a reader expects.
_CONNECTIONS = Column(
    "connections", lambda s: count(s.counters.connections), lambda s: s.counters.connections or None, spare=4
)
_MEMORY = _counter("peak\nmemory", "peak_memory", spare=10)
AT_1_MS = Column("at 1 ms\nRTT", _further_away, lambda s: s.at_1ms_ms)
"""What a call would take where the database is 1 ms away, or took there."""


def _a_load(number: int | None, load: LoadResult) -> str | None:
    """How many there were in a load, on average; None where there were none, or it is not known."""
    return f"{number / load.samples:.3g}" if number else None


def _of_load(heading: str, measured: Callable[[LoadResult], object], shown: Callable[[Any], str], spare: int) -> Column:
    """A column of what was seen of a load that a strategy drove."""

    def found(strategy: StrategyResult) -> object:
        return measured(strategy.load) if strategy.load is not None else None

    def cell(strategy: StrategyResult) -> str:
        value = found(strategy)
        return ABSENT if value is None else shown(value)

    return Column(heading, cell, found, spare=spare)


_MEDIAN = Column("median\nms", lambda s: milliseconds(s.median_ms), lambda s: s.median_ms, always=True)
_COMPARED = (
    Column("ratio", lambda s: ratio(s.ratio, s.ratio_low, s.ratio_high), lambda s: s.ratio, always=True),
    Column("95 %\ninterval", _bounds, lambda s: s.ratio_low, always=True),
    Column("verdict", shown_verdict, shown_verdict, always=True, align="left"),
)

COLUMNS: tuple[Column, ...] = (
    _MEDIAN,
    _time("p95\nms", lambda s: s.p95_ms, spare=5),
    *_COMPARED,
    _counter("statements", "statements", always=True),
    _counter("round\ntrips", "round_trips"),
    AT_1_MS,
    Column("bytes", lambda s: data_size(data_moved(s.counters)), lambda s: data_moved(s.counters), spare=1),
    _time("client\nCPU ms", lambda s: s.cpu_ms, spare=3),
    _time("server\nms", lambda s: s.server_ms, spare=2),
    _counter("rows", "rows", always=True, spare=6),
    _counter("ORM\nobjects", "orm_objects", unlike=True, spare=7),
    _CONNECTIONS,
)
"""The columns of a point that was timed."""

TERMINAL_COLUMNS = (
    *COLUMNS,
    _time("waiting\nms", lambda s: s.waiting_ms, spare=9),
    _time("cold\nms", lambda s: s.cold_ms, spare=8),
    _MEMORY,
)
"""The same on a terminal, which has no table of its own for where the time went."""

LOAD_COLUMNS: tuple[Column, ...] = (
    _MEDIAN,
    *_COMPARED,
    _of_load("units\n/s", lambda load: load.throughput, lambda value: count(round(value)), spare=0),
    _of_load("unit\np50 ms", lambda load: load.unit and load.unit.p50_ms, milliseconds, spare=3),
    _of_load("unit\np95 ms", lambda load: load.unit and load.unit.p95_ms, milliseconds, spare=6),
    _of_load("unit\np99 ms", lambda load: load.unit and load.unit.p99_ms, milliseconds, spare=0),
    _of_load("unit\nmax ms", lambda load: load.unit and load.unit.max_ms, milliseconds, spare=6),
    _of_load("wait\np50 ms", lambda load: load.waiting and load.waiting.p50_ms, milliseconds, spare=7),
    _of_load("wait\np95 ms", lambda load: load.waiting and load.waiting.p95_ms, milliseconds, spare=8),
    _of_load("wait\np99 ms", lambda load: load.waiting and load.waiting.p99_ms, milliseconds, spare=1),
    _of_load("wait\nmax ms", lambda load: load.waiting and load.waiting.max_ms, milliseconds, spare=8),
    _of_load("in\nuse", lambda load: load.most_in_use, count, spare=4),
    _of_load("opened", lambda load: _a_load(load.connections_opened, load), str, spare=2),
    _of_load("closed", lambda load: _a_load(load.connections_closed, load), str, spare=9),
    _of_load("backends", lambda load: load.backends, count, spare=5),
    _of_load("timed\nout", lambda load: _a_load(load.timeouts, load), str, spare=0),
    _of_load("lost\nunits", lambda load: _a_load(load.lost, load), str, spare=0),
    _of_load("loop lag\np99 ms", lambda load: load.loop_lag and load.loop_lag.p99_ms, milliseconds, spare=5),
    replace(_of_load("limit", lambda load: load.limited_by, str, spare=1), align="left"),
    _counter("statements", "statements", spare=9),
    _counter("round\ntrips", "round_trips", spare=9),
    _time("server\nms", lambda s: s.server_ms, spare=9),
)
"""The columns of a point whose strategies drive loads: what was seen of those of all samples together."""

COUNTED: tuple[Column, ...] = (
    _counter("statements", "statements", always=True),
    _counter("executions", "executions", spare=4),
    _counter("round\ntrips", "round_trips"),
    _counter("tx\ncommands", "transaction_commands", spare=6),
    _counter("rows", "rows"),
    _counter("bytes\nsent", "bytes_sent", spare=3),
    _counter("bytes\nreceived", "bytes_received", spare=1),
    _CONNECTIONS,
    _counter("ORM\nobjects", "orm_objects", spare=5),
    _counter("Python\ncalls", "python_calls", spare=7),
    _counter("buffers", "buffers", spare=8),
    _MEMORY,
)
"""The columns of a point that was counted and not timed."""
