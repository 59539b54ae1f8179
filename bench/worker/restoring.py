"""Puts the tables that a strategy writes back to what they were, between its calls and untimed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    MetaData,
    String,
    Table,
    bindparam,
    cast,
    func,
    inspect,
    literal,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import OID, REGCLASS
from sqlalchemy.exc import DBAPIError

from bench.errors import BenchError
from bench.worker.engines import Access, open_async
from bench.worker.guarding import guard, unguard
from bench.worker.leaving import Before
from bench.worker.sequences import named_sequence

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SAVED = "querybench_saved_"
"""Prefix of the tables that keep the rows to put back; they lie in the clone and go with it."""
LOCK_TIMEOUT_S = 2
"""Seconds to wait for the locks of the tables: nobody but the strategy, whose call is over, has reason to hold any."""
LOCKED = ("lock timeout", "database is locked", "database table is locked")
"""What the databases say where a table cannot be put back because another transaction holds it."""

SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
"""Whether the role may put rows back without firing triggers: those of foreign keys would look each row up."""
SCHEMA_OF_SQLITE = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
SCHEMA_OF_POSTGRESQL = """
SELECT relation.oid::bigint, relname, relnatts, reloptions, relchecks,
  (SELECT count(*) FROM pg_trigger WHERE tgrelid = relation.oid)
FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE nspname !~ '^(pg_|information_schema)' AND relkind IN ('r', 'p', 'i', 'S', 'v')
ORDER BY relation.oid
"""
"""Tables, indexes, sequences and views, by the numbers that they keep for as long as they live."""


class Restorer:
    """The written tables of one clone. `save` once, then `restore` before each call.

    Tables that refer to a written one are put back and compared with it, for what is done to it reaches them: by
    cascades, by a many-to-many table. Those of a mapped class are all that it writes, its parents' too. Writes to any
    other table of the dataset are refused.
    """

    def __init__(self, access: Access, metadata: MetaData, writes: Sequence[Any]) -> None:
        self._tables = _with_referring((table for target in writes for table in _tables_of(target)), metadata)
        self._undeclared = [table for table in metadata.sorted_tables if table not in self._tables]
        self._sqlite = access.address.dialect == "sqlite"
        options = {"isolation_level": "AUTOCOMMIT", "pool_size": 1, "max_overflow": 0}
        if self._sqlite:
            options["connect_args"] = {"timeout": LOCK_TIMEOUT_S}
        self._engine: AsyncEngine = open_async(access, options).engine
        self._sequences: list[tuple[str, int, bool]] = []
        self._schema: list[tuple[Any, ...]] = []
        self._may_skip_triggers = False
        self._analyzed: list[tuple[Any, ...]] = []

    @property
    def names(self) -> list[str]:
        """The names of the tables that are put back, as they stand in SQL."""
        return [self._name(table) for table in self._tables]

    async def save(self) -> None:
        """Keep a copy of the rows, and where the sequences stand; refuse writes to other tables from now on."""
        async with self._engine.connect() as connection:
            self._schema = await self._look_at_schema(connection)
            await guard(connection, self._undeclared)
            for table in self._tables:
                await connection.execute(text(f"DROP TABLE IF EXISTS {self._saved(table)}"))
                await connection.execute(
                    text(f"CREATE TABLE {self._saved(table)} AS SELECT * FROM {self._name(table)}")
                )
            positions = self._sqlite_positions if self._sqlite else self._positions
            self._sequences = await connection.run_sync(positions)
            if not self._sqlite:
                self._may_skip_triggers = bool(await connection.scalar(text(SUPERUSER)))
                self._analyzed = await self._times_analyzed(connection)

    async def restore(self) -> None:
        """Put the rows and sequences back, then VACUUM, so that neither dead rows nor hint bits reach the next call.

        Raises:
            BenchError: A strategy left a transaction open that locks a table.
        """
        try:
            await (self._restore_sqlite() if self._sqlite else self._restore_postgresql())
        except DBAPIError as error:
            if not any(sign in str(error.orig) for sign in LOCKED):
                raise
            raise BenchError(
                "it left a transaction open that locks the tables it writes:"
                " let every session and connection that it opens end with the call"
            ) from error

    async def checkpoint(self) -> None:
        """Have the server write its dirty pages now, where the role may, so that none falls due inside a sample."""
        if self._sqlite:
            return
        async with self._engine.connect() as connection:
            may = await connection.scalar(
                text(
                    "SELECT rolsuper OR (current_setting('server_version_num')::int >= 150000"
                    " AND pg_has_role(current_user, 'pg_checkpoint', 'USAGE'))"
                    " FROM pg_roles WHERE rolname = current_user"
                )
            )
            if may:
                await connection.execute(text("CHECKPOINT"))

    async def before(self) -> Before:
        """The rows that were kept."""
        async with self._engine.connect() as connection:
            return Before({table: await self._saved_rows(connection, table) for table in self._tables})

    async def left(self, before: Before) -> dict[str, list[tuple[Any, ...]]]:
        """What is compared of the rows in the tables that are put back, by table.

        Args:
            before: The rows that were kept, here or in another clone of the dataset.
        """
        async with self._engine.connect() as connection:
            return await before.compared(connection)

    async def close(self) -> bool:
        """Leave the clone as it was found, for the next point, and close the connection; whether it could be: the
        tables themselves, where a strategy made them anew or altered them, are not put back.
        """
        try:
            await self.restore()
            async with self._engine.connect() as connection:
                for table in self._tables:
                    await connection.execute(text(f"DROP TABLE {self._saved(table)}"))
                await unguard(connection, self._undeclared)
                return await self._look_at_schema(connection) == self._schema
        finally:
            await self.abandon()

    async def _look_at_schema(self, connection: Any) -> list[tuple[Any, ...]]:
        """What tells one table or index from another that was made or altered since."""
        found = await connection.execute(text(SCHEMA_OF_SQLITE if self._sqlite else SCHEMA_OF_POSTGRESQL))
        return [tuple(row) for row in found]

    async def abandon(self) -> None:
        """Close the connection and leave the clone as it is, to be dropped."""
        await self._engine.dispose()

    async def _restore_postgresql(self) -> None:
        names = ", ".join(self._name(table) for table in self._tables)
        # In one transaction, for each commit waits for the disk.
        async with self._engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
            if self._may_skip_triggers:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(text(f"TRUNCATE {names}"))
            for table in self._tables:
                columns = self._stored_columns(table)
                await connection.execute(
                    text(
                        f"INSERT INTO {self._name(table)} ({columns}) OVERRIDING SYSTEM VALUE"
                        f" SELECT {columns} FROM {self._saved(table)}"
                    )
                )
            for sequence, value, called in self._sequences:
                given = {"sequence": sequence, "value": value, "called": called}
                await connection.execute(select(func.setval(*(bindparam(name, one) for name, one in given.items()))))
        async with self._engine.connect() as connection:
            await connection.execute(text(f"VACUUM {names}"))
            # The planner's statistics are of these very rows, unless others were looked at meanwhile.
            if await self._times_analyzed(connection) != self._analyzed:
                await connection.execute(text(f"ANALYZE {names}"))
                self._analyzed = await self._times_analyzed(connection)

    async def _restore_sqlite(self) -> None:
        async with self._engine.connect() as connection:
            for table in reversed(self._tables):
                await connection.execute(text(f"DELETE FROM {self._name(table)}"))
            for table in self._tables:
                columns = self._stored_columns(table)
                await connection.execute(
                    text(f"INSERT INTO {self._name(table)} ({columns}) SELECT {columns} FROM {self._saved(table)}")
                )
            if await connection.run_sync(_has_sqlite_sequences):
                forget = text("DELETE FROM sqlite_sequence WHERE name = :name")
                for table in self._tables:
                    await connection.execute(forget, {"name": table.name})
            for sequence, value, _ in self._sequences:
                await connection.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :value)"),
                    {"name": sequence, "value": value},
                )

    async def _times_analyzed(self, connection: Any) -> list[tuple[Any, ...]]:
        """Of each table its number, which is another when it was made anew, and how often the planner's statistics of
        it were made, by anybody.
        """
        relations = [cast(cast(literal(name, String), REGCLASS), OID) for name in self.names]
        looks = [
            select(relation, func.pg_stat_get_analyze_count(relation), func.pg_stat_get_autoanalyze_count(relation))
            for relation in relations
        ]
        return [tuple(row) for row in await connection.execute(union_all(*looks))]

    def _stored_columns(self, table: Table) -> str:
        """The columns of a table that are not computed, as they stand in SQL."""
        return ", ".join(self._quoted(column.name) for column in table.columns if column.computed is None)

    def _positions(self, connection: Connection) -> list[tuple[str, int, bool]]:
        positions = []
        for table in self._tables:
            for column in table.columns:
                owned = connection.scalar(select(func.pg_get_serial_sequence(self._name(table), column.name)))
                sequence = owned or named_sequence(column)
                if sequence is not None:
                    value, called = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
                    positions.append((sequence, value, called))
        return positions

    def _sqlite_positions(self, connection: Connection) -> list[tuple[str, int, bool]]:
        """Of tables with AUTOINCREMENT alone: the others go on from their highest key."""
        if not _has_sqlite_sequences(connection):
            return []
        rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        names = {table.name for table in self._tables}
        return [(name, value, True) for name, value in rows if name in names]

    async def _saved_rows(self, connection: Any, table: Table) -> list[tuple[Any, ...]]:
        columns = [literal_column(self._quoted(column.name), column.type) for column in table.columns]
        rows = await connection.execute(select(*columns).select_from(text(self._saved(table))))
        return [tuple(row) for row in rows]

    def _name(self, table: Table) -> str:
        return self._engine.dialect.identifier_preparer.format_table(table)

    def _quoted(self, name: str) -> str:
        return self._engine.dialect.identifier_preparer.quote(name)

    def _saved(self, table: Table) -> str:
        return self._quoted(f"{SAVED}{self._tables.index(table)}")


def _has_sqlite_sequences(connection: Connection) -> bool:
    return connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")) is not None


def _tables_of(target: Any) -> Sequence[Any]:
    return [target] if isinstance(target, Table) else inspect(target).tables


def _with_referring(written: Iterable[Table], metadata: MetaData) -> list[Table]:
    """The written tables and, transitively, those with a foreign key to one, parents first."""
    closure = set(written)
    while grown := {
        table
        for table in metadata.sorted_tables
        if table not in closure and any(key.column.table in closure for key in table.foreign_keys)
    }:
        closure |= grown
    return [table for table in metadata.sorted_tables if table in closure]
