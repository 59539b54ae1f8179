"""How a database of ours is known again.

Names are a hint: ours start with `bench_`, and no other database is ever connected to. A comment on the database tells
what it is without connecting. What counts, before a database is used or dropped, is the marker inside it: a schema
that no other program makes, with one row. Until that can be there, in the moment between making a database and writing
into it, its connection limit says whose it is: the one thing that can be said as it is made.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from psycopg import Connection

PREFIX = "bench_"
FORMAT = 1
COMMENT = "querybench {kind}, format {format}"

Kind = Literal["template", "making", "clone"]

_OF_A_RUN = re.compile(r"bench_(clone|making)_([0-9a-f]{12})_\d+")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,48}")
_FIRST_LIMIT = 1_000_000_000
"""Above what any server has of connections, and below what an integer of PostgreSQL's holds."""

# Whoever owns a database says what its names mean: nothing of his is to be called while it is only looked at. A lock
# keeps what was found to be a table from becoming something else before it is read.
_AS_THE_SERVER_MEANS_IT = "SET LOCAL search_path TO ''"
_HOLD = "LOCK TABLE querybench.marker IN ACCESS SHARE MODE"
_IS_A_TABLE = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'querybench' AND c.relname = 'marker' AND c.relkind = 'r' AND NOT c.relrowsecurity
  AND (a.attname, a.atttypid) IN (('format', 'int4'::regtype), ('key', 'text'::regtype)) AND a.attgenerated = ''
"""
_IS_BARE = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384) AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384) AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)
"""
"""Whether a database has nothing but what every new one has: the server numbers those below 16384.

Source: PostgreSQL source, access/transam.h, FirstNormalObjectId.
"""


@dataclass(frozen=True)
class Name:
    """What the name of a database of ours says: its kind, and the run that it belongs to, where it does."""

    kind: Kind
    run: str | None = None

    @classmethod
    def parse(cls, database: str) -> Name:
        """Read the name of a database that starts with our prefix."""
        match = _OF_A_RUN.fullmatch(database)
        if match is None:
            return cls("template")
        return cls("clone" if match[1] == "clone" else "making", match[2])


def template_name(key: str) -> str:
    """The name of the template database that belongs to `key`: letters, digits, `_`, `.` and `-`, at most 49.

    Raises:
        ValueError: The key is none, or would read as a clone's name.
    """
    name = PREFIX + key
    if not _KEY.fullmatch(key) or _OF_A_RUN.fullmatch(name):
        raise ValueError(f"not a template's key: {key!r}")
    return name


def run_database_name(kind: Kind, run: str, number: int) -> str:
    """The name of a run's own database, a clone or a template in the making."""
    return f"{PREFIX}{kind}_{run}_{number}"


def comment(kind: Kind) -> str:
    """The comment on a database of ours."""
    return COMMENT.format(kind=kind, format=FORMAT)


def limit(database: str) -> int:
    """The connection limit of a database that is made and has no marker yet: of a size that limits nothing, and another
    for each name, so that no other program's is the same.
    """
    return _FIRST_LIMIT + zlib.crc32(database.encode()) % _FIRST_LIMIT


def write(connection: Connection[Any], key: str) -> None:
    """Write the marker into the database of that connection, and take its connection limit back."""
    from psycopg import sql

    with connection.transaction():
        connection.execute("CREATE SCHEMA querybench")
        connection.execute("CREATE TABLE querybench.marker (format integer NOT NULL, key text NOT NULL)")
        connection.execute("INSERT INTO querybench.marker VALUES (%s, %s)", (FORMAT, key))
        connection.execute(
            sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(sql.Identifier(connection.info.dbname))
        )


def read(connection: Connection[Any]) -> str | None:
    """The key in the marker of that connection's database; None where it carries no marker of this format."""
    import psycopg

    try:
        with connection.transaction():
            connection.execute(_AS_THE_SERVER_MEANS_IT)
            connection.execute(_HOLD)
            if connection.execute(_IS_A_TABLE).fetchall() != [(2,)]:
                return None
            row = connection.execute("SELECT key FROM querybench.marker WHERE format = %s", (FORMAT,)).fetchone()
    except psycopg.Error:
        return None
    return None if row is None else str(row[0])


def is_bare(connection: Connection[Any]) -> bool:
    """Whether nothing has been made in the database of that connection."""
    with connection.transaction():
        connection.execute(_AS_THE_SERVER_MEANS_IT)
        return bool(connection.execute(_IS_BARE).fetchall()[0][0])
