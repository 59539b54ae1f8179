"""Loads that are disturbed by real faults: what is lost, what its callers see, and when it has recovered."""

from __future__ import annotations

import pytest

from bench.databases import owned
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.measurement import DisturbedResult, PointResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from tests.databases.helpers import cache_apart
from tests.measuring.helpers import Listener, measure, options

FAULTS = ("restart", "terminate", "cut", "stall")


@pytest.fixture(scope="module")
def measured() -> dict[str, PointResult]:
    """One load or more of each strategy, by the fault."""
    with cache_apart():
        found = measure("disturbed.faults", database="embedded", budget=16.0, chosen={"fault": ",".join(FAULTS)})
    return {result.params["fault"]: result for _, result in found.results}


def seen(point: PointResult, name: str) -> DisturbedResult:
    """What a strategy's loads lost."""
    found = next(one.disturbed for one in point.strategies if one.name == name)
    assert found is not None
    return found


def test_nothing_is_ranked(measured: dict[str, PointResult]) -> None:
    """There is no winner, no verdict, no time and no count; each strategy has a value for each round."""
    for point in measured.values():
        assert ([], True) == (list(point.winners), point.rounds >= 1)
        for one in point.strategies:
            assert (None, None, None, None) == (one.verdict, one.median_ms, one.load, one.counters.statements)
            assert point.rounds == len(seen(point, one.name).lost)


@pytest.mark.parametrize("fault", ["terminate", "cut"])
def test_a_lost_connection_costs_a_unit_that_trusts_it(measured: dict[str, PointResult], fault: str) -> None:
    """Who has the one connection next is lost, and sees it; then a new one is there."""
    found = seen(measured[fault], "trusted")
    assert [1] * len(found.lost) == list(found.lost)
    assert len(found.lost) == sum(found.errors.values())
    assert None not in found.recovered_ms
    assert 0 == found.missed


def test_a_restart_loses_the_units_that_meet_it(measured: dict[str, PointResult]) -> None:
    """Both lose some while the server is away, and recover; it was away for a time that is told."""
    for name in ("trusted", "tested"):
        found = seen(measured["restart"], name)
        assert min(found.lost) >= 1
        assert min(found.outage_ms) > 0
        assert sum(found.lost) == sum(found.errors.values())


def test_a_stall_loses_nothing_and_is_waited_for(measured: dict[str, PointResult]) -> None:
    """Nothing raises; those that were due meanwhile are late, the first by nearly the half second that it takes."""
    found = seen(measured["stall"], "trusted")
    assert ([0] * len(found.lost), {}) == (list(found.lost), found.errors)
    assert min(found.late) >= 1
    assert min(found.slowest_ms) >= 400


def test_what_cannot_be_disturbed_fails_with_its_reason() -> None:
    """A strategy without a load, and one that does not bear what a unit raises."""
    found = measure("disturbed.impossible", database="embedded", budget=6.0)
    reasons = {one.name: one.reason or "" for one in found.point("impossible").strategies}
    assert "drives one load with db.load, and it drove 0" in reasons["no_load"]
    assert reasons["bears_nothing"].startswith("ValueError: the last of them")


def test_a_server_that_others_use_is_not_restarted() -> None:
    """The strategies are skipped with that reason, and the other run's connection stays."""
    with (
        open_embedded({}, say=lambda line: None) as server,
        connect(server.maintenance, application_name=owned.RUN_NAME + "another") as another,
    ):
        found = measure("disturbed.faults", database="embedded", budget=6.0, chosen={"fault": "restart"})
        (point,) = [result for _, result in found.results]
        assert {"skipped"} == {one.verdict for one in point.strategies}
        assert "another run uses the server too" in (point.strategies[0].reason or "")
        assert (1,) == another.execute("SELECT 1").fetchone()


def test_a_count_leaves_faults_out() -> None:
    """Without a clock there is nothing to tell of them: they are skipped with the command that measures them."""
    with Run(options("disturbed.faults", database="embedded"), Listener()) as run:
        ((_, point),) = run.count(run.plan())
    assert {"skipped"} == {one.verdict for one in point.strategies}
    assert "`bench run` measures what they lose" in (point.strategies[0].reason or "")


def test_sqlite_has_no_server_that_could_fail() -> None:
    """Strategies that require PostgreSQL are skipped there, and no fault is tried."""
    found = measure("disturbed.faults", database="sqlite", budget=6.0)
    assert {"trusted": "skipped", "tested": "skipped"} == found.verdicts("faults")


@pytest.mark.docker
def test_a_container_is_restarted_at_its_address(cache: object) -> None:
    """After the restart the same address answers, so that a load that goes on is done."""
    chosen = Options(selectors=["pooling.faults:tested"], database="docker", budget=6.0, chosen={"fault": "restart"})
    with Run(chosen, Listener()) as run:
        ((_, point),) = run.measure(run.plan())
    found = seen(point, "kept")
    assert min(found.lost) >= 1
    assert max(found.lost) < found.units / 2


def test_a_hurried_run_leaves_faults_out() -> None:
    """Where there is less than a second for each strategy, no load is driven, and the point says what to do."""
    found = measure("disturbed.faults", database="embedded", budget=1.5).point("faults")
    assert [(None, None)] * 2 == [(one.verdict, one.disturbed) for one in found.strategies]
    assert any("give more with --budget" in note for note in found.notes)
