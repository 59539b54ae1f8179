"""What a run says of each strategy that was planted to go wrong, on PostgreSQL and on SQLite."""

from __future__ import annotations

import re

import pytest

from bench.measurement import StrategyResult
from bench.statistics import dependence, effective_number
from tests.measuring.helpers import Measured, measure


@pytest.fixture(scope="module")
def planted() -> Measured:
    """The planted failures on the embedded server; two of them hang."""
    return measure("planted.failures", database="embedded", timeout=1.5, budget=3.0)


@pytest.fixture(scope="module")
def planted_on_sqlite() -> Measured:
    """Those of them that do not hang, on SQLite."""
    names = ("wrong", "failing", "writing", "entities", "declining", "of_the_future", "demonstrating", "last")
    return measure(*(f"planted.failures:{name}" for name in names), database="sqlite", budget=2.0)


@pytest.fixture(params=["planted", "planted_on_sqlite"])
def measured(request: pytest.FixtureRequest) -> Measured:
    """Either run."""
    found: Measured = request.getfixturevalue(request.param)
    return found


def _said(measured: Measured, name: str) -> tuple[str | None, str]:
    found = measured.strategy("failures", name)
    return found.verdict, found.reason or ""


def test_baseline_and_last_are_ranked(measured: Measured) -> None:
    """Those that went well are timed in rounds that they share and compared, whatever went wrong between them."""
    sound, last = measured.strategy("failures", "sound"), measured.strategy("failures", "last")
    assert (None, 1.0) == (sound.verdict, sound.ratio)
    assert last.verdict in ("faster", "slower", "same", "inconclusive")
    assert len({*sound.rounds} & {*last.rounds}) >= 6
    assert set(measured.point("failures").winners) <= {"sound", "last"}
    assert measured.point("failures").finished


def test_wrong_result_differs_with_its_first_difference(measured: Measured) -> None:
    """A strategy that forgets a post is said to differ, and where."""
    expected = ("differs", "result[3]: expected 5 items, got 4, 'post 15' is missing")
    assert expected == _said(measured, "wrong")


def test_exception_is_said_with_file_and_line(measured: Measured) -> None:
    """A strategy that raises has failed, with its error and where in the scenario's file it rose."""
    verdict, reason = _said(measured, "failing")
    assert "failed" == verdict
    assert re.fullmatch(r"LookupError: nothing to be found \(planted\.py:\d+\)", reason)


def test_undeclared_write_is_said_with_what_to_declare(measured: Measured) -> None:
    """A strategy that writes without saying so has failed, and is told to declare it."""
    verdict, reason = _said(measured, "writing")
    assert "failed" == verdict
    assert reason.startswith("it writes, and its scenario does not say so: declare writes=[…] (")


@pytest.mark.parametrize("name", ["hanging", "blocking"])
def test_call_that_takes_too_long_is_ended(planted: Measured, name: str) -> None:
    """A strategy that never comes back, with the loop held or not, has failed by the timeout."""
    assert ("failed", "took longer than 1.5 s and was ended (--timeout)") == _said(planted, name)


def test_time_lost_to_what_hangs_is_given_back(planted: Measured) -> None:
    """What hung took as long as the point's whole share of 3 s, and the others were still sampled."""
    assert planted.point("failures").seconds > 3
    assert len(planted.strategy("failures", "last").rounds) >= 6


def test_entities_cannot_be_compared(measured: Measured) -> None:
    """A strategy that returns entities has failed, and is told to return plain data."""
    verdict, reason = _said(measured, "entities")
    assert "failed" == verdict
    assert "of the type Author, which cannot be compared by value: return plain data" in reason


def test_strategy_that_declines_is_skipped_with_its_reason(measured: Measured) -> None:
    """A strategy whose `where` declines the point is skipped, and so is one that requires what is not there."""
    assert ("skipped", "only pages of less than ten") == _said(measured, "declining")
    verdict, reason = _said(measured, "of_the_future")
    assert "skipped" == verdict
    assert re.fullmatch(r"requires sqlalchemy>=99, and this is 2\.\d+\.\d+.*", reason)


