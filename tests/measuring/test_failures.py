"""A strategy that takes its process with it, or fails late, is out by itself; the others are measured as if alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.measurement import PointResult
from bench.measuring.run import Run
from tests.databases.helpers import eventually, rows
from tests.measuring.helpers import Listener, Measured, measure, options


@pytest.fixture(scope="module")
def killers() -> Measured:
    """A run of those that end their process before the rounds."""
    return measure("deadly.killers", database="embedded", budget=2.0)


def test_those_that_went_well_are_ranked_after_every_loss(killers: Measured) -> None:
    """Baseline, last and the one whose setup cannot be left are timed in rounds that they share."""
    rounds = {name: list(killers.strategy("killers", name).rounds) for name in ("sound", "stuck", "last")}
    assert len(set.intersection(*map(set, rounds.values()))) >= 6


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("exiting", "its process ended with status 3"),
        ("killed", "its process was killed by SIGKILL: just before the end"),
        ("quitting", r"SystemExit: enough \(deadly\.py:\d+\)"),
        ("cancelled", r"CancelledError \(deadly\.py:\d+\)"),
        ("unprepared", r"LookupError: no state to be had \(deadly\.py:\d+\)"),
        ("unwhere", r"its where= raised KeyError: 'nothing' \(deadly\.py:\d+\)"),
    ],
)
def test_failure_is_said_as_it_was(killers: Measured, name: str, expected: str) -> None:
    """How a process ended, or what was raised where, is the reason of the strategy that did it."""
    found = killers.strategy("killers", name)
    assert "failed" == found.verdict
    assert re.fullmatch(expected, (found.reason or "").split(": printed")[0]), found.reason


def test_what_was_proved_stands_in_for_a_lost_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the baseline fails in a new worker, one that was proved equal to it is what others are compared with."""
    monkeypatch.chdir(tmp_path)
    found = measure("deadly.bereft", database="sqlite", budget=1.0).verdicts("bereft")
    assert {"once_sound": "failed", "deadly": "failed", "different": "differs"} == {
        name: verdict for name, verdict in found.items() if name != "equal"
    }
    assert found["equal"] not in ("failed", "differs")


def test_setup_that_cannot_be_left_costs_a_note(killers: Measured) -> None:
    """What was measured stands although the strategy could not be closed, which is noted."""
    (note,) = killers.point("killers").notes
    assert re.fullmatch(r"stuck could not be closed: LookupError: no way out \(deadly\.py:\d+\)", note)


@pytest.fixture(scope="module")
def late() -> Measured:
    """A run of those that fail in the midst of the rounds, on SQLite."""
    return measure("deadly.late", database="sqlite", budget=3.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("raising_later", r"LookupError: worn out \(deadly\.py:\d+\)"),
        ("dying_later", "its process ended with status 4"),
    ],
)
def test_failure_in_the_rounds_puts_out_that_one_alone(late: Measured, name: str, expected: str) -> None:
    """A strategy that fails once it is timed is out with its reason, and keeps what was counted of it."""
    found = late.strategy("late", name)
    assert "failed" == found.verdict
    assert re.fullmatch(expected, found.reason or "")
    assert (1, None, ()) == (found.counters.statements, found.ratio, tuple(found.samples_ns))


def test_rounds_go_on_in_a_new_worker(late: Measured) -> None:
    """The others are sampled before and after the loss, warmed up and frozen anew, and compared."""
    rounds = {name: list(late.strategy("late", name).rounds) for name in ("steady", "steady_too")}
    assert len({*rounds["steady"]} & {*rounds["steady_too"]}) >= 6
    assert late.strategy("late", "steady_too").ratio is not None
    assert 2 <= late.listener.steps.count("warming up steady_too")


@pytest.fixture(scope="module", params=["failing_baseline", "fickle_baseline"])
def groundless(request: pytest.FixtureRequest) -> tuple[str, PointResult]:
    """A run whose baseline is no reference, on SQLite."""
    return request.param, measure(f"groundless.{request.param}", database="sqlite", budget=4.0).point(request.param)


