"""What a server says of rows that it does not take, with what can be given so that it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from bench.errors import ScenarioError

_STATES = {"22": "a value that its column does not take", "23": "a constraint that they break"}
"""What classes of SQLSTATE say of rows.

Source: PostgreSQL documentation, PostgreSQL Error Codes.
"""


@contextmanager
def refusals(where: str) -> Iterator[None]:
    """Say which table's rows were refused and why; their values are not repeated.

    Raises:
        ScenarioError: With the constraint or the column, and what to give.
    """
    try:
        yield
    except Exception as error:
        said = _said(error)
        if said is None:
            raise
        raise ScenarioError(f"{where}: its rows are not taken: {said}") from error


def _said(error: Exception) -> str | None:
    cause: Any = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = str(getattr(cause, "sqlstate", None) or "")
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
