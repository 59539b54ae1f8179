"""What a database holds, as one short text: equal where all that was made in it is."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address
from bench.databases.connecting import connect, refusals

if TYPE_CHECKING:
    from psycopg import Connection

_OURS = "nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'querybench')"
"""Schemas that a dataset has made: the harness's own holds what tells one database from another."""
_COLUMNS = (
    "SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
    f" WHERE {_OURS} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"
)
_INDEXES = f"SELECT indexdef FROM pg_indexes WHERE {_OURS.replace('nspname', 'schemaname')} ORDER BY 1"
_DEFINITIONS = (
    (
        "SELECT conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c"
        f" JOIN pg_namespace n ON n.oid = c.connamespace WHERE {_OURS} ORDER BY 1, 2"
    ),
    (
        "SELECT a.attrelid::regclass::text, a.attname, a.attcollation::regcollation::text,"
        " pg_get_expr(d.adbin, d.adrelid)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        f" WHERE {_OURS} AND a.attnum > 0 AND c.relkind IN ('r', 'p') ORDER BY 1, 2"
    ),
    (
        "SELECT c.oid::regclass::text, c.relkind, pg_get_viewdef(c.oid) FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind IN ('v', 'm') ORDER BY 1"
    ),
    (
        "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE {_OURS} AND p.prokind IN ('f', 'p') ORDER BY 1"
    ),
    (
        "SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND NOT t.tgisinternal ORDER BY 1"
    ),
    (
        "SELECT pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace"
        f" WHERE {_OURS} ORDER BY 1"
    ),
)
_TABLES = (
    "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE {_OURS} AND c.relkind IN ('r', 'm') ORDER BY 1"
)


def fingerprint(address: Address) -> str:
    """A digest of what a dataset has made: tables with their columns, constraints and indexes, views, functions,
    triggers and statistics, and the rows, whose order does not matter.

    Raises:
        DatabaseError: The server does not answer.
    """
    return _of_sqlite(address) if address.dialect == "sqlite" else _of_postgresql(address)


def columns_of(address: Address) -> dict[str, list[str]]:
    """The columns of a dataset's tables on PostgreSQL; names are quoted where they need it.

    Raises:
        DatabaseError: The server does not answer.
    """
    found: dict[str, list[str]] = {}
    with connect(address, application_name="bench fingerprint") as connection, refusals("tell what a database holds"):
        for table, name, *_ in _rows(connection, _COLUMNS.replace("a.attname", "quote_ident(a.attname)")):
            found.setdefault(table, []).append(name)
    return found


def _of_sqlite(address: Address) -> str:
    import sqlite3

    with closing(sqlite3.connect(address.database)) as connection:
        digest = hashlib.sha256()
        for statement in connection.iterdump():
            digest.update(statement.encode())
        return digest.hexdigest()


def _of_postgresql(address: Address) -> str:
    with connect(address, application_name="bench fingerprint") as connection, refusals("tell what a database holds"):
        digest = hashlib.sha256()
        for query in (_COLUMNS, _INDEXES, *_DEFINITIONS):
            digest.update(repr(_rows(connection, query)).encode())
        for (table,) in _rows(connection, _TABLES):
            # The name comes quoted from the server. Sums of two hashes: each row's text counts, its place does not.
            told = _rows(
                connection,
                "SELECT count(*), coalesce(sum(hashtextextended((t.*)::text, 0)::numeric), 0),"
                f" coalesce(sum(hashtextextended((t.*)::text, 1)::numeric), 0) FROM {table} t",
            )
            digest.update(repr((table, told)).encode())
        return digest.hexdigest()


def _rows(connection: Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()
