"""The plans of the statements that a strategy sends, by EXPLAIN with the parameters it sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPLAINABLE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES)\b", re.IGNORECASE)


def plans(connection: Connection, statements: Mapping[str, tuple[Any, bool]]) -> dict[str, str]:
    """The plan of each statement as text, by statement; nothing is executed.

    Args:
        connection: A connection of the engine that the statements were sent on.
        statements: Each statement with the parameters of its first execution, and whether those are a list of sets.
    """
    found = {}
    for sql, (parameters, executemany) in statements.items():
        if EXPLAINABLE.match(sql):
            found[sql] = _plan(connection, sql, parameters[0] if executemany else parameters)
            connection.rollback()
    return found


def _plan(connection: Connection, sql: str, parameters: Any) -> str:
    keyword = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    try:
        rows = connection.exec_driver_sql(f"{keyword} {sql}", parameters).all()
    except DBAPIError as error:
        return f"no plan: {' '.join(str(error.orig).split())}"
    return "\n".join(str(row[-1]) for row in rows)
