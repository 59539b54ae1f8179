"""What a call costs, in full and in Markdown: where its time went, and everything that was counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields

from bench.measurement import Counters, PointResult, StrategyResult
from bench.reports.formatting import code, count, markdown, milliseconds, shortened

SUM_NOTE = "client CPU + server + waiting = wall, the median of a call; waiting is for the network, and for a turn"
OVERLAP_NOTE = (
    "client CPU + server + waiting - overlap = wall, the median of a call; waiting is for the network, and for a turn,"
    " overlap what client and server did at the same time"
)
_LONGEST_REASON = 200
_TIMES: tuple[tuple[str, Callable[[StrategyResult], float | None]], ...] = (
    ("client CPU", lambda strategy: strategy.cpu_ms),
    ("server", lambda strategy: strategy.server_ms),
    ("waiting", lambda strategy: strategy.waiting_ms),
    ("overlap", lambda strategy: strategy.overlap_ms),
    ("wall", lambda strategy: strategy.median_ms),
)
_COUNTED_COLD = ("round_trips", "connections")
_SPELT = {"orm_objects": "ORM objects", "python_calls": "Python calls", "copy_bytes": "COPY bytes"}
_SPELT |= {"wal_bytes": "WAL bytes", "fetches": "further fetches of a result"}
_EMPTY = Counters()


def time_table(point: PointResult, legend: bool = True) -> str:
    """Where the time of a call went, for each strategy that was timed; empty where the server's part was not asked for.

    Args:
        point: What was measured.
        legend: Whether to say how the columns add up.
    """
    timed = [strategy for strategy in point.strategies if strategy.median_ms is not None]
    if not any(strategy.server_ms is not None or strategy.server_unseen for strategy in timed):
        return ""
    overlapping = any(strategy.overlap_ms for strategy in timed)
    columns = [
        (heading, time)
        for heading, time in _TIMES
        if any(time(strategy) is not None for strategy in timed) and (heading != "overlap" or overlapping)
    ]
    rows = [[code(strategy.name), *(milliseconds(time(strategy)) for _, time in columns)] for strategy in timed]
    added_up = legend and any(heading == "waiting" for heading, _ in columns)
    notes = [*([OVERLAP_NOTE if overlapping else SUM_NOTE] if added_up else []), *_unseen(timed)]
    table = _drawn(["strategy", *(heading for heading, _ in columns)], rows)
    return "\n\n".join(
        part for part in ("Where the time went, ms a call:", table, "\n".join(f"- {note}" for note in notes)) if part
    )


def all_counters(point: PointResult) -> str:
    """Every counter that is known of a strategy, a row each and the strategies as columns; empty where none is.

    What a cold call cost stands below what a warm one does, and below the table which witness saw no executions.
    """
    counted = [strategy for strategy in point.strategies if strategy.counters != _EMPTY]
    if not counted:
        return ""
    rows: list[list[str]] = []
    for name in (field.name for field in fields(Counters)):
        title = _SPELT.get(name, name.replace("_", " "))
        rows += _row(title, [getattr(strategy.counters, name) for strategy in counted])
        if name in _COUNTED_COLD:
            rows += _row(f"{title}, cold call", [getattr(strategy.cold_counters, name) for strategy in counted])
    table = _drawn(["a call", *(code(strategy.name) for strategy in counted)], rows)
    return "\n\n".join(part for part in (table, "\n".join(f"- {note}" for note in _blind(counted))) if part)


def _row(title: str, values: Sequence[int | None]) -> list[list[str]]:
    return [] if set(values) == {None} else [[title, *map(count, values)]]


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from tabulate import tabulate

    alignment = ["left", *("right" for _ in headings[1:])]
    return tabulate(rows, headers=headings, tablefmt="pipe", disable_numparse=True, colalign=alignment)


def _unseen(strategies: Iterable[StrategyResult]) -> list[str]:
    """Why the server's time is not known, each reason once with the strategies that it holds for."""
    known = [(one.name, one.server_unseen) for one in strategies if one.server_ms is None and one.server_unseen]
    return _by_reason("the server's time is not known", known)


def _blind(strategies: Iterable[StrategyResult]) -> list[str]:
    named = {"events": "SQLAlchemy's events", "wire": "the tap", "server": "pg_stat_statements"}
    return [
        note
        for witness, who in named.items()
        for note in _by_reason(
            f"executions not seen by {who}",
            [(one.name, one.witnesses.unseen[witness]) for one in strategies if witness in one.witnesses.unseen],
        )
    ]


def _by_reason(said: str, known: Iterable[tuple[str, str]]) -> list[str]:
    names: dict[str, list[str]] = {}
    for name, reason in known:
        names.setdefault(reason, []).append(code(name))
    return [f"{', '.join(of)}: {said}: {markdown(shortened(reason, _LONGEST_REASON))}" for reason, of in names.items()]
