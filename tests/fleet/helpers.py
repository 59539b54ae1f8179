"""What the tests of fleets share: runs of their cases, and a Dask scheduler with workers in processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.databases.postgres import PostgresServer
from bench.measurement import LoadResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from tests.measuring.helpers import CASES, Listener, Measured

HERE = "127.0.0.1"


def measure(*selectors: str, **given: Any) -> Measured:
    """The results of a run of the cases that are selected."""
    options = Options(selectors=selectors, scenarios=[str(CASES)], **given)
    listener = Listener()
    with Run(options, listener) as run:
        return Measured(listener, [(scenario.name, result) for scenario, result in run.measure(run.plan())])


def load_of(measured: Measured, scenario: str, strategy: str) -> LoadResult:
    """What was seen of a strategy's loads."""
    load = measured.strategy(scenario, strategy).load
    assert load is not None
    return load


def url_of(server: PostgresServer) -> str:
    """The URL of a server, with its password."""
    address = server.maintenance
    secret, host = quote(str(address.password), safe=""), quote(str(address.host), safe="")
    return f"postgresql://{address.user}:{secret}@/{address.database}?host={host}&port={address.port}"


def free_port() -> int:
    """A port at which nothing answers."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def scheduler(folder: Path, workers: int, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a scheduler with so many workers, each in a process of its own with that environment."""
    address = f"tcp://{HERE}:{free_port()}"
    running = [_start(folder, "scheduler", "--host", HERE, "--port", address.rpartition(":")[2])]
    try:
        _wait_for(running[0], "Scheduler at:")
        running += [
            _start(folder, "worker", address, "--nthreads", "1", "--no-nanny", env=environment) for _ in range(workers)
        ]
        for one in running[1:]:
            _wait_for(one, "Registered to:")
        yield address
    finally:
        for one in reversed(running):
            one.kill()
            one.communicate()


def _start(folder: Path, what: str, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    own = ("--dashboard-address", f"{HERE}:0", "--no-dashboard")
    place = ("--local-directory", str(folder), "--host", HERE) if what == "worker" else ()
    clean = {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, *own, *place],
        cwd=folder,
        env={**clean, "DASK_LOGGING__DISTRIBUTED": "info", **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"it ended before it said {text!r}")
