"""The databases that strategies work in: clones with the rows of a dataset, and what the server counts in each."""

from __future__ import annotations

from collections.abc import Callable

from bench.counters.server_statistics import ServerStatistics
from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.description import ScenarioDescription

BESIDE = "(memory)"
"""The owner of the clones in which memory is measured; no strategy has such a name."""


class Clones:
    """Made when they are asked for, and kept for the points that follow.

    Args:
        server: Where they are.
        template: Makes the dataset of a scenario where it is not there yet; the name of its template.
        shares_server: The attribute's first value.

    Attributes:
        shares_server: Whether none is dropped before the end, since others measure on that server: to drop one is a
            checkpoint, after which what they write logs whole pages, and counts as theirs.
    """

    def __init__(
        self, server: Callable[[], Server], template: Callable[[ScenarioDescription], str], *, shares_server: bool
    ) -> None:
        self._server = server
        self._template = template
        self.shares_server = shares_server
        self._statistics: dict[str, ServerStatistics] = {}
        self._clones: dict[tuple[str, str], Address] = {}
        self._free: dict[str, list[Address]] = {}

    def of(self, scenario: ScenarioDescription, owner: str = "") -> Address:
        """A database with the scenario's dataset; readers share one (`owner` is empty), a writer has its own."""
        key = (scenario.dataset, owner)
        if key not in self._clones:
            free = self._free.get(scenario.dataset)
            self._clones[key] = free.pop() if free and owner else self._server().clone(self._template(scenario))
        return self._clones[key]

    def release(self, scenario: ScenarioDescription) -> None:
        """A point is over: take back the clones of writers, whose tables were put back, for those of the next point
        (making one, and dropping it at the end, takes longer than most of what is done in it), and have the server
        forget what was sent there.
        """
        used = {key: address for key, address in self._clones.items() if key[0] == scenario.dataset}
        names = [address.database for address in used.values()]
        watching = [self._statistics[name] for name in names if name in self._statistics]
        for one in watching if self._server().is_ours else ():
            one.forget(names)
        for dataset, owner in used:
            if owner not in ("", BESIDE):
                self._free.setdefault(dataset, []).append(self._clones.pop((dataset, owner)))

    def beside(self, scenario: ScenarioDescription) -> Address:
        """Another database with the scenario's dataset, for the worker that measures memory, writers too."""
        return self.of(scenario, BESIDE)

    def drop(self, scenario: ScenarioDescription, owner: str) -> None:
        """Drop a writer's clone, where there is one; where lanes share the server, that waits for the end."""
        address = self._clones.pop((scenario.dataset, owner), None)
        if address is not None:
            if address.database in self._statistics:
                self._statistics.pop(address.database).close()
            self._drop(address)

    def statistics(self, database: Address) -> ServerStatistics | None:
        """What the server counts in a clone, from a connection that stays open; None where there is no server.

        Raises:
            DatabaseError: The server does not answer.
        """
        if not isinstance(self._server(), PostgresServer):
            return None
        if database.database not in self._statistics:
            self._statistics[database.database] = ServerStatistics(database)
        return self._statistics[database.database]

    def forget_statistics(self) -> None:
        """Let go of the connections over which the server tells what it counts: it has restarted, or will."""
        while self._statistics:
            self._statistics.popitem()[1].close()

    def drop_beside(self) -> None:
        """Drop the clones in which memory is measured: a worker that was lost has left its changes there."""
        for dataset, owner in [key for key in self._clones if key[1] == BESIDE]:
            self._drop(self._clones.pop((dataset, owner)))

    def _drop(self, address: Address) -> None:
        if not self.shares_server:
            self._server().drop(address)
