"""The one interface behind which every database comes: a server that keeps seeded templates and clones them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from bench.databases.address import Address, Dialect
from bench.databases.owned import OwnedDatabase
from bench.errors import DatabaseError, UsageError

Say = Callable[[str], None]
"""Receives a line of progress on long work, such as an image that is pulled or a cluster that is made."""


def silent(_: str) -> None:
    """Takes a line of progress, and says nothing."""


class Server(ABC):
    """A database server for the length of a run. Use it as a context manager: leaving it drops this run's clones and
    lets go of the server, which ends when nobody else uses it.

    Attributes:
        kind: `docker`, `embedded`, `local`, `url` or `sqlite`.
        reason: Why this one was chosen, as a clause for the output; no host name or password.
        dialect: `postgresql` or `sqlite`.
        version: The server's version, such as `18.1`.
        is_ours: Whether its clones are databases of the harness's own; else everybody reads one that somebody has.
    """

    kind: str
    reason: str
    dialect: Dialect
    version: str
    is_ours: bool = True

    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """The settings that bear on a measurement, by name, as the server has them."""

    def extensions(self) -> frozenset[str]:
        """The names of the extensions that a database here can have; none, unless a kind of server has some."""
        return frozenset()

    @abstractmethod
    def template(self, key: str, seed: Callable[[Address], None]) -> str:
        """Name of the template that belongs to `key`; where there is none, one is made and `seed` fills it.

        A template is only taken for one when `seed` has returned; two runs that make the same one at once both succeed.
        """

    @abstractmethod
    def clone(self, template: str) -> Address:
        """A database of this run's own, with the rows of a template; dropped by `drop` or when the run ends."""

    @abstractmethod
    def drop(self, database: Address) -> None:
        """Drop a clone, whoever is connected to it."""

    @abstractmethod
    def terminate(self, application_name: str) -> None:
        """End what the connections whose name begins so are doing: a worker was killed and its query runs on."""

    @abstractmethod
    def owned_databases(self) -> list[OwnedDatabase]:
        """The databases on this server that are the harness's own, those of other runs too."""

    def has_other_runs(self) -> bool:
        """Whether another run works on this server, which may need any template for its next clone."""
        return False

    @abstractmethod
    def remove(self, database: OwnedDatabase) -> None:
        """Drop a database that `owned_databases` named; DatabaseError where it is in use, or gone."""

    def cpu_seconds(self) -> float | None:
        """Seconds of CPU that the server's processes have taken so far; None where there are none that this machine
        tells of.
        """
        return None

    def restart(self) -> None:
        """Stop the server and start it again.

        Raises:
            DatabaseError: This server cannot be restarted.
        """
        raise DatabaseError(f"there is no server to restart with {self.kind}")

    def times_ended(self) -> int:
        """How often the server, or the way to it, has ended by itself since it was opened; this looks whether it is
        there now.
        """
        return 0

    def revive(self) -> str:
        """Have the server back after it ended: started again where it is the harness's own, else waited for; what
        became of it, as the end of a sentence.

        Raises:
            DatabaseError: It does not come back.
        """
        raise DatabaseError(f"there is no server to start again with {self.kind}")

    def pin(self, core: int) -> None:
        """Confine the server's processes to one core, by its number, until the run ends.

        Raises:
            UsageError: This server cannot be pinned: only one of the harness's own can, on Linux.
        """
        raise UsageError(
            f"--pin: a server of the kind {self.kind} cannot be pinned to a core: use --database embedded, local or "
            "docker, on Linux with at least 2 cores"
        )

    @abstractmethod
    def close(self) -> None:
        """Drop this run's clones and let go of the server; safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