def test_baseline_that_gives_no_result_is_said(groundless: tuple[str, PointResult]) -> None:
    """A baseline that raises has failed, one that contradicts itself differs."""
    name, point = groundless
    baseline = point.strategies[0]
    expected = {
        "failing_baseline": ("failed", r"LookupError: nothing to compare with \(groundless\.py:\d+\)"),
        "fickle_baseline": ("differs", r"two calls of it gave different results: .*'call 0' is missing.*"),
    }[name]
    assert (expected[0], True) == (baseline.verdict, baseline.baseline)
    assert re.fullmatch(expected[1], baseline.reason or ""), baseline.reason


@pytest.mark.alone
def test_without_a_baseline_the_others_are_still_compared(groundless: tuple[str, PointResult]) -> None:
    """The first that works is the reference of the proof; `ratio` and its verdict are null, `behind` stands."""
    _, point = groundless
    found = {one.name: one for one in point.strategies}
    assert ["the baseline gave no result, so the others were compared with one"] == list(point.notes)
    assert "differs" == found["short"].verdict
    assert [(None, None)] * 2 == [(found[name].ratio, found[name].verdict) for name in ("one", "other")]
    assert (1.0, "slower", ["one"]) == (found["one"].behind, found["other"].behind_verdict, list(point.winners))


@pytest.mark.parametrize(("database", "rounds"), [("embedded", "1,2"), ("sqlite", "1")])
def test_transaction_that_was_left_open_is_said(database: str, rounds: str) -> None:
    """A strategy that keeps its tables locked has failed with what to do; it keeps neither point from its end."""
    measured = measure("holding", database=database, budget=1.0, chosen={"round": rounds})
    assert rounds.split(",") == [str(result.params["round"]) for _, result in measured.results]
    for _, point in measured.results:
        found = {one.name: one for one in point.strategies}
        assert ("failed", True) == (found["greedy"].verdict, point.finished)
        assert (found["greedy"].reason or "").startswith("it left a transaction open that locks the tables it writes")
        assert [1, 1] == [found[name].counters.statements for name in ("tidy", "tidy_too")]
        assert "failed" not in (found["tidy"].verdict, found["tidy_too"].verdict)
        assert [] == list(point.notes)


def test_query_of_a_worker_that_was_ended_is_ended_on_the_server() -> None:
    """When a call has taken too long, its query does not run on in the server."""
    running = "SELECT application_name FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    with Run(options("deadly.asleep", database="embedded", timeout=2.0, budget=1.0), Listener()) as run:
        ((_, point),) = run.measure(run.plan())
        server = run._session.server
        assert eventually(lambda: not rows(server._address, running))  # type: ignore[attr-defined]
    found = point.strategies[1]
    assert ("failed", "took longer than 2 s and was ended (--timeout)") == (found.verdict, found.reason)


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("sqlite", "IntegrityError: UNIQUE constraint failed: pairs.one, pairs.two"),
        ("embedded", 'UniqueViolationError: duplicate key value violates unique constraint "pairs_one_two_key"'),
    ],
)
def test_dataset_that_contradicts_its_constraints_is_said_in_a_line(database: str, expected: str) -> None:
    """Rows that violate a constraint end the run with one line that names dataset and constraint."""
    with pytest.raises(BenchError) as caught:
        measure("broken", database=database, budget=2.0)
    assert f"the dataset broken could not be made: {expected}" in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_a_clone_whose_tables_were_made_anew_is_not_used_again(database: str) -> None:
    """The next scenario's writers have the tables as the dataset made them."""
    measured = measure("altering", database=database, budget=2.0)
    assert {"deleted", "made_anew"} == set(measured.verdicts("emptied"))
    assert "failed" not in measured.verdicts("emptied").values()
    assert {"one", "another"} == set(measured.verdicts("next_one"))
    assert not {"failed", "differs"} & set(measured.verdicts("next_one").values())
