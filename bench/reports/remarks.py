"""What the counting found of a strategy that no column can say: witnesses that disagree, and loads one by one."""

from __future__ import annotations

from collections.abc import Iterable

from bench.measurement import PointResult, RepeatedLoad, StrategyResult, Witnesses
from bench.reports.formatting import count

OFF_BY_MS = 0.15
"""How far the time that was really added may be from what was asked for without a word, in milliseconds."""


def of_counting(strategy: StrategyResult) -> Iterable[str]:
    """What was found in a strategy's counted call, a remark each, as they stand after its name and a colon."""
    if not strategy.witnesses.agree:
        yield f"the witnesses disagree on its executions: {_accounts(strategy.witnesses)}"
    for load in strategy.repeated_loads:
        yield _repeated(load)


def of_added_time(point: PointResult) -> str:
    """That a point's round trips were given another time than was asked for; empty where they were not."""
    if point.rtt_added_ms is None or abs(point.rtt_added_ms - point.rtt_ms) <= OFF_BY_MS:
        return ""
    return f"{point.rtt_added_ms:.2f} ms of round-trip time were really added, where {point.rtt_ms:g} ms were asked for"


def _accounts(witnesses: Witnesses) -> str:
    said = (
        (witnesses.events, "cursor events"),
        (witnesses.wire, "on the wire"),
        (witnesses.server, "in pg_stat_statements"),
    )
    return ", ".join(f"{count(number)} {what}" for number, what in said if number is not None)


def _repeated(load: RepeatedLoad) -> str:
    where = f", at {load.where}" if load.where else ""
    return (
        f"N+1: {load.relationship} is loaded by a statement of its own {count(load.count)} times ({load.kind}){where}"
    )
