"""Durations as a histogram that can be merged with others of its kind, wherever they were measured."""

from __future__ import annotations

from collections.abc import Iterable

HIGHEST_US = 3_600_000_000
"""The longest duration that is told apart, in microseconds: an hour."""
SIGNIFICANT_FIGURES = 3


def encoded(durations_ns: Iterable[int]) -> str:
    """Durations in nanoseconds as an HdrHistogram of microseconds, in its compressed V2 form, base64.

    Three significant figures are kept.
    """
    # Imported where a load was driven: a worker that drives none does not need it.
    from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

    histogram = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_FIGURES)
    for duration in durations_ns:
        histogram.record_value(min(round(duration / 1000), HIGHEST_US))
    told: bytes = histogram.encode()
    return told.decode("ascii")
