"""Somebody's own database, read as it stands: nothing is made there, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bench.databases.address import Address
from bench.databases.connecting import refusals
from bench.databases.postgres import PostgresServer
from bench.databases.url import parse_url
from bench.errors import UsageError

SHARED_BY_ALL = "existing"
"""What stands in place of a template's name: there is one database, and everybody reads that."""


class ExistingDatabase(PostgresServer):
    """The database that a URL names. Sessions are read-only, which the server itself enforces.

    Raises:
        DatabaseError: The server does not answer, or does not let us in.
        UsageError: Settings are asked for: they would be somebody's database's.
    """

    is_ours = False

    def __init__(self, url: str, settings: Mapping[str, str]) -> None:
        if settings:
            raise UsageError("--setting: with --existing the database is left as it is: leave one of them out")
        address = parse_url(url)
        super().__init__("url", "an existing database, named by --database, read as it stands", address, {})
        with self._turn, refusals("say which database this is"):
            name = str(self._admin().execute("SELECT current_database()").fetchall()[0][0])
        self._database = name

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
