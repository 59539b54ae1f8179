"""SQLite's templates and clones."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.opening import open_server
from bench.databases.owned import OwnedDatabase
from bench.databases.sqlite import SqliteServer
from bench.errors import DatabaseError, UsageError
from tests.databases.helpers import Run, ignore


def seed(address: Address) -> None:
    """Seeds a table of three rows, with a write-ahead log."""
    with closing(sqlite3.connect(address.database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE numbers (n INTEGER)")
        connection.executemany("INSERT INTO numbers VALUES (?)", [(1,), (2,), (3,)])
        connection.commit()


def never(_: Address) -> None:
    """A seed that must not be called."""
    raise AssertionError("seeded again")


def count(address: Address) -> int:
    """The number of rows in a database."""
    with closing(sqlite3.connect(address.database)) as connection:
        return int(connection.execute("SELECT count(*) FROM numbers").fetchone()[0])


def test_template_is_seeded_once_and_cloned() -> None:
    """A second opening seeds nothing, and its clone has all the rows."""
    with open_server("sqlite", say=ignore) as server:
        name = server.template("once", seed)
    with open_server("sqlite", say=ignore) as server:
        assert name == server.template("once", never)
        assert 3 == count(server.clone(name))
        assert ("sqlite", "sqlite", sqlite3.sqlite_version) == (server.kind, server.dialect, server.version)


def test_clones_are_apart() -> None:
    """What is written into a clone is in no other."""
    with SqliteServer({}) as server:
        first, second = (server.clone(server.template("apart", seed)) for _ in range(2))
        with closing(sqlite3.connect(first.database)) as connection:
            connection.execute("DELETE FROM numbers")
            connection.commit()
        assert (0, 3) == (count(first), count(second))


def test_half_seeded_template_is_not_taken() -> None:
    """A seed that fails leaves nothing to be taken for a template."""

    def fail(address: Address) -> None:
        seed(address)
        raise RuntimeError("out of rows")

    with SqliteServer({}) as server:
        with pytest.raises(RuntimeError, match="out of rows"):
            server.template("half", fail)
        assert 3 == count(server.clone(server.template("half", seed)))


def test_runs_that_make_one_template_at_once_both_have_it() -> None:
    """A run that finishes a template while another is making the same one is no obstacle to it."""
    with SqliteServer({}) as server, SqliteServer({}) as another:

        def seed_late(address: Address) -> None:
            another.template("both", seed)
            seed(address)

        assert 3 == count(server.clone(server.template("both", seed_late)))
        assert 3 == count(another.clone("bench_both-" + sqlite3.sqlite_version + ".sqlite"))


def test_drop_and_close_remove_the_clones() -> None:
    """A dropped clone is gone at once, the others at the close, however often it is closed."""
    server = SqliteServer({})
    dropped, kept = (server.clone(server.template("rows", seed)) for _ in range(2))
    server.drop(dropped)
    assert (False, True) == (Path(dropped.database).exists(), Path(kept.database).exists())
    server.close()
    server.close()
    assert not Path(kept.database).parent.exists()


def test_only_clones_of_this_run_are_dropped() -> None:
    """Asked to drop a file of somebody else, a server refuses."""
    with SqliteServer({}) as server, pytest.raises(ValueError, match="not a clone of this run: precious"):
        server.drop(Address("sqlite", "/somewhere/precious"))


def test_clone_of_a_killed_run_is_removed_and_that_of_a_live_one_stays(start_run: Callable[[str], Run]) -> None:
    """The next opening removes what a killed run has left, and nothing of a run that is on."""
    live, dead = start_run("sqlite"), start_run("sqlite")
    dead.kill()
    assert Path(dead.clone.database).exists()
    SqliteServer({}).close()
    assert (False, True) == (Path(dead.clone.database).exists(), Path(live.clone.database).exists())


def test_settings_are_refused() -> None:
    """PostgreSQL's settings are none of SQLite's."""
    with pytest.raises(UsageError, match="--setting work_mem: SQLite takes no settings"):
        open_server("sqlite", say=ignore, settings={"work_mem": "1MB"})


def test_settings_are_those_of_a_new_connection() -> None:
    """What is recorded is what a connection to a clone says."""
    with SqliteServer({}) as server:
        clone = server.clone(server.template("rows", seed))
        with closing(sqlite3.connect(clone.database)) as connection:
            expected = {
                name: str(connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("journal_mode", "synchronous", "page_size", "cache_size", "foreign_keys", "encoding")
            }
        recorded = server.settings()
        assert expected == {name: recorded[name] for name in expected}


def test_templates_are_listed_and_removed() -> None:
    """A template stands in the list with its size, and is gone after its removal."""
    with SqliteServer({}) as server:
        name = server.template("listed", seed)
        listed = next(each for each in server.owned_databases() if each.name == name)
        assert ("template", 8192, False) == (listed.kind, listed.size, listed.in_use)
        server.remove(listed)
        with pytest.raises(DatabaseError, match="there is no SQLite template"):
            server.remove(listed)


def test_a_file_of_somebodys_is_no_template(cache: Path) -> None:
    """Where the cache directory was somebody's before, their files are neither listed nor removed."""
    with SqliteServer({}) as server:
        foreign = cache / "sqlite" / f"bench_precious-{server.version}.sqlite"
        with closing(sqlite3.connect(foreign)) as connection:
            connection.execute("CREATE TABLE precious (number INTEGER)")
        assert foreign.name not in {each.name for each in server.owned_databases()}
        with pytest.raises(DatabaseError, match="there is no SQLite template"):
            server.remove(OwnedDatabase(foreign.name, "template", 0, in_use=False))
        assert foreign.exists()
    foreign.unlink()
