"""Puts the tables that a strategy writes back to what they were, between its calls and untimed, and reads what a
call left in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Connection,
    DefaultClause,
    FetchedValue,
    MetaData,
    Table,
    TextClause,
    bindparam,
    func,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import False_, Null, True_

from bench.errors import BenchError
from bench.worker.engines import Access, open_async
from bench.worker.guarding import guard, unguard
from bench.worker.sequences import named_sequence

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SAVED = "querybench_saved_"
"""Prefix of the tables that keep the rows to put back; they lie in the clone and go with it."""
LOCK_TIMEOUT_S = 2
"""Seconds to wait for the locks of the tables: nobody but the strategy, whose call is over, has reason to hold any."""
LOCKED = ("lock timeout", "database is locked", "database table is locked")
"""What the databases say where a table cannot be put back because another transaction holds it."""

SCHEMA_OF_SQLITE = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
SCHEMA_OF_POSTGRESQL = """
SELECT relation.oid::bigint, relname, relnatts, reloptions, relchecks,
  (SELECT count(*) FROM pg_trigger WHERE tgrelid = relation.oid)
FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relnamespace
WHERE nspname !~ '^(pg_|information_schema)' AND relkind IN ('r', 'p', 'i', 'S', 'v')
ORDER BY relation.oid
"""
"""Tables, indexes, sequences and views, by the numbers that they keep for as long as they live."""

CONSTANT = re.compile(r"\s*('[^']*'|[-+]?[\d.]+|true|false|null)(::[\w ]+)?\s*", re.IGNORECASE)
"""A default of the server's that is a literal."""


@dataclass(frozen=True)
class _Keys:
    """The primary keys of a table before a call: whole, and the values of each of their columns."""

    whole: frozenset[tuple[Any, ...]]
    values: Mapping[Column[Any], frozenset[Any]]


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

    async def restore(self) -> None:
        """Put the rows and sequences back, then VACUUM ANALYZE, so that neither dead rows nor hint bits reach the
        next call.

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

    async def left(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows in the tables that are put back, by table. A row that was there before is read whole, but for what
        each update changes by itself; of a new one, what the server or a default makes is left out, and the keys of
        other new rows.
        """
        found = {}
        async with self._engine.connect() as connection:
            known = {table: await self._known_keys(connection, table) for table in self._tables}
            for table in self._tables:
                rows = (await connection.execute(select(*table.columns).order_by(*table.primary_key))).all()
                found[table.fullname] = [_comparable(table, row, known) for row in rows]
        return found

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
            await connection.execute(text(f"VACUUM (ANALYZE) {names}"))

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

    async def _known_keys(self, connection: Any, table: Table) -> _Keys:
        columns = list(table.primary_key)
        keys = [literal_column(self._quoted(column.name), column.type) for column in columns]
        if not keys:
            return _Keys(frozenset(), {})
        rows = [tuple(row) for row in await connection.execute(select(*keys).select_from(text(self._saved(table))))]
        values = {column: frozenset(row[place] for row in rows) for place, column in enumerate(columns)}
        return _Keys(frozenset(rows), values)

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


def _comparable(table: Table, row: Sequence[Any], known: Mapping[Table, _Keys]) -> tuple[Any, ...]:
    values = dict(zip(table.columns, row, strict=True))
    key = tuple(values[column] for column in table.primary_key)
    if key and key in known[table].whole:
        return tuple(value for column, value in values.items() if not _changes_by_itself(column))
    return tuple(
        value
        for column, value in values.items()
        if not _is_generated(column) and not _is_key_of_a_new_row(column, value, known)
    )


def _is_key_of_a_new_row(column: Column[Any], value: Any, known: Mapping[Table, _Keys]) -> bool:
    """Whether a foreign key refers to a row that was not there before, by a key that the server generated for it."""
    return value is not None and any(
        key.column.table in known
        and value not in known[key.column.table].values.get(key.column, ())
        and _comes_from_a_generated_key(key.column, known, frozenset())
        for key in column.foreign_keys
    )


def _comes_from_a_generated_key(
    column: Column[Any], known: Mapping[Table, _Keys], seen: frozenset[Column[Any]]
) -> bool:
    referred = {key.column for key in column.foreign_keys if key.column.table in known} - seen
    return _is_generated(column) or any(_comes_from_a_generated_key(one, known, seen | {column}) for one in referred)


def _is_generated(column: Column[Any]) -> bool:
    if column.computed is not None or column.identity is not None:
        return True
    if column.server_default is not None and not _is_constant(column.server_default):
        return True
    if column.default is not None and not column.default.is_scalar:
        return True
    return column is column.table.autoincrement_column


def _changes_by_itself(column: Column[Any]) -> bool:
    """Whether each update of a row gives it a new value, such as the time of the update; what is computed has none."""
    if column.computed is not None:
        return False
    return column.server_onupdate is not None or (column.onupdate is not None and not column.onupdate.is_scalar)


def _is_constant(default: FetchedValue) -> bool:
    """Whether the server gives the same value each time: then who gives another one leaves something else."""
    given = default.arg if isinstance(default, DefaultClause) else None
    return isinstance(given, str | True_ | False_ | Null) or (
        isinstance(given, TextClause) and CONSTANT.fullmatch(given.text) is not None
    )
