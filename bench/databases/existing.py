"""Somebody's own database, read as it stands: nothing is made there, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace

from bench.databases.address import Address
from bench.databases.completing import completed
from bench.databases.connecting import NOT_READ_ONLY, connect, refusals
from bench.databases.postgres import PostgresServer
from bench.databases.url import parse_url
from bench.errors import DatabaseError, UsageError

SHARED_BY_ALL = "existing"
"""What stands in place of a template's name: there is one database, and everybody reads that."""


class ExistingDatabase(PostgresServer):
    """The database that a URL names. The server is told to begin every session read-only, the harness's own too; a
    strategy that asks to be let out is refused, and found out where it got out.

    Raises:
        DatabaseError: The server does not answer, does not let us in, or its sessions are not read-only.
        UsageError: Settings are asked for: they would be somebody's database's.
    """

    is_ours = False

    def __init__(self, url: str, settings: Mapping[str, str]) -> None:
        if settings:
            raise UsageError("--setting: with --existing the database is left as it is: leave one of them out")
        asked = parse_url(url)
        # Nothing is said on this connection: what it was told to begin with, ours are told beside being read-only.
        with closing(connect(asked, application_name="bench keeper")) as connection:
            address = replace(completed(asked, connection), is_read_only=True)
        super().__init__("url", "an existing database, named by --database, read as it stands", address, {})
        self._asked = replace(asked, is_read_only=True)
        with self._turn, refusals("say which database this is"):
            query = "SELECT current_database(), current_setting('transaction_read_only')"
            name, read_only = self._admin().execute(query).fetchall()[0]
        if read_only != "on":
            self.close()
            raise DatabaseError(f"--existing: {NOT_READ_ONLY}")
        self._database = str(name)

    def template(self, key: str, seed: Callable[[Address], None]) -> str:
        """The database itself: there is nothing to make."""
        return SHARED_BY_ALL

    def clone(self, template: str) -> Address:
        """The database itself."""
        return replace(self._address, database=self._database)

    def drop(self, database: Address) -> None:
        """Does nothing: it is not ours."""

    def _prepare(self) -> None:
        """Neither needs a right nor tidies up."""

    def _worked_in(self) -> list[str]:
        return [self._database]
