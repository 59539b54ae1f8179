"""What the server and the machine do while a strategy drives a load."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.counters.backends import Backends
from bench.databases.address import Address
from bench.databases.server import Server
from bench.measuring import machine

LONG_ENOUGH_S = 0.2
"""Seconds that are looked at: the system counts a core's time in hundredths."""
TOO_SHORT_S = LONG_ENOUGH_S / 2
"""Seconds below which what it counts says too little."""


@dataclass(frozen=True)
class Activity:
    """Backends that the server had for it at once at most; how many of the machine's cores were busy, everything that
    ran on it included, as a share of all; how many cores the server's processes took; and how many there are. None
    where that is not told, or what was looked at was too short.
    """

    backends: int
    machine_cpu: float | None = None
    server_cpu: float | None = None
    cores: int | None = None


def activity_during(
    action: Callable[[], object],
    database: Address,
    application_name: str,
    server: Server,
    *,
    of_machine: bool,
    again: bool,
) -> Activity:
    """What goes on while something is done.

    Args:
        action: Has a call made.
        database: Where its rows are, straight.
        application_name: The name of the worker's connections.
        server: Whose database it is.
        of_machine: Whether the server may use all of this machine.
        again: Whether it may be done again, until that was long enough to be looked at.

    Raises:
        DatabaseError: The server does not answer.
        Exception: Whatever the action raises.
    """
    with Backends(database, application_name) as backends:
        server_before, busy_before, began = server.cpu_seconds(), machine.busy_seconds(), time.monotonic()
        action()
        while again and time.monotonic() - began < LONG_ENOUGH_S:
            action()
        taken, busy, server_after = time.monotonic() - began, machine.busy_seconds(), server.cpu_seconds()
    if busy is None or busy_before is None or not of_machine or taken < TOO_SHORT_S:
        return Activity(backends.most)
    server_cpu = None if server_after is None or server_before is None else (server_after - server_before) / taken
    cores = machine.all_cores()
    return Activity(backends.most, (busy - busy_before) / taken / cores, server_cpu, cores)
