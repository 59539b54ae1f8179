"""The statistics that pytest-benchmark's file has of a benchmark, worked out from its samples."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any


def sample_statistics(seconds: Sequence[float]) -> dict[str, Any]:
    """What stands under `stats`, times in seconds; `data` are the samples in the order in which they were measured.

    Quartiles are pytest-benchmark's: medians of the halves of an even number of samples, and for an odd number
    "method 3" of https://en.wikipedia.org/wiki/Quartile. Outliers are beyond one standard deviation of the mean, and
    beyond 1.5 interquartile ranges of the quartiles (Tukey); `ld15iqr` and `hd15iqr` are the outermost that are not.

    Raises:
        ValueError: There are no samples.
    """
    if not seconds:
        raise ValueError("no samples, so no statistics")
    ordered = sorted(seconds)
    mean = statistics.mean(ordered)
    deviation = statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    lower, upper = _quartiles(ordered)
    spread = upper - lower
    within = [value for value in ordered if lower - 1.5 * spread <= value <= upper + 1.5 * spread]
    far = sum(not mean - deviation <= value <= mean + deviation for value in ordered)
    total = sum(seconds)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": deviation,
        "rounds": len(ordered),
        "median": statistics.median(ordered),
        "iqr": spread,
        "q1": lower,
        "q3": upper,
        "iqr_outliers": len(ordered) - len(within),
        "stddev_outliers": far,
        "outliers": f"{far};{len(ordered) - len(within)}",
        "ld15iqr": within[0],
        "hd15iqr": within[-1],
        "ops": len(ordered) / total if total else 0.0,
        "total": total,
        "data": list(seconds),
    }


def _quartiles(ordered: Sequence[float]) -> tuple[float, float]:
    number, (quarter, left) = len(ordered), divmod(len(ordered), 4)
    if number == 1:
        return ordered[0], ordered[0]
    if left == 1:
        return (
            0.25 * ordered[quarter - 1] + 0.75 * ordered[quarter],
            0.75 * ordered[3 * quarter] + 0.25 * ordered[3 * quarter + 1],
        )
    if left == 3:
        return (
            0.75 * ordered[quarter] + 0.25 * ordered[quarter + 1],
            0.25 * ordered[3 * quarter + 1] + 0.75 * ordered[3 * quarter + 2],
        )
    return statistics.median(ordered[: number // 2]), statistics.median(ordered[number // 2 :])
