"""What the server and the machine do while a strategy drives a load."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.counters.backends import Backends
from bench.databases.address import Address
from bench.measuring import machine


@dataclass(frozen=True)
class Activity:
    """Backends that the server had for it at once at most; and how many of the machine's cores were busy, everything
    that ran on it included, as a share of all; None where the system does not tell.
    """

    backends: int
    machine_cpu: float | None


def activity_during(
    action: Callable[[], object], database: Address, application_name: str, *, of_machine: bool
) -> Activity:
    """What goes on while something is done.

    Args:
        action: Has the worker make a call.
        database: Where its rows are, straight.
        application_name: The name of the worker's connections.
        of_machine: Whether the server may use all of this machine.

    Raises:
        DatabaseError: The server does not answer.
        Exception: Whatever the action raises.
    """
    with Backends(database, application_name) as backends:
        busy_before, began = machine.busy_seconds(), time.monotonic()
        action()
        busy, taken = machine.busy_seconds(), time.monotonic() - began
    if busy is None or busy_before is None or not of_machine:
        return Activity(backends.most, None)
    return Activity(backends.most, (busy - busy_before) / taken / machine.all_cores())
