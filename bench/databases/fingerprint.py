"""What a PostgreSQL database holds, as one short text: equal where tables, indexes and rows are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address
from bench.databases.connecting import connect, refusals

if TYPE_CHECKING:
    from psycopg import Connection

_OURS = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
_COLUMNS = (
    "SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
    f" WHERE {_OURS} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"
)
_INDEXES = f"SELECT indexdef FROM pg_indexes WHERE {_OURS.replace('nspname', 'schemaname')} ORDER BY 1"
_TABLES = (
    "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE {_OURS} AND c.relkind = 'r' ORDER BY 1"
)


def fingerprint(address: Address) -> str:
    """A digest of the tables, their columns, indexes and rows; the order of the rows does not matter.

    Raises:
        DatabaseError: The server does not answer.
    """
    with connect(address, application_name="bench fingerprint") as connection, refusals("tell what a database holds"):
        digest = hashlib.sha256()
        for query in (_COLUMNS, _INDEXES):
            digest.update(repr(_rows(connection, query)).encode())
        for (table,) in _rows(connection, _TABLES):
            # The name comes quoted from the server. Sums of two hashes: each row's text counts, its place does not.
            told = _rows(
                connection,
                "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0),"
                f" coalesce(sum(hashtextextended(t::text, 1)::numeric), 0) FROM {table} t",
            )
            digest.update(repr((table, told)).encode())
        return digest.hexdigest()


def _rows(connection: Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()
