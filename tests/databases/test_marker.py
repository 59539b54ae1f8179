"""The names of databases of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.databases import marker

KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,48}", fullmatch=True)
RUNS = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)


@given(run=RUNS, number=st.integers(1, 10**6), kind=st.sampled_from(["clone", "making"]))
def test_name_of_a_runs_database_tells_its_run(run: str, number: int, kind: marker.Kind) -> None:
    """The kind and the run are read back from a name that they were put into."""
    assert marker.Name(kind, run) == marker.Name.parse(marker.run_database_name(kind, run, number))


@given(KEYS)
def test_name_of_a_template_fits_and_is_no_runs(key: str) -> None:
    """A template's name is short enough for PostgreSQL, and never read as a clone's."""
    name = marker.template_name(key)
    assert 63 >= len(name)
    assert marker.Name("template") == marker.Name.parse(name)


@pytest.mark.parametrize("key", ["", "a" * 50, "blog/1", "../x", "a b", "clone_0123456789ab_1", "ü"])
def test_key_that_is_no_name_is_refused(key: str) -> None:
    """A key that cannot stand in a name, or would pass for a clone, raises ValueError."""
    with pytest.raises(ValueError, match="not a template's key"):
        marker.template_name(key)


@given(run=RUNS, number=st.integers(1, 10**6))
def test_limit_of_a_database_in_the_making_limits_nothing(run: str, number: int) -> None:
    """It is more than any server takes, and an integer of PostgreSQL's holds it."""
    assert 10**9 <= marker.limit(marker.run_database_name("making", run, number)) < 2**31


def test_limits_tell_databases_apart() -> None:
    """The second of a run has another than the first."""
    first, second = (marker.limit(marker.run_database_name("making", "0123456789ab", number)) for number in (1, 2))
    assert first != second