def test_demonstration_shows_its_error_and_is_not_ranked(measured: Measured) -> None:
    """An exception that was expected is no failure: it is shown, and the strategy is not timed."""
    found = measured.strategy("failures", "demonstrating")
    assert (True, None, None) == (found.demonstration, found.verdict, found.ratio)
    assert "ZeroDivisionError: integer division or modulo by zero" == found.error


@pytest.mark.parametrize("name", ["wrong", "failing", "writing", "entities", "declining", "of_the_future"])
def test_what_is_not_ranked_has_no_times(measured: Measured, name: str) -> None:
    """A strategy that is out has neither samples nor ratios."""
    found = measured.strategy("failures", name)
    assert ((), None, None, False) == (tuple(found.samples_ns), found.ratio, found.behind, found.winner)


def test_counters_are_those_of_one_call(measured: Measured) -> None:
    """Two statements, 20 authors and 100 posts, in four round trips with BEGIN and ROLLBACK."""
    counters = measured.strategy("failures", "last").counters
    seen = (counters.statements, counters.executions, counters.rows, counters.orm_objects, counters.connections)
    assert (2, 2, 120, 120, 0) == seen
    # SQLite has no wire.
    assert (None if counters.bytes_sent is None else 4) == counters.round_trips
    assert 1 == measured.strategy("failures", "last").cold_counters.connections


def _figures(found: StrategyResult) -> list[float | None]:
    return [found.median_ms, found.p95_ms, found.cpu_ms, found.cold_ms]


def test_times_are_those_of_the_samples(measured: Measured) -> None:
    """Each round has one value, and the figures are drawn from them; under six independent ones have no interval."""
    found = measured.strategy("failures", "last")
    assert len(found.samples_ns) == len(found.rounds)
    assert None not in _figures(found)
    assert min(found.samples_ns) / 1e6 <= (found.median_ms or 0) <= (found.p95_ms or 0) <= max(found.samples_ns) / 1e6
    low, high = found.median_low_ms, found.median_high_ms
    if effective_number(len(found.samples_ns), dependence(found.samples_ns)) < 6:
        assert (None, None) == (low, high)
        return
    assert low is not None
    assert high is not None
    assert min(found.samples_ns) / 1e6 <= low <= (found.median_ms or 0) <= high <= max(found.samples_ns) / 1e6


def test_a_third_more_work_is_slower() -> None:
    """A strategy that does 30 % more work is slower, and only the other one wins."""
    for budget in (8.0, 25.0):  # once more, for longer, where the machine was too busy to tell
        measured = measure(
            "planted.slower", database="embedded", budget=budget, precision=0.05, chosen={"authors": "5"}
        )
        found = measured.strategy("slower", "more_work")
        if found.verdict != "inconclusive":
            break
    assert ("slower", ["once"]) == (found.verdict, measured.point("slower").winners)
    assert (found.ratio_low or 0) > 1
    assert 20 == measured.strategy("slower", "once").counters.statements


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_what_a_call_leaves_in_the_tables_is_compared(database: str) -> None:
    """A strategy that forgets a row, and says nothing of it, differs by what it left; the others do not."""
    measured = measure("planted.writes", database=database, budget=2.0)
    found = measured.strategy("writes", "forgetful")
    assert "differs" == found.verdict
    assert re.fullmatch(
        r"left in the tables: result\['authors'\]: expected 70 items, got 69, \('new \d+',\) is missing",
        found.reason or "",
    )
    verdicts = measured.verdicts("writes")
    assert {"faster", "slower", "same", "inconclusive"} >= {verdicts["one_by_one"], verdicts["in_one_plainly"]}
    assert [1, 10] == [measured.strategy("writes", name).counters.statements for name in ("in_one", "one_by_one")]
