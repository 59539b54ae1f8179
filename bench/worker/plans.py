"""The plans of the statements that a strategy sends, by EXPLAIN with its parameters, and how the server chose them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from bench.plans import NO_PLAN

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPLAINABLE = re.compile(
    # Without a way back: many comments could else be taken together in very many ways.
    r"(?>[\s(]|--[^\n]*\n|/\*.*?\*/)*+(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES)\b",
    re.IGNORECASE | re.DOTALL,
)
ON_POSTGRESQL = ("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)", "EXPLAIN (FORMAT JSON)")
"""What comes before a statement; where the first is refused, the next."""

ON_SQLITE = ("EXPLAIN QUERY PLAN",)
COUNTS_CHOICES = (14,)
"""The version of PostgreSQL from which pg_prepared_statements tells generic plans from custom ones."""

CHOICES = """
SELECT statement, sum(generic_plans)::bigint, sum(custom_plans)::bigint FROM pg_prepared_statements GROUP BY statement
"""
_PLACEHOLDER = re.compile(r"%(?:\(([^)]+)\)[sbt]|[sbt%])")


def plans(connection: Connection, statements: Mapping[str, tuple[Any, bool]]) -> dict[str, Any]:
    """The plan of each statement that EXPLAIN takes, by statement: of PostgreSQL its JSON, of SQLite text.

    PostgreSQL executes each, in a transaction that is rolled back: what stays are dead rows and what no rollback
    undoes, as the steps of a sequence. One that it refuses to execute, for it needs what others of its call did before,
    is only planned: its JSON has nothing actual in it. SQLite executes nothing. Where there is no plan at all stands a
    line, `no plan:` and the database's words.

    Each is planned for its parameters, even where a call uses the generic plan of a prepared statement. psycopg drops
    its prepared statements at a rollback, so `prepared_plans` are to be asked for first.

    Args:
        connection: A connection of the engine that the statements were sent on.
        statements: Each statement with the parameters of its first execution, and whether those are a list of sets,
            the first of which it is explained with.
    """
    connection.rollback()
    if connection.dialect.name == "postgresql":
        # An engine may be in AUTOCOMMIT, where nothing can be rolled back. The pool puts its own level back.
        connection.execution_options(isolation_level="READ COMMITTED")
    return {
        sql: _plan(connection, sql, parameters[0] if executemany else parameters)
        for sql, (parameters, executemany) in statements.items()
        if EXPLAINABLE.match(sql)
    }


def prepared_plans(connection: Connection, statements: Iterable[str]) -> dict[str, tuple[int, int]]:
    """How often the server used a generic plan and how often a custom one, by statement.

    It counts from when a statement was prepared, in this connection's session. Statements that are not prepared there
    are left out: all of them on SQLite, before PostgreSQL 14, and with psycopg after a rollback, which drops them.

    Args:
        connection: The connection that the statements were sent on.
        statements: Their texts, as the cursor events have them.
    """
    dialect = connection.dialect
    if dialect.name != "postgresql" or (getattr(dialect, "server_version_info", None) or ()) < COUNTS_CHOICES:
        return {}
    counted = {text: (generic, custom) for text, generic, custom in connection.exec_driver_sql(CHOICES)}
    # Not rolled back: psycopg would drop what it has prepared.
    connection.commit()
    as_sent = _numbered if dialect.driver.startswith("psycopg") else str
    return {sql: counted[text] for sql in statements if (text := as_sent(sql)) in counted}


def _plan(connection: Connection, sql: str, parameters: Any) -> Any:
    on_sqlite = connection.dialect.name == "sqlite"
    reason = ""
    for explain in ON_SQLITE if on_sqlite else ON_POSTGRESQL:
        try:
            rows = connection.exec_driver_sql(f"{explain} {sql}", parameters).all()
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
        else:
            return "\n".join(str(row[-1]) for row in rows) if on_sqlite else _parsed(rows[0][0])
        finally:
            connection.rollback()
    return f"{NO_PLAN} {reason}"


def _parsed(answer: Any) -> Any:
    """The one object in an answer; all of them where a rule of the database made several statements of one."""
    # Drivers parse JSON, unless the strategy's engine has them leave it alone.
    found = json.loads(answer) if isinstance(answer, str | bytes) else answer
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _numbered(sql: str) -> str:
    """A statement as psycopg sends it: its parameters have numbers, by name in the order in which they first appear."""
    numbers: dict[object, int] = {}

    def number(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        # Without names each is a parameter of its own.
        return f"${numbers.setdefault(match[1] or match.start(), len(numbers) + 1)}"

    return _PLACEHOLDER.sub(number, sql)
