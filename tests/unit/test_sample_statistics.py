"""The statistics of an export: those of pytest-benchmark itself, and what its outermost values are meant to be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_benchmark.stats import Stats

from bench.reports.exports.sample_statistics import sample_statistics

samples = st.lists(st.floats(1e-7, 1e3), min_size=1, max_size=60)


@given(samples)
def test_statistics_are_those_of_pytest_benchmark(data: list[float]) -> None:
    """Each figure is the one that pytest-benchmark works out from the same samples."""
    stats = Stats()
    for value in data:
        stats.update(value)
    # Before 5.3 the highest value within the fence was the lowest beyond it, where there is one.
    expected = {name: value for name, value in stats.as_dict().items() if name != "hd15iqr"}

    found = sample_statistics(data)

    assert expected.keys() | {"hd15iqr", "data"} == found.keys()
    assert [] == [name for name, value in expected.items() if not _is_same(value, found[name])]
    assert data == found["data"]


def _is_same(expected: object, found: object) -> bool:
    if isinstance(expected, str) or isinstance(found, str):
        return expected == found
    return math.isclose(float(str(expected)), float(str(found)), rel_tol=1e-9, abs_tol=1e-12)


def test_the_outermost_values_are_within_the_fences() -> None:
    """Of ten samples with an outlier on each side, the lowest and highest of the others are told, and two outliers."""
    found = sample_statistics([1.0, 50.0, 51.0, 52.0, 53.0, 54.0, 55.0, 56.0, 57.0, 200.0])

    assert (51.0, 56.0, 5.0, 50.0, 57.0, 2, "2;2") == tuple(
        found[name] for name in ("q1", "q3", "iqr", "ld15iqr", "hd15iqr", "iqr_outliers", "outliers")
    )


def test_no_samples_are_refused() -> None:
    """There are no statistics of nothing."""
    with pytest.raises(ValueError, match="no samples, so no statistics"):
        sample_statistics([])
