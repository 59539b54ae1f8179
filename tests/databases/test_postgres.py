"""Templates, clones and settings on a PostgreSQL server."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from bench.databases import owned
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.owned import OwnedDatabase
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError, UsageError
from tests.databases.helpers import cache_apart, databases, eventually, ignore, rows, run_statement, seed_three


def never(_: Address) -> None:
    """A seed that must not be called."""
    raise AssertionError("seeded again")


def test_clone_has_the_rows_of_its_template(embedded: PostgresServer) -> None:
    """A clone holds what the seed put into the template."""
    clone = embedded.clone(embedded.template("rows", seed_three))
    assert [(1,), (2,), (3,)] == rows(clone, "SELECT n FROM numbers ORDER BY n")


def test_second_opening_seeds_nothing(embedded: PostgresServer) -> None:
    """A template that one run has made is taken by the next one as it is."""
    name = embedded.template("once", seed_three)
    with open_embedded({}, say=ignore) as another:
        assert name == another.template("once", never)
        assert [(3,)] == rows(another.clone(name), "SELECT count(*) FROM numbers")


def test_change_in_a_clone_stays_there(embedded: PostgresServer) -> None:
    """What is written into a clone is in no other clone."""
    name = embedded.template("apart", seed_three)
    run_statement(embedded.clone(name), "DELETE FROM numbers")
    assert [(3,)] == rows(embedded.clone(name), "SELECT count(*) FROM numbers")


def test_runs_that_make_one_template_at_once_both_have_it(embedded: PostgresServer) -> None:
    """Two runs that seed the same template at the same time both succeed, and leave one."""
    meeting = threading.Barrier(2, timeout=60)
    names, errors = [], []

    def seed(address: Address) -> None:
        meeting.wait()
        seed_three(address)

    def make(server: PostgresServer) -> None:
        try:
            names.append(server.template("both", seed))
        except Exception as error:  # noqa: BLE001 - whatever it is, the assertion below shows it
            errors.append(error)

    with open_embedded({}, say=ignore) as another:
        threads = [threading.Thread(target=make, args=(server,)) for server in (embedded, another)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ([], ["bench_both", "bench_both"]) == (errors, names)
        assert [(3,)] == rows(another.clone("bench_both"), "SELECT count(*) FROM numbers")
    assert not any(name.startswith("bench_making_") for name in databases(embedded))


def test_several_threads_use_one_server(embedded: PostgresServer) -> None:
    """While one makes clones others look at the server, and none takes the connection in use for one that broke."""
    name = embedded.template("shared", seed_three)

    def clone() -> int:
        found = rows(embedded.clone(name), "SELECT count(*) FROM numbers")
        return int(found[0][0])

    def look() -> bool:
        return bool(embedded.extensions() and embedded.settings() and embedded.owned_databases())

    with ThreadPoolExecutor(4) as pool:
        cloned, looked = zip(*[(pool.submit(clone), pool.submit(look)) for _ in range(10)], strict=True)
        assert [3] * 10 == [one.result() for one in cloned]
        assert [True] * 10 == [one.result() for one in looked]


def test_half_seeded_template_is_not_taken(embedded: PostgresServer) -> None:
    """A seed that fails leaves nothing, so that the next one starts afresh."""

    def fail(address: Address) -> None:
        seed_three(address)
        raise RuntimeError("out of rows")

    before = databases(embedded)
    with pytest.raises(RuntimeError, match="out of rows"):
        embedded.template("half", fail)
    assert before == databases(embedded)
    assert [(3,)] == rows(embedded.clone(embedded.template("half", seed_three)), "SELECT count(*) FROM numbers")


def test_seeder_that_left_a_session_does_not_stop_the_template(embedded: PostgresServer) -> None:
    """A connection that the seed forgot to close is ended, and the template is named."""
    left = []

    def forget(address: Address) -> None:
        left.append(connect(address, application_name="forgotten"))

    assert "bench_forgetful" == embedded.template("forgetful", forget)
    left[0].close()


def test_foreign_database_is_left_alone(embedded: PostgresServer) -> None:
    """A database of a template's name that carries no marker is refused, and keeps its rows."""
    foreign = replace(embedded._address, database="bench_foreign")
    run_statement(embedded._address, "CREATE DATABASE bench_foreign")
    run_statement(foreign, "CREATE TABLE precious AS SELECT 1 AS one")
    with pytest.raises(DatabaseError, match="a database bench_foreign that bench did not make"):
        embedded.template("foreign", never)
    open_embedded({}, say=ignore).close()
    assert [(1,)] == rows(foreign, "SELECT one FROM precious")
    assert "bench_foreign" not in {each.name for each in embedded.owned_databases()}
    run_statement(embedded._address, "DROP DATABASE bench_foreign")


