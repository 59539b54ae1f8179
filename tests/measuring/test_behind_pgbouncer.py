"""Strategies through PgBouncer: proved, counted and timed as others are, and told what they go through."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench.databases import containers
from bench.databases.bouncer import find_program, installed_version, missing
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError
from bench.measurement import PointResult, StrategyResult
from bench.measuring.requirements import unmet
from bench.measuring.run import Run
from bench.measuring.session import Session
from tests.databases.helpers import eventually, processes_that_name
from tests.measuring.helpers import Listener, Measured, measure, options

THROUGH = ("by_asyncpg", "connecting", "by_psycopg", "plainly")


@pytest.fixture
def _program() -> None:
    """PgBouncer's binary; where it is not installed the test is skipped."""
    if find_program() is None:
        pytest.skip(missing("pgbouncer"))


@pytest.fixture(scope="module")
def measured(cache: Path) -> Measured:
    """A run with no time added and with five milliseconds."""
    if find_program() is None:
        pytest.skip(missing("pgbouncer"))
    return measure("behind.behind", database="embedded", budget=6.0, rounds=12, rtts_ms=(0.0, 5.0))


def by_name(point: PointResult) -> dict[str, StrategyResult]:
    """The strategies of a point."""
    return {one.name: one for one in point.strategies}


@pytest.mark.pgbouncer
def test_strategies_through_it_are_proved_and_timed(measured: Measured) -> None:
    """They find the same, and have samples; who requires a newer one is skipped, and who writes is refused."""
    for _, point in measured.results:
        found = by_name(point)
        assert dict.fromkeys(THROUGH) == {
            name: found[name].verdict if found[name].verdict in ("failed", "differs", "skipped") else None
            for name in THROUGH
        }
        assert all(len(found[name].samples_ns) >= 6 for name in THROUGH)
        expected = f"requires pgbouncer>=99, and this is {installed_version()}"
        assert ("skipped", expected) == (found["of_the_future"].verdict, found["of_the_future"].reason)
        assert "cannot execute DELETE in a read-only transaction" in (found["writing"].error or "")


@pytest.mark.pgbouncer
def test_three_witnesses_agree_on_what_went_through_it(measured: Measured) -> None:
    """SQLAlchemy, the wire and the server saw one execution each; what PgBouncer sends itself is in a note alone."""
    found = by_name(measured.point("behind"))
    for name in THROUGH:
        witnesses = found[name].witnesses
        assert (name, 1, 1, 1, {}) == (name, witnesses.events, witnesses.wire, witnesses.server, witnesses.unseen)
    said = [note for note in found["by_asyncpg"].notes if note.startswith("PgBouncer sent")]
    assert ["PgBouncer sent the server 1 statements of its own in a call (SET), which are not counted here"] == said


@pytest.mark.pgbouncer
def test_round_trips_to_it_are_counted_and_a_reader_is_told_of_it(measured: Measured) -> None:
    """Its client's round trips are those of the strategy; a note has its version, its mode and its size."""
    found = by_name(measured.point("behind"))
    assert (3, 0) == (found["straight"].counters.round_trips, found["straight"].counters.connections)
    assert (4, 0) == (found["by_asyncpg"].counters.round_trips, found["by_asyncpg"].counters.connections)
    assert 1 == found["connecting"].counters.connections
    expected = f"it goes through PgBouncer {installed_version()} in transaction mode, with 10 connections to the server"
    assert all(expected in found[name].notes for name in THROUGH)
    assert expected not in found["straight"].notes
    assert all(found[name].server_ms is not None for name in THROUGH)


@pytest.mark.pgbouncer
def test_time_is_added_to_round_trips_to_it(measured: Measured) -> None:
    """Five milliseconds for each of its round trips, as for those straight to the server."""
    near, far = (by_name(point) for _, point in measured.results)
    for name in ("straight", "by_asyncpg"):
        trips = near[name].counters.round_trips or 0
        assert (far[name].median_ms or 0) - (near[name].median_ms or 0) > 4 * trips


@pytest.mark.pgbouncer
@pytest.mark.usefixtures("_program")
def test_backends_are_those_that_pgbouncer_has() -> None:
    """Thirty clients of its have ten backends; a pool larger than the server takes is no fault, for none is there."""
    loads = measure("behind.crowd", database="embedded", budget=1.0, rounds=3)
    straight, behind = (loads.strategy("crowd", name).load for name in ("thirty", "thirty_to_ten"))
    assert straight is not None
    assert behind is not None
    assert (30, 30) == (straight.backends, straight.most_in_use)
    assert (10, 30) == (behind.backends, behind.most_in_use)


@pytest.mark.pgbouncer
@pytest.mark.usefixtures("_program")
def test_one_that_has_ended_is_started_again(cache: Path) -> None:
    """The next strategy that needs it finds another; leaving the session ends that too."""
    with Session(options("behind.behind", database="embedded"), Listener()) as session:
        ((scenario, _),) = session.selected()
        assert session.proxy_of(scenario.strategy("straight")) is None
        first = session.proxy_of(scenario.strategy("by_asyncpg"))
        assert first is not None
        assert first is session.proxy_of(scenario.strategy("plainly"))
        (process,) = processes_that_name(first._directory / "pgbouncer.ini")
        subprocess.run(["kill", "-9", str(process)], check=True)
        assert eventually(lambda: not first.runs)
        second = session.proxy_of(scenario.strategy("by_asyncpg"))
        assert second is not None
        assert second.runs
    assert not first._directory.exists()
    assert not second._directory.exists()


@pytest.mark.docker
@pytest.mark.pgbouncer
@pytest.mark.usefixtures("_program")
def test_a_server_in_a_container_is_behind_it_too(cache: Path) -> None:
    """Over TCP the same is proved and counted."""
    try:
        containers.connect_engine(timeout=30).close()
    except DatabaseError as error:
        pytest.skip(str(error))
    with Run(options("behind.behind", database="docker"), Listener()) as run:
        ((_, point),) = run.count(run.plan())
    found = by_name(point)
    assert dict.fromkeys(THROUGH) == {name: found[name].verdict for name in THROUGH}
    assert {(1, 1, 1)} == {(one.events, one.wire, one.server) for one in (found[name].witnesses for name in THROUGH)}
    assert 4 == found["by_asyncpg"].counters.round_trips


def test_pgbouncer_that_is_not_installed_is_named(embedded: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who goes through it is skipped, with the name of the package."""
    monkeypatch.setattr("bench.databases.bouncer.PROGRAM", "no-such-bouncer")
    monkeypatch.setattr("bench.databases.bouncer._PLACES", ())
    expected = "requires no-such-bouncer>=1, which is not installed (Debian's package is no-such-bouncer)"
    assert expected == unmet(["no-such-bouncer>=1"], embedded, {})


@pytest.mark.pgbouncer
@pytest.mark.usefixtures("_program")
def test_one_that_does_not_start_puts_its_strategies_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """They have failed with what it said, and the others are measured."""
    monkeypatch.setattr("bench.databases.bouncer_files.POOL_SIZE", "many")
    with Run(options("behind.behind", database="embedded"), Listener()) as run:
        ((_, point),) = run.count(run.plan())
    found = by_name(point)
    assert found["straight"].verdict is None
    assert {("failed", found["by_asyncpg"].reason)} == {(found[name].verdict, found[name].reason) for name in THROUGH}
    assert (found["by_asyncpg"].reason or "").startswith(f"PgBouncer {installed_version()} takes no connections: ")
