"""Runs beside others: a second run, somebody's databases, other users of the machine, and what the environment says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.databases import locks, marker, postmaster, processes
from bench.databases.address import Address
from bench.databases.embedded import _binaries, open_embedded
from bench.databases.postgres import PostgresServer
from tests.cli.helpers import ROOT, Process, read, results, run
from tests.cli.helpers import processes as commands
from tests.databases.helpers import cache_apart, eventually, guardian_process, ignore
from tests.databases.somebodys import application, dumped
from tests.databases.test_url import url_of
from tests.databases.test_variables import ELSEWHERE
from tests.reliability.left import AT_THE_SECOND, EMBEDDED, HELD, directories, entries, home_of, server_process
from tests.reliability.observing import Observer

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")

STRANGER = 54321
"""The number of a user whom this machine does not know."""
CASES = ("--scenarios", str(ROOT / "tests" / "cases"))
FEW = ("small.reading", "planted.slower", "planted.writes:one_by_one", "conflicts.sign_up")


@pytest.fixture(scope="module")
def apart() -> Iterator[Path]:
    """A cache directory, and so a cluster, that nobody else uses."""
    with cache_apart() as cache:
        yield cache


@pytest.fixture
def server(apart: Path) -> Iterator[PostgresServer]:
    """The server of that cluster."""
    with open_embedded({}, say=ignore) as server:
        yield server


def runs_with_databases(server: PostgresServer) -> set[str]:
    """The runs that have databases of their own on a server."""
    names = [marker.Name.parse(database.name).run for database in server.owned_databases()]
    return {name for name in names if name is not None}


def test_two_runs_at_once_share_nothing_of_their_own(
    observed: Observer, server: PostgresServer, apart: Path, tmp_path: Path
) -> None:
    """In one folder and on one cluster each has databases, a directory and a result of its own."""
    (tmp_path / "hold").touch()
    with observed("two-runs") as seen:
        running = [Process(*HELD, cwd=tmp_path) for _ in range(2)]
        for one in running:
            one.wait_for(AT_THE_SECOND)
        assert 2 == len(runs_with_databases(server))
        assert 2 == len(set(directories(apart)))
        (tmp_path / "hold").unlink()
        ended = [one.end() for one in running]
        assert [0, 0] == [ran.code for ran in ended], [ran.err for ran in ended]
        written = results(tmp_path)
        assert [".json", ".json"] == [path.suffix for path in written]
        assert [2, 2] == [len(read(path)["scenarios"][0]["points"]) for path in written]
        assert set() == runs_with_databases(server)
        assert eventually(lambda: not entries(apart) and not commands(tmp_path))
        seen.says("two results, each of its own databases; nothing was left")


@pytest.fixture
def role(server: PostgresServer) -> Iterator[Address]:
    """The server as somebody's application uses it."""
    with application(server.maintenance) as role:
        yield role


def test_nothing_of_somebodys_server_changes(
    observed: Observer, server: PostgresServer, role: Address, tmp_path: Path
) -> None:
    """Counted, timed, killed, gone on with, listed and cleaned: by a dump of the whole server all is as it was."""
    (tmp_path / "hold").touch()
    url = ("--database", url_of(role))
    before = dumped(server.maintenance)
    with observed("foreign-databases") as seen:
        counted = run("count", *FEW, *CASES, *url, cwd=tmp_path)
        assert 0 == counted.code, counted.out + counted.err
        killed = Process("run", "small.held", "--set", "count=1,2", "--budget", "2s", *CASES, *url, cwd=tmp_path)
        killed.wait_for(AT_THE_SECOND)
        killed.process.kill()
        killed.end()
        timed = run("run", *FEW[:3], "--budget", "4s", "--rtt", "0,1", *CASES, *url, cwd=tmp_path)
        assert 0 == timed.code, timed.out + timed.err

        server._disconnect()  # it is a run's too, and might need any template
        listed = run("database", "list", *url, cwd=tmp_path)
        cleaned = run("database", "clean", "--yes", *url, cwd=tmp_path)
        assert (0, 0) == (listed.code, cleaned.code), listed.err + cleaned.err
        for said in (listed.out, cleaned.out):
            assert "bench_small_" in said
            assert "precious" not in said
            assert "0123456789ab" not in said
        assert before == dumped(server.maintenance)
        seen.says("the dumps before and after are equal to the byte, the role being an ordinary one with CREATEDB")


def test_a_server_of_our_own_is_reached_whatever_the_environment_says(
    observed: Observer, apart: Path, tmp_path: Path
) -> None:
    """Runs by both drivers, with round-trip time added, do not hear of variables that are meant for other servers."""
    with observed("libpq-variables") as seen:
        for driver in ("asyncpg", "psycopg"):
            words = ("run", "small.reading", "--driver", driver, "--rtt", "0,1", "--budget", "2s")
            ran = run(*words, *EMBEDDED, cwd=tmp_path, env=ELSEWHERE)
            assert 0 == ran.code, ran.out + ran.err
        seen.says(f"with {len(ELSEWHERE)} variables set, runs by asyncpg and psycopg ended well")


def as_stranger(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a command does as another user of this machine."""
    return subprocess.run(
        words,
        user=STRANGER,
        group=STRANGER,
        extra_groups=[],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def listening(process: int) -> list[str]:
    """The sockets of the network that a process listens on."""
    own = set()
    with suppress(OSError):  # it may end meanwhile
        for path in Path(f"/proc/{process}/fd").iterdir():
            own.add(str(path.readlink()))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own]


@as_root
def test_another_user_gets_nowhere(observed: Observer, apart: Path, tmp_path: Path) -> None:
    """Who knows the password comes to no socket, neither the server's nor the tap's; no file of either can be read."""
    (tmp_path / "hold").touch()
    running = Process(*HELD, cwd=tmp_path)
    running.wait_for(AT_THE_SECOND)
    home, (tap,) = home_of(apart), directories(apart)
    first, controller = server_process(home), running.process.pid
    everybody = [first, controller, guardian_process(home), *processes.children(controller), *processes.children(first)]
    with observed("another-user") as seen:
        password = (home / "cluster" / "password").read_text()
        psql = str(_binaries(ignore).directory / "psql")
        assert 0 == as_stranger(psql, "--version").returncode
        for place in (postmaster.socket_directory(home), tap):
            socket = min(place.glob(".s.PGSQL.*[0-9]"))
            at = ("-h", str(place), "-p", socket.name.rpartition(".")[2])
            refused = as_stranger(psql, "-w", *at, "-U", "bench", "postgres", PGPASSWORD=password)
            assert (2, True) == (refused.returncode, "Permission denied" in refused.stderr), refused.stderr
        assert [] == [found for process in everybody for found in listening(process)]

        ours = [path for place in (apart, tap) for path in place.rglob("*") if "binaries" not in path.parts]
        files = [str(path) for path in ours if path.is_file() and not path.is_symlink()]
        files += [f"/proc/{process}/environ" for process in everybody]
        reading = 'for file; do cat -- "$file" >/dev/null 2>&1 && echo "$file"; done; true'
        assert len(files) > 100
        assert [] == as_stranger("/bin/sh", "-c", reading, "sh", *files).stdout.splitlines()
        seen.says(f"psql: permission denied; none of {len(files) // 100 * 100} files could be read; no port was open")
    (tmp_path / "hold").unlink()
    assert 0 == running.end().code
    assert eventually(lambda: locks.is_free(home / postmaster.GUARDIAN_LOCK))