@pytest.mark.parametrize("name", ["bench_clone_0123456789ab_1", "bench_making_0123456789ab_1"])
@pytest.mark.parametrize("content", ["CREATE TABLE precious AS SELECT 1 AS one", "SELECT 'nothing is in it'"])
def test_foreign_database_with_a_runs_name_is_left_alone(embedded: PostgresServer, name: str, content: str) -> None:
    """Even a name that only a run makes is not enough to be dropped at the next opening, empty or not, nor to be
    listed as ours.
    """
    run_statement(embedded._address, f"CREATE DATABASE {name}")
    run_statement(replace(embedded._address, database=name), content)
    open_embedded({}, say=ignore).close()
    assert name in databases(embedded)
    assert name not in {each.name for each in embedded.owned_databases()}
    run_statement(embedded._address, f"DROP DATABASE {name}")


def test_template_of_another_key_is_not_taken(embedded: PostgresServer) -> None:
    """A template that was renamed to another's name is refused: the marker inside says whose it is."""
    embedded.template("this", seed_three)
    run_statement(embedded._address, "ALTER DATABASE bench_this RENAME TO bench_that")
    with pytest.raises(DatabaseError, match="a database bench_that that bench did not make"):
        embedded.template("that", never)


def test_drop_ends_whoever_is_connected(embedded: PostgresServer) -> None:
    """A clone is dropped under the feet of its sessions."""
    clone = embedded.clone(embedded.template("rows", seed_three))
    with connect(clone, application_name="worker"):
        embedded.drop(clone)
    assert clone.database not in databases(embedded)


def test_only_clones_of_this_run_are_dropped(embedded: PostgresServer) -> None:
    """Asked to drop something else, a server refuses."""
    with pytest.raises(ValueError, match="not a clone of this run: bench_rows"):
        embedded.drop(replace(embedded._address, database="bench_rows"))


def test_terminate_ends_the_named_connections_alone(embedded: PostgresServer) -> None:
    """The query of a worker that was killed is ended; another worker's connection stays."""
    clone = embedded.clone(embedded.template("rows", seed_three))
    with connect(clone, application_name="worker 1") as first, connect(clone, application_name="worker 2") as second:
        embedded.terminate("worker 1")
        with pytest.raises(Exception, match="terminating connection"):
            first.execute("SELECT 1")
        assert [(1,)] == second.execute("SELECT 1").fetchall()


def test_close_drops_the_clones(embedded: PostgresServer) -> None:
    """After a run its clones are gone and its templates are there, however often it is closed."""
    another = open_embedded({}, say=ignore)
    clone = another.clone(another.template("kept", seed_three))
    assert clone.database in databases(embedded)
    another.close()
    another.close()
    assert clone.database not in databases(embedded)
    assert "bench_kept" in databases(embedded)


def test_template_can_count_statements(embedded: PostgresServer) -> None:
    """pg_stat_statements is ready to be read in a clone."""
    clone = embedded.clone(embedded.template("rows", seed_three))
    assert [(True,)] == rows(clone, "SELECT count(*) >= 0 FROM pg_stat_statements")


def test_settings_are_those_of_the_server(embedded: PostgresServer) -> None:
    """The settings that the harness starts its servers with are recorded as the server shows them."""
    recorded = embedded.settings()
    expected = {
        "jit": "off",
        "fsync": "on",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "30min",
        "shared_preload_libraries": "pg_stat_statements",
        "datcollate": "C.UTF-8",
        "server_version": embedded.version,
    }
    assert expected == {name: recorded[name] for name in expected}


def test_setting_is_in_force_in_a_clone() -> None:
    """A setting asked for is in force in a session of a clone, and recorded in the server's spelling."""
    with open_embedded({"work_mem": "8192kB", "auto_explain.log_min_duration": "1s"}, say=ignore) as server:
        clone = server.clone(server.template("rows", seed_three))
        assert [("8MB", "1s")] == rows(
            clone, "SELECT current_setting('work_mem'), current_setting('auto_explain.log_min_duration')"
        )
        assert "8MB" == server.settings()["work_mem"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "wrok_mem",
            "1MB",
            '--setting wrok_mem=1MB: the server refuses it: unrecognized configuration parameter "wrok_mem"',
        ),
        ("jit", "perhaps", '--setting jit=perhaps: the server refuses it: parameter "jit" requires a Boolean value'),
        (
            "shared_buffers",
            "1GB",
            (
                "--setting shared_buffers: it is set when a server starts, and this one is shared: "
                "use --database docker, which starts one for this run alone"
            ),
        ),
    ],
)
def test_setting_that_the_server_refuses(name: str, value: str, expected: str) -> None:
    """A setting that cannot be had is a mistake in usage, and named."""
    with pytest.raises(UsageError) as caught:
        open_embedded({name: value}, say=ignore)
    assert expected == str(caught.value)


def test_owned_databases_are_listed_and_removed(embedded: PostgresServer) -> None:
    """A template stands in the list with its size, and is gone after its removal; a clone in use stays."""
    clone = embedded.clone(embedded.template("listed", seed_three))
    listed = {each.name: each for each in embedded.owned_databases()}
    template = listed["bench_listed"]
    assert ("template", False) == (template.kind, template.in_use)
    assert 1_000_000 < template.size
    assert ("clone", True) == (listed[clone.database].kind, listed[clone.database].in_use)
    with pytest.raises(DatabaseError, match="is in use"):
        embedded.remove(listed[clone.database])
    embedded.remove(template)
    assert "bench_listed" not in databases(embedded)
    with pytest.raises(DatabaseError, match="no database bench_listed of bench's own"):
        embedded.remove(OwnedDatabase("bench_listed", "template", 0, in_use=False))


