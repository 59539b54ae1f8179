"""Bencher Metric Format, which `bencher run --adapter json` reads: its reference is at bencher.dev, under
"Bencher Metric Format".
"""

from __future__ import annotations

from bench.errors import ResultError
from bench.measurement import Result
from bench.reports.exports.entries import Entry, Export, sorted_out

Metric = dict[str, float]


def bencher(result: Result) -> Export:
    """Each strategy with its `latency`, the median in nanoseconds between the bounds of its 95 % interval, and with a
    measure for each counter, spelled as Bencher spells its own: `round-trips`.

    Raises:
        ResultError: Nothing in it was timed or counted.
    """
    entries, left_out = sorted_out(result, counters_alone=True)
    if not entries:
        raise ResultError("nothing in this result was timed or counted: there is nothing to export")
    return Export({entry.name: {**_latency(entry), **_counters(entry)} for entry in entries}, left_out)


def _latency(entry: Entry) -> dict[str, Metric]:
    value, interval = entry.median_ns, entry.interval_ns
    if value is None:
        return {}
    bounds = {"lower_value": interval.low, "upper_value": interval.high} if interval is not None else {}
    return {"latency": {"value": value, **bounds}}


def _counters(entry: Entry) -> dict[str, Metric]:
    # With an underscore it would be no slug of Bencher's.
    return {name.replace("_", "-"): {"value": value} for name, value in entry.counters.items()}
