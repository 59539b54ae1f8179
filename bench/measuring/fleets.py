"""The fleet that a run asks for: processes here, or the workers of a Dask scheduler, once they are found good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.errors import UsageError
from bench.fleet.cluster import Fleet
from bench.measuring.options import Options

_SCHEDULER = re.compile(r"tcp://(\[[^\]\s]+\]|[^\s:/]+):\d+")


def refuse_contradictions(options: Options) -> None:
    """Refuse what cannot be with several processes, before anything is opened.

    Raises:
        UsageError: With what to leave out.
    """
    if options.workers is not None:
        if options.processes > 1:
            raise UsageError("--processes and --workers: processes here or workers elsewhere, give one of them")
        if not _SCHEDULER.fullmatch(options.workers):
            raise UsageError("--workers: write the scheduler as tcp://HOST:PORT")
        if "://" not in options.database:
            raise UsageError(
                "--workers: they reach no server that a run starts for itself: name one of yours by --database URL"
            )
        if options.adds_time:
            raise UsageError(
                "--rtt: the relay that adds time listens on this machine alone: leave --rtt out, or --workers"
            )
    if options.pin and (options.processes > 1 or options.workers is not None):
        raise UsageError("--pin gives one process a core, and loads of several have none: leave out --pin")


def fleet_of_processes(options: Options, server: Server, hash_seed: int) -> Fleet:
    """The processes of `--processes`.

    Raises:
        BenchError: They could not be started.
    """
    address = server.maintenance if isinstance(server, PostgresServer) else Address("sqlite", "")
    return Fleet.of_processes(options.processes, address, loop=options.loop, hash_seed=hash_seed)


def fleet_of_workers(options: Options, server: Server, surroundings: Mapping[str, Any]) -> Fleet:
    """The workers of the scheduler that `--workers` names.

    Raises:
        UsageError: It does not answer, or its workers run other versions or cannot log in to the database.
    """
    fleet = Fleet.of_scheduler(str(options.workers), loop=options.loop)
    try:
        names = ["querybench", "sqlalchemy", options.driver, *(["uvloop"] if options.loop == "uvloop" else [])]
        fleet.require_alike(surroundings, names)
        if isinstance(server, PostgresServer):
            fleet.require_login(server.asked)
    except BaseException:
        fleet.close()
        raise
    return fleet