def test_run_goes_on_after_its_own_connection_was_cut(embedded: PostgresServer) -> None:
    """The connection that a run keeps is opened anew where the server has cut it."""
    with open_embedded({}, say=ignore) as another:
        ended = rows(
            embedded._address,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE application_name = 'bench run {another.run}'",
        )
        assert [(True,)] == ended
        with pytest.raises(DatabaseError, match="PostgreSQL would not list its databases"):
            another.template("rows", seed_three)
        assert "bench_rows" == another.template("rows", seed_three)


def test_server_tells_its_cpu_time(embedded: PostgresServer) -> None:
    """A query that takes a while takes the server's CPU, and that is known when its session has ended too."""
    before = embedded.cpu_seconds()
    with connect(embedded.maintenance, application_name="busy") as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 3000000)")
    after = embedded.cpu_seconds()
    assert before is not None
    assert after is not None
    assert after > before


def test_restarted_server_has_its_clones_at_the_same_address() -> None:
    """Connections end when it stops; then the same address answers, with the rows that were there."""
    with cache_apart(), open_embedded({}, say=ignore) as server:
        clone = server.clone(server.template("faults", seed_three))
        with connect(clone, application_name="cut") as connection:
            server.restart()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        assert [(3,)] == rows(clone, "SELECT count(*) FROM numbers")


def test_server_that_another_run_uses_is_not_restarted(embedded: PostgresServer) -> None:
    """Restarting it would end what the other measures."""
    with (
        connect(embedded.maintenance, application_name=owned.RUN_NAME + "another"),
        pytest.raises(DatabaseError, match="another run uses the server too"),
    ):
        embedded.restart()


def test_one_connection_of_a_name_is_ended(embedded: PostgresServer) -> None:
    """Of two connections of that name the older one ends, and another name's stays."""
    clone = embedded.clone(embedded.template("faults", seed_three))
    opened = [connect(clone, application_name=name) for name in ("other", "named", "named")]
    embedded.terminate_one("named")
    eventually(lambda: _is_ended(opened[1]))
    assert [False, True, False] == [_is_ended(one) for one in opened]
    for one in opened:
        one.close()


def _is_ended(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def test_a_clone_takes_no_name_that_somebody_has(embedded: PostgresServer) -> None:
    """Not even that of this run's next one: it stays when the run's clones are dropped."""
    with open_embedded({}, say=ignore) as another:
        name = another.template("rows", seed_three)
        taken = f"bench_clone_{another.run}_{another._databases._made + 1}"
        run_statement(embedded._address, f"CREATE DATABASE {taken}")
        assert f"bench_clone_{another.run}_{another._databases._made + 2}" == another.clone(name).database
    assert taken in databases(embedded)
    run_statement(embedded._address, f"DROP DATABASE {taken}")


TRAPS = {
    "view": ["CREATE VIEW querybench.marker AS SELECT 1 AS format, public.looked() AS key"],
    "row security": [
        "CREATE TABLE querybench.marker (format int, key text)",
        "INSERT INTO querybench.marker VALUES (1, 'trapped')",
        "ALTER TABLE querybench.marker ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "CREATE POLICY looking ON querybench.marker USING (public.looked() <> '')",
    ],
    "operator": [
        "CREATE TABLE querybench.marker (format int, key text)",
        "INSERT INTO querybench.marker VALUES (2, 'trapped')",
        (
            "CREATE FUNCTION alike(int, smallint) RETURNS boolean LANGUAGE sql"
            " AS $$ SELECT nextval('public.looks') OPERATOR(pg_catalog.>) 0 $$"
        ),
        "CREATE OPERATOR public.= (FUNCTION = alike, LEFTARG = int, RIGHTARG = smallint)",
        "ALTER DATABASE bench_trapped SET search_path = public, pg_catalog",
    ],
}
"""Markers that are none: what they call when they are read."""


@pytest.mark.parametrize("trap", TRAPS)
def test_to_look_for_the_marker_calls_nothing_of_somebodys(embedded: PostgresServer, trap: str) -> None:
    """A database that looks like ours to a superuser does not have him call its owner's functions, and is not ours."""
    admin = embedded._address
    run_statement(admin, "CREATE DATABASE bench_trapped")
    run_statement(admin, "COMMENT ON DATABASE bench_trapped IS 'querybench template, format 1'")
    theirs = replace(admin, database="bench_trapped")
    for statement in (
        "CREATE SCHEMA querybench",
        "CREATE SEQUENCE looks",
        "CREATE FUNCTION looked() RETURNS text LANGUAGE sql AS $$ SELECT nextval('public.looks')::text $$",
        *TRAPS[trap],
    ):
        run_statement(theirs, statement)
    assert "bench_trapped" not in {each.name for each in embedded.owned_databases()}
    assert [(False,)] == rows(theirs, "SELECT is_called FROM public.looks")
    run_statement(admin, "DROP DATABASE bench_trapped")
