"""Makes the databases of a run: templates with a dataset's rows, published when they are whole, and clones of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.databases import marker, owned, tuning
from bench.databases.address import Address
from bench.databases.connecting import connect, refusals
from bench.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg import Connection

_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


class RunDatabases:
    """What a run makes on a server, by names of its own.

    Args:
        admin: The run's own connection, which one thread at a time uses.
        run: The run's name.
    """

    def __init__(self, admin: Callable[[], Connection[Any]], run: str) -> None:
        self._admin = admin
        self._run = run
        self._made = 0

    def make_template(self, name: str, key: str, seed: Callable[[Address], None], beside: Address) -> None:
        """Make a template under a name of this run's own, so that what is seen under its own name is whole.

        Args:
            name: Its name.
            key: What it belongs to; it stands in its marker.
            seed: Fills it.
            beside: A database of the same server.

        Raises:
            DatabaseError: The server refused.
        """
        making = self.new_name("making")
        address = replace(beside, database=making)
        try:
            self.create(making, "template0", "making")
            mark(address, key)
            seed(address)
            self._publish(making, name)
        except BaseException:
            with suppress(DatabaseError):
                owned.drop_database(self._admin(), making)
            raise

    def create(self, name: str, template: str, kind: marker.Kind, settings: Mapping[str, str] | None = None) -> None:
        """Make a database from a template, with its settings.

        Raises:
            DatabaseError: The server refused.
        """
        from psycopg import sql

        database = sql.Identifier(name)
        # A template has its marker, and so has what is made from it.
        unmarked = kind == "making"
        limit = sql.SQL(" CONNECTION LIMIT {}").format(sql.Literal(marker.limit(name))) if unmarked else sql.SQL("")
        with refusals(f"create a database from {template}"):
            self._admin().execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(database, sql.Identifier(template), limit)
            )
            self._admin().execute(
                sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, sql.Literal(marker.comment(kind)))
            )
            for setting, value in (settings or {}).items():
                self._admin().execute(
                    sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                        database, sql.Identifier(*setting.split(".")), sql.Literal(value)
                    )
                )

    def exists(self, name: str) -> bool:
        """Whether the server has a database of that name.

        Raises:
            DatabaseError: The connection broke.
        """
        with refusals("list its databases"):
            return bool(self._admin().execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchall())

    def new_name(self, kind: marker.Kind) -> str:
        """A name that no database has: what goes by it from now on is dropped at the end."""
        while True:
            self._made += 1
            name = marker.run_database_name(kind, self._run, self._made)
            if not self.exists(name):
                return name

    def _publish(self, making: str, name: str) -> None:
        from psycopg import errors, sql

        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name))
        with refusals(f"name the template {name}"):
            self._admin().execute(_END_SESSIONS, (making,))
            self._admin().execute(
                sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                    sql.Identifier(making), sql.Literal(marker.comment("template"))
                )
            )
            try:
                self._admin().execute(rename)
            except (errors.DuplicateDatabase, errors.UniqueViolation):
                # Another run has made the same one meanwhile, or at this very moment: theirs is as good.
                owned.drop_database(self._admin(), making)


def mark(address: Address, key: str) -> None:
    """Write into a database whose it is, and have it count its statements where it can.

    Raises:
        DatabaseError: The server refused.
    """
    import psycopg

    with (
        refusals("write into a database of its own"),
        connect(address, application_name=owned.KEEPER_NAME) as connection,
    ):
        marker.write(connection, key)
        try:
            connection.execute(f"CREATE EXTENSION {tuning.STATEMENTS}")
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
            pass  # not installed on that server
        except psycopg.errors.InsufficientPrivilege:
            pass  # superusers alone may have it; what it would have counted stays null
