"""What github-action-benchmark reads as its tool `customSmallerIsBetter`: a list of figures, each with a chart."""

from __future__ import annotations

from typing import Any

from bench.errors import ResultError
from bench.measurement import Result
from bench.reports.exports.entries import Entry, Export, sorted_out
from bench.reports.formatting import milliseconds, ratio

EXACT = ("statements", "executions", "transaction_commands", "round_trips", "rows", "connections", "orm_objects")
"""Counters that repeat exactly: a change of them is one of the code, and worth a chart and an alarm."""


def github_action_benchmark(result: Result) -> Export:
    """The median of each strategy in milliseconds, always in that unit since the action compares numbers alone, and
    each counter that repeats exactly; the other counters stand with the time, in `extra`.

    Raises:
        ResultError: Nothing in it was timed or counted.
    """
    entries, left_out = sorted_out(result, counters_alone=True)
    if not entries:
        raise ResultError("nothing in this result was timed or counted: there is nothing to export")
    return Export([figure for entry in entries for figure in [*_time(entry), *_counters(entry)]], left_out)


def _time(entry: Entry) -> list[dict[str, Any]]:
    value, interval = entry.median_ns, entry.interval_ns
    if value is None:
        return []
    range_ = {"range": f"± {milliseconds(interval.half_width / 1e6)}"} if interval is not None else {}
    return [{"name": entry.name, "unit": "ms", "value": value / 1e6, **range_, "extra": "\n".join(_extra(entry))}]


def _extra(entry: Entry) -> list[str]:
    strategy = entry.strategy
    judged = (
        [f"{strategy.verdict}: {ratio(strategy.ratio)} the baseline"] if strategy.ratio and strategy.verdict else []
    )
    more = [f"{name}: {value}" for name, value in entry.counters.items() if name not in EXACT]
    return [*judged, f"rounds: {len(strategy.samples_ns)}", f"p95: {milliseconds(strategy.p95_ms)} ms", *more]


def _counters(entry: Entry) -> list[dict[str, Any]]:
    counters = entry.counters
    return [
        {"name": f"{entry.name} {name}", "unit": name.replace("_", " "), "value": counters[name]}
        for name in EXACT
        if name in counters
    ]
