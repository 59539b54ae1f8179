"""What is left of runs whose processes are killed, and what the next start makes of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bench.databases import bouncer_files, guardian, locks, marker, owned, postmaster, processes
from bench.databases.bouncer import find_program, missing, open_bouncer
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.opening import open_server
from bench.databases.url import open_url
from tests.cli.helpers import Process, results, run
from tests.cli.helpers import processes as commands
from tests.cli.shop import Shop
from tests.databases.helpers import (
    ROOT,
    Run,
    cache_apart,
    databases,
    eventually,
    guardian_process,
    ignore,
    is_alive,
    processes_that_name,
    rows,
    run_statement,
)
from tests.databases.test_url import url_of
from tests.reliability.left import (
    AT_THE_SECOND,
    HELD,
    SHORT,
    directories,
    entries,
    home_of,
    is_over,
    server_process,
)
from tests.reliability.observing import Observer

DROPPED = re.compile(r"^dropped (a database|\d databases) that runs that were killed had left$", re.MULTILINE)
RECOVERS = "PostgreSQL did not end in good order the last time, and recovers first"


@pytest.fixture(scope="module")
def apart() -> Iterator[Path]:
    """A cache directory, and so a cluster, that nobody else uses."""
    with cache_apart() as cache:
        yield cache


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory in which the second point of a run comes to no end."""
    (tmp_path / "hold").touch()
    return tmp_path


def assert_next_run_leaves_nothing(apart: Path, folder: Path) -> str:
    """What the next run says; it ends well, and neither processes nor directories nor clones are left."""
    (folder / "hold").unlink()
    ran = run(*SHORT, cwd=folder)
    assert 0 == ran.code, ran.err
    assert eventually(lambda: not commands(folder, apart) and not entries(apart))
    with open_embedded({}, say=ignore) as server:
        assert {"template"} == {database.kind for database in server.owned_databases()}
    return ran.err


def test_a_killed_controller_leaves_only_databases(observed: Observer, apart: Path, folder: Path) -> None:
    """Processes and directories go by themselves; the databases go at the next start, which says so."""
    running = Process(*HELD, cwd=folder)
    running.wait_for(AT_THE_SECOND)
    (tap,) = directories(apart)
    with observed("controller-killed") as seen:
        running.process.kill()
        running.end()
        assert eventually(lambda: not commands(folder, apart) and not tap.exists() and not entries(apart))
        (journal,) = results(folder)
        assert ".journal" == journal.suffix
        said = assert_next_run_leaves_nothing(apart, folder)
        assert DROPPED.search(said)
        assert RECOVERS not in said
        seen.says("no process and no directory was left; the next start: “dropped … databases that runs … had left”")


def test_what_is_left_where_all_were_killed_goes_at_the_next_start(
    observed: Observer, apart: Path, folder: Path
) -> None:
    """Nobody is left to clear up: the next run does, says so, and ends well."""
    running = Process(*HELD, cwd=folder)
    running.wait_for(AT_THE_SECOND)
    home = home_of(apart)
    left = [*directories(apart), postmaster.socket_directory(home)]
    others = [guardian_process(home), server_process(home), *processes.children(running.process.pid)]
    with observed("all-killed") as seen:
        running.process.send_signal(signal.SIGSTOP)  # so that it makes up for none of them
        for process in others:
            os.kill(process, signal.SIGKILL)
        running.process.kill()
        running.end()
        assert eventually(lambda: is_over(home))
        assert 2 == len([path for path in left if path.exists()])
        said = assert_next_run_leaves_nothing(apart, folder)
        assert "removed what runs that were killed had left: 2 temporary directories\n" in said
        assert RECOVERS in said
        assert DROPPED.search(said)
        assert [] == [path for path in left if path.exists()]
        seen.says("the next start: “removed … 2 temporary directories”, “recovers first”, “dropped … databases”")


def test_a_server_that_nobody_uses_and_nobody_watches_is_stopped(observed: Observer, apart: Path) -> None:
    """The next start of a run on any database stops it, and says so."""
    left = Run("embedded")
    home = home_of(apart)
    first = server_process(home)
    said: list[str] = []
    with observed("guardian-killed") as seen:
        os.kill(guardian_process(home), signal.SIGKILL)
        left.kill()
        assert eventually(lambda: locks.is_free(home / postmaster.GUARDIAN_LOCK))
        assert is_alive(first)
        open_server("sqlite", say=said.append).close()
        assert ["removed what runs that were killed had left: 1 server"] == said
        assert not is_alive(first)
        assert not (home / "socket-directory").exists()
        seen.says("the next start, on SQLite: “removed … 1 server”")


def test_a_server_that_is_used_is_let_be(apart: Path) -> None:
    """A start beside a run whose guardian was killed stops nothing, and says nothing."""
    used = Run("embedded")
    home = home_of(apart)
    said: list[str] = []
    os.kill(guardian_process(home), signal.SIGKILL)
    assert eventually(lambda: locks.is_free(home / postmaster.GUARDIAN_LOCK))
    open_server("sqlite", say=said.append).close()
    assert [] == said
    assert [(1,)] == rows(used.clone, "SELECT 1")
    used.end()
    assert is_over(home)


