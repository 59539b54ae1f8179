"""What the server counts of the statements in one database, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.counters.server_statistics import ABSENT, ServerCounts, ServerStatistics
from bench.databases.address import Address
from bench.databases.cluster import Binaries
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from tests.databases.helpers import cache_apart, run_statement, seed_three


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server


@pytest.fixture(scope="module")
def clone(server: PostgresServer) -> Address:
    """A database with a table of three numbers."""
    return server.clone(server.template("numbers", seed_three))


def taken(statistics: ServerStatistics) -> ServerCounts:
    """What was counted since this was last asked."""
    counts = statistics.taken()
    assert counts is not None
    return counts


def test_executions_are_counted_and_transaction_control_is_not(clone: Address) -> None:
    """Two SELECTs of one shape and an INSERT in a transaction are three executions; what the witness asks is none."""
    with ServerStatistics(clone) as statistics, connect(clone, application_name="test") as connection:
        for number in (1, 2):
            connection.execute(f"SELECT n FROM numbers WHERE n = {number}")
        with connection.transaction():
            connection.execute("INSERT INTO numbers VALUES (4)")
        counts = taken(statistics)
        assert 3 == counts.executions
        assert counts.execution_ms > 0
        assert counts.planning_ms is not None
        assert counts.buffers_hit > 0
        assert (counts.wal_bytes or 0) > 0
        assert 0 == taken(statistics).executions


def test_cursors_and_tidying_up_are_no_executions(clone: Address) -> None:
    """A cursor is one execution, its fetches and its close are none; neither is dropping a prepared statement."""
    with ServerStatistics(clone) as statistics, connect(clone, application_name="test") as connection:
        with connection.transaction():
            connection.execute("DECLARE c CURSOR FOR SELECT n FROM numbers")
            connection.execute("FETCH 2 FROM c")
            connection.execute("FETCH 2 FROM c")
            connection.execute("CLOSE c")
        connection.execute("DEALLOCATE ALL")
        assert 1 == taken(statistics).executions


def test_another_user_of_somebody_s_database_is_not_counted(clone: Address) -> None:
    """Where the database is somebody's, what others send is theirs; in one of the harness's own all is counted."""
    with connect(clone, application_name="test") as connection:
        connection.execute("SET ROLE pg_monitor")
        found = []
        for is_read_only in (True, False):
            with ServerStatistics(replace(clone, is_read_only=is_read_only)) as statistics:
                run_statement(clone, "SELECT count(*) FROM numbers")
                connection.execute("SELECT 1")
                found.append(taken(statistics).executions)
    assert [1, 2] == found


def test_another_database_is_not_counted(server: PostgresServer, clone: Address) -> None:
    """What goes on in another database of the server is not among the counts."""
    other = server.clone(server.template("numbers", seed_three))
    with ServerStatistics(clone) as statistics:
        run_statement(other, "SELECT count(*) FROM numbers")
        assert 0 == taken(statistics).executions


def test_without_the_extension_it_says_why(server: PostgresServer) -> None:
    """In a database without pg_stat_statements nothing is counted, and the reason names what to do."""
    with ServerStatistics(server.maintenance) as statistics:
        assert (None, ABSENT) == (statistics.taken(), statistics.unseen)


def test_without_its_library_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server that has the extension and has not loaded its library, as many have, nothing is counted either."""
    monkeypatch.setattr(Binaries, "libraries", lambda _: ())
    with cache_apart(), open_embedded({}, say=lambda line: None) as server:
        clone = server.clone(server.template("numbers", seed_three))
        with ServerStatistics(clone) as statistics:
            assert (None, ABSENT) == (statistics.taken(), statistics.unseen)


def test_a_role_without_rights_counts_its_own_statements(server: PostgresServer, clone: Address) -> None:
    """An ordinary role sees its own statements, which are those that it is measured with."""
    run_statement(server.maintenance, "CREATE ROLE ordinary LOGIN PASSWORD 'ordinary'")
    run_statement(clone, "GRANT SELECT ON numbers TO ordinary")
    own = replace(clone, user="ordinary", password="ordinary")
    try:
        with ServerStatistics(own) as statistics, connect(own, application_name="test") as connection:
            connection.execute("SELECT max(n) FROM numbers")
            run_statement(clone, "SELECT min(n) FROM numbers")
            assert 1 == taken(statistics).executions
    finally:
        run_statement(clone, "DROP OWNED BY ordinary")
        run_statement(server.maintenance, "DROP ROLE ordinary")


def test_dead_rows_are_known_when_the_session_has_ended(clone: Address) -> None:
    """An UPDATE of three rows leaves three dead ones, reported once its session is gone."""
    run_statement(clone, "CREATE TABLE changed AS SELECT generate_series(1, 3) AS n")
    with ServerStatistics(clone) as statistics:
        with connect(clone, application_name="changing") as connection:
            connection.execute("UPDATE changed SET n = n + 1")
            assert not statistics.have_reported("changing")
        assert statistics.have_reported("changing")
        assert 3 == statistics.dead_tuples(["changed"])
        assert 0 == statistics.dead_tuples(["numbers_that_are_not_there"])


def test_counts_that_were_thrown_away_are_no_counts(clone: Address) -> None:
    """After a reset of the statistics what was counted before it is unknown; then it is counted again."""
    with ServerStatistics(clone) as statistics, connect(clone, application_name="test") as connection:
        connection.execute("SELECT min(n) FROM numbers")
        taken(statistics)
        connection.execute("SELECT pg_stat_statements_reset()")
        assert statistics.taken() is None
        connection.execute("SELECT min(n) FROM numbers")
        assert 1 == taken(statistics).executions


def test_what_was_forgotten_is_counted_anew(server: PostgresServer, clone: Address) -> None:
    """After the statements of two clones were forgotten, the next are counted from nothing, in both."""
    other = server.clone(server.template("numbers", seed_three))
    with ServerStatistics(clone) as one, ServerStatistics(other) as another:
        for address in (clone, other, other):
            run_statement(address, "SELECT count(*) FROM numbers")
        for statistics in (one, another):
            statistics.forget([clone.database, other.database])
        assert [0, 0] == [taken(statistics).executions for statistics in (one, another)]
        for address in (clone, other, other):
            run_statement(address, "SELECT count(*) FROM numbers")
        assert [1, 2] == [taken(statistics).executions for statistics in (one, another)]


def test_nested_statements_are_not_counted(server: PostgresServer, clone: Address) -> None:
    """Where a server tracks nested statements too, those that a function sends are none of the call's."""
    run_statement(server.maintenance, f"ALTER DATABASE {clone.database} SET pg_stat_statements.track TO 'all'")
    run_statement(
        clone, "CREATE FUNCTION smallest() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN min(n) FROM numbers; END'"
    )
    with ServerStatistics(clone) as statistics, connect(clone, application_name="test") as connection:
        connection.execute("SELECT smallest()")
        assert 1 == taken(statistics).executions
