"""The memory of a call, in a process of its own and as Python allocates it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.measurement import StrategyResult
from bench.measuring.run import Run
from tests.measuring.helpers import Listener, options

MEGABYTE = 1 << 20
HELD = 32 * MEGABYTE


def counted(*selectors: str, database: str) -> dict[str, dict[str, StrategyResult]]:
    """The strategies of each scenario, counted."""
    with Run(options(*selectors, database=database, measures_memory=True), Listener()) as run:
        return {scenario.name: {one.name: one for one in point.strategies} for scenario, point in run.count(run.plan())}


@pytest.fixture(scope="module", params=["embedded", "sqlite"])
def remembered(request: pytest.FixtureRequest) -> Iterator[dict[str, dict[str, StrategyResult]]]:
    """What was counted on PostgreSQL, and on SQLite."""
    return counted("remembering", database=request.param)


def test_memory_that_a_call_holds_is_counted_in_both_ways(remembered: dict[str, dict[str, StrategyResult]]) -> None:
    """32 MiB that are held during a call are in both counters, and in neither of the call that holds nothing."""
    much, little = (remembered["remembering.keeping"][name].counters for name in ("much", "a_little"))
    assert HELD <= (much.traced_memory or 0) < HELD + 2 * MEGABYTE
    assert HELD <= (much.peak_memory or 0) < HELD + 4 * MEGABYTE
    assert 0 < (little.traced_memory or 0) < 2 * MEGABYTE
    assert (little.peak_memory or 0) < 4 * MEGABYTE


def test_failure_in_the_process_of_its_own_is_said(remembered: dict[str, dict[str, StrategyResult]]) -> None:
    """What raises or ends there alone has no peak memory, and a note with the reason; the others go on."""
    found = remembered["remembering.aside"]
    assert dict.fromkeys(found) == {name: one.verdict for name, one in found.items()}
    (said,) = found["raising_aside"].notes
    assert said.startswith("its memory could not be measured: LookupError: not here (remembering.py:")
    assert ["its memory could not be measured: its process ended with status 7"] == list(found["ending_aside"].notes)
    assert [None, None] == [found[name].counters.peak_memory for name in ("raising_aside", "ending_aside")]
    assert None not in [found[name].counters.peak_memory for name in ("sound", "with_state", "plain")]


def test_what_is_written_in_the_process_of_its_own_is_put_back(
    remembered: dict[str, dict[str, StrategyResult]],
) -> None:
    """A writer whose memory was measured is as equal as before."""
    found = remembered["remembering.clearing"]
    assert {"all_at_once": None, "twice": None} == {name: one.verdict for name, one in found.items()}
    assert None not in [one.counters.peak_memory for one in found.values()]


def test_a_setup_may_hold_the_only_connection(remembered: dict[str, dict[str, StrategyResult]]) -> None:
    """What is explained and measured in memory goes by another connection then, or by the one that is held."""
    held = remembered["remembering.warm"]["held"]
    assert (None, 1, ()) == (held.verdict, held.counters.statements, tuple(held.notes))
    assert held.counters.peak_memory is not None
    (statement,) = held.statements
    assert "things" in str(statement.plan)
    assert (None, None) == (statement.generic_plans, statement.custom_plans)