def test_a_query_that_outlives_its_server_is_ended(observed: Observer, apart: Path) -> None:
    """A process of the server that does not notice the end of the first one keeps nobody from starting it anew."""
    used = Run("embedded")
    home = home_of(apart)
    said: list[str] = []
    with closing(connect(used.clone, application_name="endless")) as connection:
        backend = connection.info.backend_pid
        connection.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        running = f"SELECT 1 FROM pg_stat_activity WHERE pid = {backend} AND state = 'active'"
        assert eventually(lambda: [(1,)] == rows(used.clone, running))
        with observed("server-killed-in-a-query") as seen:
            os.kill(server_process(home), signal.SIGKILL)
            assert is_alive(backend)
            with open_embedded({}, say=said.append) as server:
                assert "bench_a_run" in databases(server)
                assert not is_alive(backend)
            assert RECOVERS in said
            seen.says("the query was ended, and the server started anew with its templates")
    used.kill()
    assert eventually(lambda: is_over(home))


@pytest.mark.pgbouncer
def test_pgbouncer_ends_with_its_guardian(observed: Observer, apart: Path) -> None:
    """However the guardian ends; the directory goes when the run lets go of it."""
    if find_program() is None:
        pytest.skip(missing("pgbouncer"))
    with open_embedded({}, say=ignore) as server:
        bouncer = open_bouncer(server)
        directory = bouncer._directory
        (program,) = processes_that_name(directory / bouncer_files.SETTINGS)
        with observed("bouncer-guardian-killed") as seen:
            bouncer._guardian.kill()
            assert eventually(lambda: not is_alive(program) and not bouncer.runs)
            bouncer.close()
            assert not directory.exists()
            assert [] == entries(apart)
            seen.says("PgBouncer ended at once; nothing was left")


def test_a_killed_comparison_leaves_no_worktree_to_the_next(observed: Observer, apart: Path, tmp_path: Path) -> None:
    """Where what keeps the worktree was killed too, the next comparison has git remove it, and says so."""
    shop = Shop(tmp_path)
    here = {"PYTHONPATH": os.pathsep.join([shop.environment["PYTHONPATH"], str(ROOT)])}
    comparing = Process("check", "--budget", "10m", "--against", "HEAD", cwd=shop.folder, env=here)
    assert eventually(lambda: 2 == len(shop.git("worktree", "list").splitlines()))
    (_, tree) = (line.split()[0] for line in shop.git("worktree", "list").splitlines())
    folder = Path(tree).parent
    with observed("comparison-killed") as seen:
        comparing.process.send_signal(signal.SIGSTOP)
        for process in processes_that_name(folder):
            os.kill(process, signal.SIGKILL)
        comparing.process.kill()
        comparing.end()
        assert folder.exists()
        ran = run("check", "--no-timings", "--against", "HEAD", cwd=shop.folder, env=here)
        assert 0 == ran.code, ran.err
        assert "removed a worktree that a comparison that was killed had left\n" in ran.err
        assert 1 == len(shop.git("worktree", "list").splitlines())
        assert not folder.exists()
        assert eventually(lambda: not entries(apart))
        seen.says("the next comparison: “removed a worktree that a comparison that was killed had left”")


def test_a_database_that_was_made_and_not_marked_is_dropped(observed: Observer, apart: Path) -> None:
    """Only that one: others of such a name stay, empty ones, and those that even have its mark but hold something."""
    bare, full = "bench_making_0123456789ab_1", "bench_making_0123456789ab_2"
    said: list[str] = []
    with open_embedded({}, say=ignore) as server:
        admin, url = server._address, url_of(server._address)
        run_statement(admin, f"CREATE DATABASE {bare}")
        run_statement(admin, f"CREATE DATABASE {full} CONNECTION LIMIT {marker.limit(full)}")
        run_statement(replace(admin, database=full), "CREATE TABLE precious AS SELECT 1 AS one")
        with observed("killed-before-the-marker") as seen:
            program = [sys.executable, Path(__file__).with_name("cut_off.py"), url]
            done = subprocess.run(program, env=guardian.environment(), check=False)
            assert -signal.SIGKILL == done.returncode
            assert 3 == len([name for name in databases(server) if name.startswith("bench_making_")])
            others = (
                f"SELECT 1 FROM pg_stat_activity WHERE application_name LIKE '{owned.RUN_NAME}%' "
                f"AND application_name <> '{owned.RUN_NAME}{server.run}'"
            )
            assert eventually(lambda: not rows(admin, others))
            open_url(url, {}, say=said.append).close()
            assert ["dropped a database that runs that were killed had left"] == said
            assert {bare, full} == {name for name in databases(server) if name.startswith("bench_making_")}
            seen.says("the next start: “dropped a database that runs that were killed had left”; others stayed")
        for name in (bare, full):
            run_statement(admin, f"DROP DATABASE {name}")
