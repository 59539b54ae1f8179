"""What loads lost to faults: the columns of their table, and a sentence on it. Nothing is ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from bench.measurement import DisturbedResult, PointResult, ScenarioResult, StrategyResult
from bench.reports.columns import Column
from bench.reports.formatting import ABSENT, count, milliseconds

HAPPENED = {
    "restart": "the server restarts",
    "terminate": "the server ends a connection",
    "cut": "a connection is cut on its way",
    "stall": "nothing goes through a connection for half a second",
}
"""What each fault is, after "when"."""
NOT_IN_TIME = "not in time"
FAULT_NOTES = (
    "a fault in the midst of each load: medians of the loads, and from the least to the most; nothing is ranked",
    "late: units that took 100 ms or longer; recovered: when the last that was lost or late had ended",
    "recovered and fault took are from the fault on; a restart takes until the server lets its operator in again",
)


def _of_loads(
    heading: str,
    values: Callable[[DisturbedResult], Sequence[float | None]],
    shown: Callable[[Any], str] = milliseconds,
    spare: int = 0,
) -> Column:
    """A column of a value for each load: the median, and the range where they differ."""

    def cell(strategy: StrategyResult) -> str:
        return ABSENT if strategy.disturbed is None else _spread(values(strategy.disturbed), shown)

    def measured(strategy: StrategyResult) -> object:
        return tuple(values(strategy.disturbed)) if strategy.disturbed is not None else None

    return Column(heading, cell, measured, always=True, spare=spare)


def _spread(values: Sequence[float | None], shown: Callable[[Any], str]) -> str:
    known = sorted(value for value in values if value is not None)
    if len(known) < len(values):
        missing = len(values) - len(known)
        return NOT_IN_TIME if len(values) == missing else f"{NOT_IN_TIME} ({missing} of {len(values)})"
    least, middle, most = (shown(value) for value in (known[0], median(known), known[-1]))
    return middle if least == most else f"{middle} ({least} – {most})"


def _whole(value: float) -> str:
    return f"{value:g}"


def _loads(strategy: StrategyResult) -> int | None:
    return len(strategy.disturbed.lost) if strategy.disturbed is not None else None


def _units(strategy: StrategyResult) -> int | None:
    return strategy.disturbed.units if strategy.disturbed is not None else None


FAULT_COLUMNS: tuple[Column, ...] = (
    Column("loads", lambda strategy: count(_loads(strategy)), _loads, always=True, spare=3),
    Column("units", lambda strategy: count(_units(strategy)), _units, always=True, spare=2),
    _of_loads("lost", lambda seen: seen.lost, _whole),
    _of_loads("late", lambda seen: seen.late, _whole),
    _of_loads("recovered\nafter ms", lambda seen: seen.recovered_ms),
    _of_loads("slowest\nms", lambda seen: seen.slowest_ms, spare=1),
    _of_loads("fault\ntook ms", lambda seen: seen.outage_ms, spare=4),
    replace(Column("verdict", lambda s: s.verdict or "", lambda s: s.verdict), align="left"),
)
"""The columns of a point whose loads were disturbed."""


def is_disturbed(point: PointResult) -> bool:
    """Whether what was measured is what loads lose to a fault."""
    return any(strategy.disturbed is not None for strategy in point.strategies)


def errors_seen(strategy: StrategyResult) -> str | None:
    """The errors that its callers saw, and in how many loads the fault met nothing; None where there is none."""
    seen = strategy.disturbed
    if seen is None:
        return None
    said = [f"{name} {count(number)}" for name, number in sorted(seen.errors.items(), key=lambda one: -one[1])]
    parts = [f"its callers saw, in all loads: {', '.join(said)}"] if said else []
    if seen.missed:
        parts.append(f"in {seen.missed} of {len(seen.lost)} loads there was no connection that the fault could meet")
    if seen.late_before:
        parts.append(f"{count(seen.late_before)} units were late before the fault too, so that not all lateness is its")
    return "; ".join(parts) or None


def units_lost(point: PointResult) -> str:
    """How many units the strategies lose, from the least to the most, and in the worst load, in few words."""
    seen = [one.disturbed for one in point.strategies if one.disturbed is not None]
    lost = sorted({median(one.lost) for one in seen})
    of = f" of {count(seen[0].units)} units lost"
    said = f"{_whole(lost[0])}{of}" if len(lost) == 1 else f"{_whole(lost[0])} to {_whole(lost[-1])}{of}"
    if max(len(one.lost) for one in seen) == 1:
        return said
    return f"{said} in the median load, {_whole(max(max(one.lost) for one in seen))} in the worst"


def fault_sentences(scenario: ScenarioResult, point: PointResult, quoted: Callable[[str], str]) -> list[str]:
    """How many units the strategies lose in the median load and in the worst, and who had recovered when.

    Args:
        scenario: Whose parameter says what the fault was.
        point: What was measured.
        quoted: How names of strategies are written.
    """
    seen = {one.name: one.disturbed for one in point.strategies if one.disturbed is not None}
    if not seen:
        return ["What its loads lose was not measured."]
    lost = {name: median(one.lost) for name, one in seen.items()}
    least, most = min(lost.values()), max(lost.values())
    units = next(iter(seen.values())).units
    happened = HAPPENED.get(str(point.params.get(scenario.disturbed_by or "")), "a fault happens")
    said = f"{_whole(least)} ({_named(lost, least, quoted)}) to {_whole(most)} ({_named(lost, most, quoted)})"
    if least == most:
        said = f"{_whole(least)} ({_named(lost, least, quoted)})"
    loads = max(len(one.lost) for one in seen.values())
    if loads == 1:
        sentences = [f"When {happened}, {said} of {count(units)} units are lost, in 1 load each."]
    else:
        worst = {name: max(one.lost) for name, one in seen.items()}
        most_of_all = max(worst.values())
        the_worst = f"{_whole(most_of_all)} ({_named(worst, most_of_all, quoted)}); each strategy drove {loads} loads"
        sentences = [f"When {happened}, the median load loses {said} of {count(units)} units, the worst {the_worst}."]
    if point.params.get(scenario.disturbed_by or "") == "restart":
        outages = [value for one in seen.values() for value in one.outage_ms]
        away = f"The server was away for {_spread(outages, milliseconds)} ms, which loses who comes meanwhile"
        sentences.append(f"{away}: that is until it answers its operator again, and callers may be let in sooner.")
    never = [name for name, one in seen.items() if None in one.recovered_ms]
    recovered = {
        name: max(value for value in one.recovered_ms if value is not None)
        for name, one in seen.items()
        if name not in never
    }
    if never:
        who, whose = (quoted(never[0]), "its load") if len(never) == 1 else (f"{len(never)} strategies", "their loads")
        sentences.append(f"{who} had not always recovered when {whose} ended.")
    if recovered:
        last, longest = max(recovered.items(), key=lambda one: one[1])
        who = "Each has" if not never else "The others have"
        sentences.append(
            f"{who} recovered within {milliseconds(longest)} ms in every load, the last of them {quoted(last)}."
        )
    return sentences


def _named(values: Mapping[str, float], wanted: float, quoted: Callable[[str], str]) -> str:
    names = [quoted(name) for name, value in values.items() if value == wanted]
    return names[0] if len(names) == 1 else f"{len(names)} strategies"
