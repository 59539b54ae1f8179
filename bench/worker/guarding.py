"""Refuses writes to tables that a writing scenario does not declare: nobody would put their rows back, and each call
would find what the one before it left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, text

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import IdentifierPreparer

GUARD = "querybench_guard"
"""Name of the function that refuses, and of its triggers; they lie in the clone and go with it."""
_CHANGES = ("INSERT", "UPDATE", "DELETE")


async def guard(connection: Any, tables: Sequence[Table]) -> None:
    """Let nobody write to these tables of a clone from now on."""
    await unguard(connection, tables)
    quote = connection.dialect.identifier_preparer
    if connection.dialect.name == "sqlite":
        for trigger, change, table in _sqlite_triggers(quote, tables):
            said = _complaint(table.name).replace("'", "''")
            await _run(
                connection,
                f"CREATE TRIGGER {trigger} BEFORE {change} ON {quote.format_table(table)}"
                f" BEGIN SELECT RAISE(ABORT, '{said}'); END",
            )
        return
    await _run(
        connection,
        f"CREATE OR REPLACE FUNCTION public.{GUARD}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN RAISE EXCEPTION '{_complaint('%')}', TG_TABLE_NAME; END$$",
    )
    for table in tables:
        await _run(
            connection,
            f"CREATE TRIGGER {GUARD} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {quote.format_table(table)}"
            f" FOR EACH STATEMENT EXECUTE PROCEDURE public.{GUARD}()",
        )


async def unguard(connection: Any, tables: Sequence[Table]) -> None:
    """Leave the tables as they were before `guard`."""
    quote = connection.dialect.identifier_preparer
    if connection.dialect.name == "sqlite":
        for trigger, _, _ in _sqlite_triggers(quote, tables):
            await _run(connection, f"DROP TRIGGER IF EXISTS {trigger}")
        return
    for table in tables:
        await _run(connection, f"DROP TRIGGER IF EXISTS {GUARD} ON {quote.format_table(table)}")
    await _run(connection, f"DROP FUNCTION IF EXISTS public.{GUARD}()")


def _complaint(table: str) -> str:
    return f"it writes the table {table}, and its scenario does not say so: add it to writes=[…]"


def _sqlite_triggers(quote: IdentifierPreparer, tables: Sequence[Table]) -> list[tuple[str, str, Table]]:
    return [
        (quote.quote(f"{GUARD}_{number}_{change}"), change, table)
        for number, table in enumerate(tables)
        for change in _CHANGES
    ]


async def _run(connection: Any, statement: str) -> None:
    # A colon in a table's name is no parameter.
    await connection.execute(text(statement.replace(":", r"\:")))
