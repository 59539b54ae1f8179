"""Keeps the sessions of somebody's database read-only. The server is told so when each begins; a session may still ask
it to be let out, which is refused here on every way that leads there, and found out where a way was missed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from bench.databases.connecting import READ_ONLY
from bench.errors import BenchError
from bench.worker.handle import Database, SyncDatabase

if TYPE_CHECKING:
    import psycopg

_WRITES_ANYWAY = re.compile(
    r"(?:^|;)(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:SET|BEGIN|START|DO)\b[^;]*?(?:\bread\s+write\b|transaction_read_only)"
    r"|\bset_config\s*\([^)]*transaction_read_only",
    re.IGNORECASE | re.DOTALL,
)
"""Statements by which a session asks to write although it is read-only."""
_OPTION = f"-c {READ_ONLY}=on"
_SHOW = f"SHOW {READ_ONLY}"
_REFUSED = "an existing database is never written: "


class WritingError(BenchError):
    """A strategy asks for the right to write in somebody's database, or has taken it."""


def fence_process() -> None:
    """Have every session that this process begins be read-only, those too that a strategy opens by itself: psycopg
    takes that from libpq's variable, and asyncpg, which knows no such variable, is wrapped.
    """
    options = os.environ.get("PGOPTIONS", "")
    if not options.endswith(_OPTION):
        os.environ["PGOPTIONS"] = f"{options} {_OPTION}".strip()
    _fence_asyncpg()


