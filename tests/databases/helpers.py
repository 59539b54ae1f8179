"""What several tests of databases do: another run, a look into a database, waiting for the end of a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.databases import guardian
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """A run in a process of its own, with a clone."""

    def __init__(self, *spec: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("a_run.py"), *spec],
            env=guardian.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the run ended before it had a clone"
        self.clone = Address.from_message(json.loads(line)["clone"])

    def end(self) -> None:
        """Let it close its server, and wait until it has ended."""
        self.process.communicate("\n")
        assert 0 == self.process.returncode

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def cache_apart() -> Iterator[Path]:
    """Another cache directory meanwhile, whose server nobody else uses, so that it can be restarted."""
    directory = Path(tempfile.mkdtemp(prefix="bench-apart-"))
    if os.geteuid() == 0:
        directory.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(directory))
        yield directory
    shutil.rmtree(directory)


def ignore(_: str) -> None:
    """Takes a line of progress."""


def seed_three(address: Address) -> None:
    """Seeds a table of three rows."""
    with connect(address, application_name="seed") as connection:
        connection.execute("CREATE TABLE numbers AS SELECT generate_series(1, 3) AS n")


def rows(address: Address, statement: str) -> list[tuple[Any, ...]]:
    """What a statement gives in a database."""
    with connect(address, application_name="test") as connection:
        return connection.execute(statement).fetchall()


def run_statement(address: Address, statement: str) -> None:
    """Runs a statement that gives no rows."""
    with connect(address, application_name="test") as connection:
        connection.execute(statement)


def databases(server: PostgresServer) -> set[str]:
    """The names of the databases on a server, the harness's own and others, PostgreSQL's apart."""
    names = rows(server._address, "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")
    return {name for (name,) in names}


def processes_that_name(place: Path | str) -> set[int]:
    """The numbers of the processes in whose command line a place stands."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return {int(line.split()[0]) for line in listed.splitlines() if str(place) in line}


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip() not in ("", "Z", "Zs", "Z+", "Zs+")


def guardian_process(place: Path) -> int:
    """The process number of the guardian of a cluster, or of a run in a directory."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        guarded = [Path(os.fsdecode(word)) for word in words if word.startswith(b"/")]
        if (
            b"bench.databases.guardian" in words
            and b"-c" not in words
            and any(place in (path, path.parent) for path in guarded)
        ):
            return int(directory.name)
    raise AssertionError("no guardian is there")


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes to hold within a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
