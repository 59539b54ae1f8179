"""Which strategies a chart draws, what it calls them, and what it says of those that it cannot draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.crossings import ADDED_TIME
from bench.measurement import PointResult, StrategyResult
from bench.reports.charts.sheet import short_name
from bench.reports.columns import UNRANKED
from bench.reports.formatting import parameters, plain, shortened
from bench.reports.tables import Kind, why

_LONGEST_REASON = 90


def is_drawn(strategy: StrategyResult) -> bool:
    """Whether it was timed and stands for an answer to the question."""
    return strategy.median_ms is not None and strategy.verdict not in UNRANKED and not strategy.demonstration


def label(strategy: StrategyResult, kind: Kind) -> str:
    """A strategy's name as a chart has room for it, with what sets it apart."""
    aside = [*(["baseline"] if strategy.baseline else []), *([strategy.returns] if strategy.returns != kind else [])]
    return short_name(plain(strategy.name)) + (f" ({', '.join(aside)})" if aside else "")


def notes_of(points: Sequence[PointResult]) -> list[str]:
    """What must be said below a chart of these points: who is not drawn and why, and what was amiss."""
    absent: dict[str, list[str]] = {}
    for name, found in _by_name(points).items():
        if not any(is_drawn(one) for _, one in found):
            absent.setdefault(_reason(found[-1][1]), []).append(plain(name))
    notes = [f"Not drawn, {reason}: {', '.join(names)}." for reason, names in absent.items()]
    if any(not point.finished for point in points):
        missing = sum(1 for point in points if not any(is_drawn(one) for one in point.strategies))
        told = f": {missing} of {len(points)} points {'is' if missing == 1 else 'are'} missing" if missing else ""
        notes.append(f"The run was interrupted, so more was to come{told}.")
    if any(point.was_busy for point in points):
        notes.append("The machine was busy with something else: equal strategies can look different.")
    return notes


def gaps_of(points: Sequence[PointResult], parameter: str) -> list[str]:
    """Who is drawn in part, and at which values of the parameter it is not."""
    notes = []
    measured = [point for point in points if any(is_drawn(one) for one in point.strategies)]
    for name, found in _by_name(measured).items():
        drawn = {id(point) for point, one in found if is_drawn(one)}
        missing = [point for point in measured if id(point) not in drawn]
        if drawn and missing:
            reasons = {_reason(one) for point, one in found if id(point) not in drawn} or {"not measured"}
            values = ", ".join(shown_value(point, parameter) for point in missing)
            notes.append(f"{plain(name)} is not drawn at {_called(parameter)}{values}: {'; '.join(sorted(reasons))}.")
    return notes


def elsewhere(point: PointResult, parameter: str | None = None) -> str:
    """Where the chart lies: the parameters that are the same everywhere in it; empty where there are none."""
    same = {name: value for name, value in point.params.items() if name != parameter}
    added = point.rtt_ms if parameter != ADDED_TIME else 0.0
    return parameters(same, added) if same or added else ""


def shown_value(point: PointResult, parameter: str) -> str:
    """A value of the parameter, as it is read."""
    if parameter == ADDED_TIME:
        return f"{point.rtt_ms:g} ms"
    return plain(grouped(point.params[parameter]))


def grouped(value: Any) -> str:
    """A number in groups of three; anything else as it is."""
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _called(parameter: str) -> str:
    return f"an {parameter} of " if parameter == ADDED_TIME else f"{plain(parameter)}="


def _by_name(points: Iterable[PointResult]) -> dict[str, list[tuple[PointResult, StrategyResult]]]:
    found: dict[str, list[tuple[PointResult, StrategyResult]]] = {}
    for point in points:
        for one in point.strategies:
            found.setdefault(one.name, []).append((point, one))
    return found


def _reason(strategy: StrategyResult) -> str:
    if strategy.verdict in UNRANKED:
        said = shortened(why(strategy), _LONGEST_REASON)
        return f"{strategy.verdict} ({said})" if said else str(strategy.verdict)
    return "a demonstration, which is not ranked" if strategy.demonstration else "not timed"
