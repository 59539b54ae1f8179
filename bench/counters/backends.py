"""Looks again and again at how many backends a server has for somebody, while a load runs."""

from __future__ import annotations

from datetime import datetime
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bench.counters.server_statistics import MARK
from bench.databases.address import Address
from bench.databases.connecting import connect, refusals
from bench.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg import Connection

EVERY_S = 0.01
"""Seconds between two looks."""
_NOW = f"SELECT clock_timestamp() AS {MARK}"
# Of the same name are idle connections of others too: of those that were there before, the ones that do something.
_HOW_MANY = f"""
    SELECT count(*) AS {MARK} FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND greatest(backend_start, query_start) >= %s
"""


class Backends:
    """Counts the backends in a database that serve connections of a name while its context is open: those that were
    started meanwhile, or were sent something.

    Args:
        database: Which one; a connection of its own is opened to it.
        application_name: What the connections call themselves.

    Attributes:
        most: How many there were at once at most, as far as looks every ten milliseconds see.

    Raises:
        DatabaseError: On entering or leaving: the server does not answer.
    """

    def __init__(self, database: Address, application_name: str) -> None:
        self.most = 0
        self._name = application_name
        self._connection: Connection[Any] = connect(database, application_name="bench witness")
        self._began: datetime | None = None
        self._done = Event()
        self._failure: DatabaseError | None = None
        self._thread = Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        try:
            with refusals("tell its time"):
                ((self._began,),) = self._connection.execute(_NOW).fetchall()
        except DatabaseError:
            self._connection.close()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._connection.close()
        if self._failure is not None and error is None:
            raise self._failure

    def _look(self) -> None:
        try:
            was_last = False
            with refusals("tell its backends"):
                while True:
                    (row,) = self._connection.execute(_HOW_MANY, (self._name, self._began)).fetchall()
                    self.most = max(self.most, int(row[0]))
                    if was_last:
                        return
                    was_last = self._done.wait(EVERY_S)
        except DatabaseError as failure:
            self._failure = failure
