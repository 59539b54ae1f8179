"""Whether one database has all that another has: the same rows, by what their columns say, and perhaps more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address
from bench.databases.connecting import connect, refusals
from bench.databases.fingerprint import columns_of

if TYPE_CHECKING:
    import sqlite3

Columns = Mapping[str, Sequence[str]]
"""The columns of tables; names as SQL has them, quoted where they need it."""


def holds(address: Address, base: Address) -> bool:
    """Whether a database has every table of another, with its columns and its rows: it was added to at most. Columns,
    tables, indexes and constraints may be more, types others where values say the same.

    Raises:
        DatabaseError: The server does not answer.
    """
    columns = _sqlite_columns if base.dialect == "sqlite" else columns_of
    before, after = columns(base), columns(address)
    if any(name not in after.get(table, ()) for table, own in before.items() for name in own):
        return False
    rows = _sqlite_rows if base.dialect == "sqlite" else _rows
    return rows(base, before) == rows(address, before)


def _rows(address: Address, columns: Columns) -> list[tuple[Any, ...]]:
    """For each table the number of its rows, and two sums of their hashes: a row's text counts, its place does not."""
    with connect(address, application_name="bench fingerprint") as connection, refusals("tell what a database holds"):
        return [row for query in map(_summing, columns.items()) for row in connection.execute(query).fetchall()]


def _summing(table: tuple[str, Sequence[str]]) -> bytes:
    name, columns = table
    # A row, not a column that is called as the row is.
    sums = (f"coalesce(sum(hashtextextended((t.*)::text, {seed})::numeric), 0)" for seed in (0, 1))
    return f"SELECT count(*), {', '.join(sums)} FROM (SELECT {', '.join(columns)} FROM {name}) t".encode()


def _sqlite_columns(address: Address) -> dict[str, list[str]]:
    import sqlite3

    with closing(sqlite3.connect(address.database)) as connection:
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        return {
            _quoted(table): [
                _quoted(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            ]
            for (table,) in connection.execute(tables).fetchall()
        }


def _sqlite_rows(address: Address, columns: Columns) -> list[tuple[int, int]]:
    import sqlite3

    with closing(sqlite3.connect(address.database)) as connection:
        return [_summed(_selected(connection, table, own)) for table, own in columns.items()]


def _selected(connection: sqlite3.Connection, table: str, names: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return connection.execute(f"SELECT {', '.join(names)} FROM {table}")


def _summed(rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    number = total = 0
    for row in rows:
        number += 1
        total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest()[:16], "big")
    return number, total


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
