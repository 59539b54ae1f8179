"""How a database of ours is known again.

Names are a hint: ours start with `bench_`, and no other database is ever connected to. A comment on the database tells
what it is without connecting. What counts, before a database is used or dropped, is the marker inside it: a schema
that no other program makes, with one row.
"""

from __future__ import annotations

import re
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


def write(connection: Connection[Any], key: str) -> None:
    """Write the marker into the database of that connection."""
    with connection.transaction():
        connection.execute("CREATE SCHEMA querybench")
        connection.execute("CREATE TABLE querybench.marker (format integer NOT NULL, key text NOT NULL)")
        connection.execute("INSERT INTO querybench.marker VALUES (%s, %s)", (FORMAT, key))


def read(connection: Connection[Any]) -> str | None:
    """The key in the marker of that connection's database; None where it carries no marker of this format."""
    import psycopg

    try:
        row = connection.execute("SELECT key FROM querybench.marker WHERE format = %s", (FORMAT,)).fetchone()
    except psycopg.Error:
        return None
    return None if row is None else str(row[0])
