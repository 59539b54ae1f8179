"""What a server says of rows that it does not take, with what can be given so that it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from bench.errors import ScenarioError

_STATES = {"22": "a value that its column does not take", "23": "a constraint that they break"}
"""What classes of SQLSTATE say of rows.

Source: PostgreSQL documentation, PostgreSQL Error Codes.
"""


_COMES_WITH = (
    (r'type "(citext|hstore|ltree|cube|isn|seg)"', r"\1"),
    (r'type "(?:half|sparse)?vec(?:tor)?"', "vector"),
    (r'type "(?:geometry|geography|raster)"', "postgis"),
    (r'operator class "g(?:in|ist)_trgm_ops"', "pg_trgm"),
    (r'no default operator class for access method "(gist|gin)"', r"btree_\1"),
    (r"function uuid_generate_v\d", "uuid-ossp"),
    (r"function (?:crypt|digest|gen_salt|hmac)\(", "pgcrypto"),
    (r"function unaccent\(", "unaccent"),
)
"""What a server that lacks something says, and the extension that it comes with.

Source: PostgreSQL documentation, Additional Supplied Modules; pgvector's and PostGIS's.
"""


@contextmanager
def lacks(where: str) -> Iterator[None]:
    """Say which extension a table needs that cannot be made.

    Raises:
        ScenarioError: With the extension, and how it is had.
    """
    try:
        yield
    except Exception as error:
        said = getattr(error, "message", None) if getattr(error, "sqlstate", None) else None
        if said is None:
            raise
        found = (match.expand(name) for sign, name in _COMES_WITH if (match := re.search(sign, str(said))))
        extension = next(found, None)
        instead = (
            f': it comes with the extension {extension}: add `event.listen(metadata, "before_create", '
            f"DDL('CREATE EXTENSION IF NOT EXISTS \"{extension}\"'))`"
            if extension is not None
            else ": name a server that has it by --database"
            if "extension" in str(said)
            else ""
        )
        raise ScenarioError(f"{where}: its tables cannot be made: {said}{instead}") from error


@contextmanager
def refusals(where: str, *, generated: bool) -> Iterator[None]:
    """Say which table's rows were refused and why; their values are not repeated.

    Of rows that are not `generated` the database's own words stand: their author has the code that makes them.

    Raises:
        ScenarioError: With the constraint or the column, and what to give.
    """
    try:
        yield
    except Exception as error:
        said = _said(error, generated=generated)
        if said is None:
            raise
        raise ScenarioError(f"{where}: its rows are not taken: {said}") from error


def _said(error: Exception, *, generated: bool) -> str | None:
    cause: Any = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = str(getattr(cause, "sqlstate", None) or "")
    if "no binary format encoder" in str(cause):
        return f"{cause}: rows are copied in binary: have a function of yours fill the tables (fill=, --fill)"
    if not generated:
        return None
    if type(cause).__module__.startswith("sqlite3") and "constraint" in str(cause):
        return f"{cause}: give values for its columns"
    if type(cause).__module__.startswith("asyncpg") and not state:
        # What the driver cannot send: it names the value, which may be somebody's.
        return f"{type(cause).__name__}: a value is none of its column's type: give values for it"
    if state[:2] not in _STATES:
        return None
    constraint, column = getattr(cause, "constraint_name", None), getattr(cause, "column_name", None)
    table = getattr(cause, "table_name", None)
    named = f" {constraint}" if constraint else f" (column {column})" if column else ""
    of = f" of {table}" if table else ""
    return f"{_STATES[state[:2]]}:{named or f' {type(cause).__name__}'}{of}: give values for its columns"
