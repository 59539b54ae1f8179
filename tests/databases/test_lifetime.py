"""How long a cluster's server lives: as long as it has a user, however its users end."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest  # noqa: TC002 - fixtures are asked for by it at run time

from bench.databases import locks, postmaster
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.databases.run_databases import mark
from tests.databases.helpers import Run, databases, eventually, guardian_process, ignore, is_alive, rows, seed_three

StartRun = Callable[[str], Run]


def server_process(home: Path) -> int:
    """The process number of the server that runs."""
    return int((postmaster.data_directory(home) / "postmaster.pid").read_text().splitlines()[0])


def is_over(home: Path) -> bool:
    """Whether neither a process of the server nor a guardian is there."""
    return locks.is_free(home / postmaster.SERVER_LOCK) and locks.is_free(home / postmaster.GUARDIAN_LOCK)


def test_server_is_gone_when_its_only_user_has_closed(home: Path) -> None:
    """Closing returns when the server has stopped: its processes, its socket and its guardian are gone."""
    with open_embedded({}, say=ignore) as server:
        pid, directory = server_process(home), postmaster.socket_directory(home)
        assert directory == Path(str(server._address.host))
    assert not is_alive(pid)
    assert not directory.exists()
    assert is_over(home)


def test_server_outlives_the_first_of_two_users(home: Path, start_run: StartRun) -> None:
    """The server that one run has started is there for another until that one ends too."""
    first, second = start_run("embedded"), start_run("embedded")
    pid = server_process(home)
    first.end()
    assert is_alive(pid)
    assert [(1,)] == rows(second.clone, "SELECT 1")
    second.end()
    assert not is_alive(pid)
    assert is_over(home)


def test_server_is_gone_after_its_only_user_was_killed(home: Path, start_run: StartRun) -> None:
    """SIGKILL leaves a run no time for anything, and the server stops all the same, in good order."""
    run = start_run("embedded")
    pid = server_process(home)
    run.kill()
    assert eventually(lambda: not is_alive(pid) and is_over(home))
    assert not (postmaster.data_directory(home) / "postmaster.pid").exists()


def test_clone_of_a_killed_run_is_dropped_and_that_of_a_live_one_stays(home: Path, start_run: StartRun) -> None:
    """The next opening drops what a killed run has left, and nothing of a run that is on."""
    live, dead = start_run("embedded"), start_run("embedded")
    dead.kill()
    with open_embedded({}, say=ignore) as server:
        assert eventually(lambda: not has_sessions(server, dead))
        open_embedded({}, say=ignore).close()
        assert {live.clone.database} == {name for name in databases(server) if name.startswith("bench_clone_")}
    live.end()


def has_sessions(server: PostgresServer, run: Run) -> bool:
    """Whether the server still has a session that is connected to a run's clone, or the run's own."""
    owner = run.clone.database.split("_")[2]
    found = rows(
        server._address,
        "SELECT 1 FROM pg_stat_activity "
        f"WHERE datname = '{run.clone.database}' OR application_name = 'bench run {owner}'",
    )
    return bool(found)


def test_template_that_a_killed_run_was_making_is_dropped(home: Path) -> None:
    """A template whose run has ended before it was whole is gone after the next opening."""
    name = "bench_making_0123456789ab_1"
    with open_embedded({}, say=ignore) as server:
        server._databases.create(name, "template0", "making")
        mark(replace(server._address, database=name), "half")
        open_embedded({}, say=ignore).close()
        assert name not in databases(server)


def test_server_whose_guardian_was_killed_gets_a_new_one(home: Path, start_run: StartRun) -> None:
    """A server without a guardian is taken over by the next user, and stops with the last."""
    first = start_run("embedded")
    pid, guardian = server_process(home), guardian_process(home)
    os.kill(guardian, signal.SIGKILL)
    assert eventually(lambda: locks.is_free(home / postmaster.GUARDIAN_LOCK))
    second = start_run("embedded")
    assert pid == server_process(home)
    assert guardian != guardian_process(home)
    first.kill()
    second.kill()
    assert eventually(lambda: not is_alive(pid) and is_over(home))


def test_last_user_stops_a_server_without_guardian(home: Path, start_run: StartRun) -> None:
    """A run that ends in good order stops the server even where the guardian is gone."""
    run = start_run("embedded")
    pid = server_process(home)
    os.kill(guardian_process(home), signal.SIGKILL)
    run.end()
    assert not is_alive(pid)


def test_server_that_was_killed_is_started_anew(home: Path, start_run: StartRun) -> None:
    """After the server itself was killed the next opening starts it, with its templates."""
    with open_embedded({}, say=ignore) as server:
        server.template("survivor", seed_three)
    run = start_run("embedded")
    pid = server_process(home)
    os.kill(pid, signal.SIGKILL)
    with open_embedded({}, say=ignore) as server:
        assert pid != server_process(home)
        assert [(3,)] == rows(server.clone("bench_survivor"), "SELECT count(*) FROM numbers")
    run.kill()
    assert eventually(lambda: is_over(home))


def test_process_number_of_somebody_else_is_let_be(home: Path) -> None:
    """A file that a crash left, naming a process of somebody else, keeps no server from starting and harms nobody."""
    stale = postmaster.data_directory(home) / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n0\n5432\n{home}\n\n\nready   \n")
    with open_embedded({}, say=ignore) as server:
        assert [(1,)] == rows(server._address, "SELECT 1")
    assert is_over(home)


def test_cluster_that_was_not_finished_is_made_anew(home: Path) -> None:
    """What an initdb that was killed left is cleared away; a cluster is whole or not there."""
    making = home / "making" / "data"
    making.mkdir(parents=True)
    (making / "PG_VERSION").write_text("18\n")
    shutil.rmtree(home / "cluster")
    with open_embedded({}, say=ignore) as server:
        assert [(1,)] == rows(server._address, "SELECT 1")
    assert not (home / "making").exists()


def test_socket_lies_elsewhere_where_the_cache_has_a_long_path(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is too long for a socket is no error: the socket has a private directory elsewhere."""
    deep = cache / ("d" * 90)
    deep.mkdir(mode=0o711)
    monkeypatch.setenv("BENCH_CACHE", str(deep))
    with open_embedded({}, say=ignore) as server:
        directory = Path(str(server._address.host))
        assert 100 > len(str(directory / ".s.PGSQL.5432"))
        assert 0o700 == stat.S_IMODE(directory.stat().st_mode)
    assert not directory.exists()
