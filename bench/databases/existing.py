"""Somebody's own database, read as it stands: nothing is made there, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bench.databases.address import Address
from bench.databases.connecting import NOT_READ_ONLY, refusals
from bench.databases.postgres import PostgresServer
from bench.databases.url import parse_url
from bench.errors import DatabaseError, UsageError

SHARED_BY_ALL = "existing"
"""What stands in place of a template's name: there is one database, and everybody reads that."""


class ExistingDatabase(PostgresServer):
    """The database that a URL names. Sessions begin read-only, the harness's own too; what a role may do beside, a
    strategy that speaks to the driver itself can still ask for.

    Raises:
        DatabaseError: The server does not answer, does not let us in, or its sessions are not read-only.
        UsageError: Settings are asked for: they would be somebody's database's.
    """

    is_ours = False

    def __init__(self, url: str, settings: Mapping[str, str]) -> None:
        if settings:
            raise UsageError("--setting: with --existing the database is left as it is: leave one of them out")
        address = replace(parse_url(url), is_read_only=True)
        super().__init__("url", "an existing database, named by --database, read as it stands", address, {})
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
