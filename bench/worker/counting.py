"""Counts one call from inside SQLAlchemy: cursor events, rows, objects loaded and connections opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Mapper
from sqlalchemy.pool import Pool, _ConnectionFairy

from bench.statement_kinds import statement_kind
from bench.worker.batches import is_batch
from bench.worker.engines import sync_engine
from bench.worker.handle import Database, SyncDatabase

USED_DIRECTLY = "the driver was used directly"
CUT_SHORT = "an executemany failed in its midst"


@dataclass
class Tally:
    """What was seen of one call.

    `rows` is None from the first cursor on whose rows cannot be seen from here; `unseen` says that the call used the
    driver directly, so that nothing which SQLAlchemy's events count is known; `cut_short` that an executemany failed,
    so that nobody here knows how many of its parameter sets were executed.
    """

    statements: int = 0
    executions: int = 0
    rows: int | None = 0
    connections: int = 0
    orm_objects: int | None = 0
    unseen: bool = False
    cut_short: bool = False
    texts: Counter[str] = field(default_factory=Counter)
    parameters: dict[str, Any] = field(default_factory=dict)

    def counters(self) -> dict[str, int | None]:
        """The counters by name, as `bench.measurement.Counters` has them."""
        return {
            "statements": None if self.unseen else self.statements,
            "executions": None if self.unseen or self.cut_short else self.executions,
            "rows": None if self.unseen else self.rows,
            "connections": self.connections,
            "orm_objects": self.orm_objects,
        }

    @property
    def blind_spot(self) -> str | None:
        """Why the events do not tell how many executions there were; None where they do."""
        if self.unseen:
            return USED_DIRECTLY
        return CUT_SHORT if self.cut_short else None

    def statement_counts(self) -> list[dict[str, Any]]:
        """Each distinct statement with how often it was sent, in the order of their first sending."""
        return [{"sql": sql, "calls": calls} for sql, calls in self.texts.items()]


@contextmanager
def counted(handle: Database | SyncDatabase, *, objects: bool) -> Iterator[Tally]:
    """Count what one call does through a handle while the context is open; nothing is listened to outside of it.

    Args:
        handle: The strategy's handle.
        objects: Whether to count ORM objects too, which costs a call each: not while a clock runs.
    """
    tally = Tally(orm_objects=0 if objects else None)
    engine = sync_engine(handle)
    connections, uses = len(handle.driver_connections), handle.driver_uses
    executed: list[Any] = []

    def before_cursor_execute(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        tally.statements += 1
        executed.append(cursor)
        tally.texts[statement] += 1
        tally.parameters.setdefault(statement, (parameters, executemany and not is_batch(context)))
        if statement_kind(statement) == "execution":
            tally.executions += len(parameters) if executemany and not is_batch(context) else 1

    def after_cursor_execute(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        rows = _rows_waiting(cursor)
        tally.rows = None if rows is None or tally.rows is None else tally.rows + rows

    def failed(context: Any) -> None:
        execution = context.execution_context
        if execution is not None and execution.executemany and not is_batch(execution):
            tally.cut_short = True

    def loaded(instance: Any, context: Any) -> None:
        tally.orm_objects = (tally.orm_objects or 0) + 1

    def connected(connection: Any, record: Any) -> None:
        tally.connections += 1

    listeners: list[tuple[Any, str, Any]] = [
        (engine, "before_cursor_execute", before_cursor_execute),
        (engine, "after_cursor_execute", after_cursor_execute),
        (engine, "handle_error", failed),
        # Of any pool: a call may make an engine of its own.
        (Pool, "connect", connected),
    ]
    if objects:
        listeners.append((Mapper, "load", loaded))
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    try:
        with _noted_taken_out(engine) as taken_out:
            yield tally
    finally:
        for target, name, listener in listeners:
            event.remove(target, name, listener)
        tally.connections += len(handle.driver_connections) - connections
        # Compared while both are alive: the number of an object that is gone may be another's.
        unexecuted = {id(one) for one in taken_out} - {id(one) for one in executed}
        # A connection of the driver's that a setup has opened may have been used without asking for it again.
        tally.unseen = handle.driver_uses > uses or bool(handle.driver_connections) or bool(unexecuted)


@contextmanager
def _noted_taken_out(engine: Engine) -> Iterator[list[Any]]:
    """The cursors and connections of the driver that are taken out of pooled connections meanwhile: what is done with
    one that SQLAlchemy executes nothing on cannot be seen.
    """
    taken_out: list[Any] = []
    dialect: Any = engine.dialect
    cursor_of, connection_of, initialize = _ConnectionFairy.cursor, dialect.get_driver_connection, dialect.initialize
    preparing = False

    def cursor(fairy: Any, *args: Any, **options: Any) -> Any:
        taken_out.append(cursor_of(fairy, *args, **options))
        return taken_out[-1]

    def get_driver_connection(connection: Any) -> Any:
        found = connection_of(connection)
        if not preparing:
            taken_out.append(found)
        return found

    def initialized(connection: Any) -> None:
        nonlocal preparing
        preparing = True
        try:
            initialize(connection)
        finally:
            preparing = False

    _ConnectionFairy.cursor = cursor  # type: ignore[method-assign, assignment]
    dialect.get_driver_connection, dialect.initialize = get_driver_connection, initialized
    try:
        yield taken_out
    finally:
        _ConnectionFairy.cursor = cursor_of  # type: ignore[method-assign]
        del dialect.get_driver_connection, dialect.initialize


def _rows_waiting(cursor: Any) -> int | None:
    """Rows that an execution brought back; None for a cursor that fetches them later, unseen from here."""
    if cursor.description is None:
        return 0
    # psycopg's cursors on the server have a name; SQLAlchemy 2.0 hands them on without saying what they are.
    if getattr(cursor, "server_side", False) or getattr(cursor, "name", None) is not None:
        return None
    buffered = getattr(cursor, "_rows", None)
    if buffered is not None:
        return len(buffered)
    return cursor.rowcount if cursor.rowcount >= 0 else None
