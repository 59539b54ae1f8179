"""Looks for what disturbs while something is measured, at its beginning and then between the samples."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from bench.counters.clients import OtherClients, other_clients
from bench.databases import processes
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.errors import DatabaseError
from bench.measuring import machine
from bench.measuring.disturbances import clients, counted
from bench.measuring.disturbances.counted import Reading
from bench.measuring.disturbances.findings import Findings, Look
from bench.measuring.disturbances.power import power
from bench.measuring.disturbances.processor import clock, governor, turbo


class Lookout:
    """To be made before anything is made ready for the measurement: that, too, is load.

    Args:
        root: Where the system's files are.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._load = machine.load_per_core()
        self._server: Server | None = None
        self._first: Reading | None = None
        self._last: Reading | None = None
        self._clients: list[OtherClients] = []
        self._settings: dict[str, Look] = {}

    def begin(self, server: Server) -> None:
        """Look for the first time: what is measured on that server is about to begin."""
        self._server = server
        self._first = self._look(server)

    def look(self) -> None:
        """Look again, between two samples or after the last one."""
        if self._server is not None:
            self._last = self._look(self._server)

    def findings(self) -> Findings | None:
        """What disturbed between the first look and the last; None where there are no two."""
        if self._server is None or self._first is None or self._last is None:
            return None
        of_server = clients.looks(self._clients) if isinstance(self._server, PostgresServer) else []
        return Findings([*counted.looks(self._first, self._last, self._load), *of_server, *self._settings.values()])

    def _look(self, server: Server) -> Reading:
        if isinstance(server, PostgresServer):
            since = self._clients[0].at if self._clients else None
            with suppress(DatabaseError):  # a look that failed says nothing, and ends no measurement
                self._clients.append(other_clients(server.maintenance, server.run, since))
        for look in (power(self._root), governor(self._root), turbo(self._root), clock(self._root)):
            found_before = look.what in self._settings and self._settings[look.what].found is not None
            if not found_before:
                self._settings[look.what] = look
        return counted.read(self._root, _cpu_seconds(server))


def _cpu_seconds(server: Server) -> float | None:
    """CPU seconds of this process, all that it has started and the server; None where the server's are not told: one by
    URL may run on this machine, in a container beside us even, and its time would count as others'.
    """
    own = processes.cpu_seconds(os.getpid())
    if own is None or not isinstance(server, PostgresServer):
        return own
    of_server = server.cpu_seconds()
    return own + of_server if of_server is not None else None