def fence_engine(engine: Engine) -> None:
    """Refuse what asks for the right to write on an engine."""

    def refuse_options(_: Any, options: Mapping[str, Any]) -> None:
        if options.get("postgresql_readonly", True) is False:
            raise WritingError(f"{_REFUSED}leave postgresql_readonly=False out")

    def refuse_statement(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        _refuse(statement)

    refuse_options(engine, engine.get_execution_options())
    event.listen(engine, "set_connection_execution_options", refuse_options)
    event.listen(engine, "set_engine_execution_options", refuse_options)
    event.listen(engine, "before_cursor_execute", refuse_statement)
    if not engine.dialect.is_async:  # an async engine is told how it connects by its arguments

        def connected(dialect: Any, record: Any, given: Any, named: Any) -> Any:
            return fenced_psycopg()[0].connect(*given, **named)

        event.listen(engine, "do_connect", connected)


@cache
def fenced_asyncpg() -> type[Any]:
    """asyncpg's connection, which refuses what asks for the right to write."""
    import asyncpg

    class Fenced(asyncpg.Connection):  # type: ignore[misc]
        __slots__ = ()

        async def execute(self, query: str, *args: Any, **options: Any) -> Any:
            _refuse(query)
            return await super().execute(query, *args, **options)

        async def _get_statement(self, query: str, *args: Any, **options: Any) -> Any:
            _refuse(query)
            return await super()._get_statement(query, *args, **options)

    return Fenced


@cache
def fenced_psycopg() -> tuple[type[psycopg.Connection[Any]], type[psycopg.AsyncConnection[Any]]]:
    """psycopg's connections, the plain and the async one, that refuse what asks for the right to write."""
    import psycopg

    class FencedCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            _refuse(_text(query))
            return super().execute(query, *args, **options)

        def executemany(self, query: Any, *args: Any, **options: Any) -> None:
            _refuse(_text(query))
            super().executemany(query, *args, **options)

        def stream(self, query: Any, *args: Any, **options: Any) -> Any:
            _refuse(_text(query))
            return super().stream(query, *args, **options)

    class FencedAsyncCursor(psycopg.AsyncCursor[Any]):
        async def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            _refuse(_text(query))
            return await super().execute(query, *args, **options)

        async def executemany(self, query: Any, *args: Any, **options: Any) -> None:
            _refuse(_text(query))
            await super().executemany(query, *args, **options)

        def stream(self, query: Any, *args: Any, **options: Any) -> Any:
            _refuse(_text(query))
            return super().stream(query, *args, **options)

    class Fenced(psycopg.Connection[Any]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.cursor_factory = FencedCursor

        def set_read_only(self, value: bool | None) -> None:
            _refuse_writing(value)
            super().set_read_only(value)

    class FencedAsync(psycopg.AsyncConnection[Any]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.cursor_factory = FencedAsyncCursor

        async def set_read_only(self, value: bool | None) -> None:
            _refuse_writing(value)
            await super().set_read_only(value)

    return Fenced, FencedAsync


async def require_fenced(handle: Database | SyncDatabase) -> None:
    """See that the sessions which a strategy has used, and which nobody uses now, are read-only still.

    Raises:
        WritingError: One is not: what it did since stays done.
    """
    import asyncpg
    import psycopg

    try:
        found = await _found_async(handle) if isinstance(handle, Database) else _found(handle)
    except (DBAPIError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, psycopg.Error):
        return  # a session that does not answer is lost, and is no other's
    if any(answer != "on" for answer in found):
        raise WritingError(
            f"{_REFUSED}a session of this one was let out of being read-only, and may have written: leave that out, and"
            " use a role that may do no more than SELECT"
        )


async def _found_async(handle: Database) -> list[str]:
    found = [await _asked_async(connection) for connection in handle.driver_connections if _is_idle(connection)]
    if _is_in_pool(handle.engine.pool):
        async with handle.engine.connect() as connection:
            found.append(str((await connection.exec_driver_sql(_SHOW)).scalar()))
    return found


async def _asked_async(connection: Any) -> str:
    if hasattr(connection, "fetchval"):
        return str(await connection.fetchval(_SHOW))
    from psycopg.rows import tuple_row

    cursor = await connection.cursor(row_factory=tuple_row).execute(_SHOW)
    return str((await cursor.fetchone())[0])


def _found(handle: SyncDatabase) -> list[str]:
    from psycopg.rows import tuple_row

    found = [
        str(connection.cursor(row_factory=tuple_row).execute(_SHOW).fetchone()[0])
        for connection in handle.driver_connections
        if _is_idle(connection)
    ]
    if _is_in_pool(handle.engine.pool):
        with handle.engine.connect() as connection:
            found.append(str(connection.exec_driver_sql(_SHOW).scalar()))
    return found


def _is_idle(connection: Any) -> bool:
    """Whether a connection of the driver's is open, and in no transaction, in which it may refuse to answer."""
    if hasattr(connection, "is_in_transaction"):
        return not connection.is_closed() and not connection.is_in_transaction()
    return not connection.closed and connection.info.transaction_status.name == "IDLE"


def _is_in_pool(pool: Any) -> bool:
    return isinstance(pool, QueuePool) and pool.checkedin() > 0


def _refuse(statement: str) -> None:
    if _WRITES_ANYWAY.search(statement):
        raise WritingError(f"{_REFUSED}its sessions stay read-only")


def _refuse_writing(read_only: bool | None) -> None:
    if read_only is False:
        raise WritingError(f"{_REFUSED}leave read_only=False out")


def _text(query: Any) -> str:
    """A query of psycopg's as text, as far as it is known before it is sent."""
    if isinstance(query, bytes):
        return query.decode(errors="replace")
    return str(query.as_string(None)) if hasattr(query, "as_string") else str(query)


def _fence_asyncpg() -> None:
    """Wrap the one function through which asyncpg makes connections, whatever name a strategy knows it by."""
    import asyncpg
    from asyncpg import connect_utils

    made: Callable[..., Awaitable[Any]] = connect_utils._connect  # noqa: SLF001 - nothing public sees all of them
    if hasattr(made, "is_fenced"):
        return

    async def connected(
        *, connection_class: type[Any], server_settings: Mapping[str, str] | None = None, **given: Any
    ) -> Any:
        kind = fenced_asyncpg() if connection_class is asyncpg.Connection else connection_class
        settings = {**(server_settings or {}), READ_ONLY: "on"}
        return await made(connection_class=kind, server_settings=settings, **given)

    connected.is_fenced = True  # type: ignore[attr-defined]
    connect_utils._connect = connected  # noqa: SLF001 - the same
