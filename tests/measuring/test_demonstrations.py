"""Demonstrations of another answer, drivers that strategies choose, extensions that they need."""

from __future__ import annotations

import pytest

from bench.measurement import StrategyResult
from bench.measuring.run import Run
from tests.measuring.helpers import Listener, measure, options


def counted(selector: str, database: str) -> dict[str, StrategyResult]:
    """The strategies of a scenario, counted."""
    with Run(options(selector, database=database), Listener()) as run:
        ((_, point),) = run.count(run.plan())
        return {one.name: one for one in point.strategies}


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_another_answer_is_shown_and_not_ranked(database: str) -> None:
    """One that is meant to differ shows its first difference and a warm call's cost; where it does not, it failed."""
    measured = measure("showing.another", database=database, budget=1.0)
    shown = measured.strategy("another", "short_of_one")
    assert (True, None, None) == (shown.demonstration, shown.verdict, shown.median_ms)
    assert "result: expected 10 items, got 9, 'thing 10' is missing" == shown.error
    assert (1, 0) == (shown.counters.statements, shown.counters.connections)
    failed = measured.strategy("another", "right_after_all")
    expected = ("failed", "was expected to give another answer than the baseline, and did not")
    assert expected == (failed.verdict, failed.reason)


def test_a_strategy_goes_by_the_driver_that_it_names() -> None:
    """Whatever the run's driver is, and a reader is told; on SQLite there is none to choose."""
    on_postgresql, on_sqlite = counted("showing.drivers", "embedded"), counted("showing.drivers", "sqlite")
    for name in ("either", "by_asyncpg", "by_psycopg"):
        assert [None, None] == [found[name].verdict for found in (on_postgresql, on_sqlite)]
    said = {(one.name, note) for one in on_postgresql.values() for note in one.notes if "the run's driver" in note}
    assert {("by_psycopg", "it uses psycopg; the run's driver is asyncpg")} == said
    assert [] == [note for one in on_sqlite.values() for note in one.notes]


def test_an_extension_that_is_not_there_is_named() -> None:
    """A strategy that needs one is skipped with its name where the server does not have it, and runs where it does."""
    on_postgresql, on_sqlite = counted("showing.drivers", "embedded"), counted("showing.drivers", "sqlite")
    expected = "requires the extension of_our_dreams, which this postgresql does not have"
    assert ("skipped", expected) == (on_postgresql["with_a_dream"].verdict, on_postgresql["with_a_dream"].reason)
    assert [None, "skipped"] == [found["with_statistics"].verdict for found in (on_postgresql, on_sqlite)]
