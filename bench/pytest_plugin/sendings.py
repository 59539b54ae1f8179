"""Hears each statement that SQLAlchemy sends in this process, by whatever engine, with the lines that sent it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import ORMExecuteState, Session

from bench.pytest_plugin.lines import Line, own_lines
from bench.statement_kinds import statement_kind
from bench.worker.batches import is_batch
from bench.worker.relationship_loads import Kind, kind_of_load, loads_for_one_object, relationship_of
from bench.worker.running_frames import running_frames

_ORIGIN = "_bench_origin"
"""The execution option by which a session's SELECT says at the cursor where it comes from."""


@dataclass(frozen=True)
class Origin:
    """What a session's SELECT is for.

    `relationship` is what it loads of one object, `Author.posts`, and `kind` how; None where it does not. `eager` says
    that it loads a relationship of many objects, as `selectinload` does; `refreshes` that it reads columns of an object
    that is there: one that was expired or deferred, or that `refresh` was asked for.
    """

    session: weakref.ref[Session]
    relationship: str | None
    kind: Kind | None
    eager: bool
    refreshes: bool


@dataclass(frozen=True)
class Sending:
    """One statement on its way to a database; its parameters are not kept, for they may be somebody's data.

    `lines` are the application's and the tests' own, from the innermost outwards; `origin` is None for what no session
    selects.
    """

    connection: Connection
    sql: str
    parameter_sets: int
    lines: tuple[Line, ...]
    origin: Origin | None


Listener = Callable[[Sending], None]

_listeners: tuple[Listener, ...] = ()
_changing = Lock()


@contextmanager
def heard(listener: Listener) -> Iterator[None]:
    """Call a listener with each statement while the context is open, in the thread that sends it.

    Transaction control (BEGIN, SAVEPOINT, COMMIT and their kin) is left out, and so is what SQLAlchemy's events do not
    see: the pool's ping, and what is done with the driver directly.
    """
    _begin(listener)
    try:
        yield
    finally:
        _end(listener)


def stop_listening() -> None:
    """Take from SQLAlchemy what the first `heard` put there, where nobody hears any more.

    It stays until then, for a thread that is sending a statement must not have its listeners taken away.
    """
    with _changing:
        if not _listeners and event.contains(Engine, "before_cursor_execute", _before_cursor_execute):
            event.remove(Engine, "before_cursor_execute", _before_cursor_execute)
            event.remove(Session, "do_orm_execute", _do_orm_execute)


def _begin(listener: Listener) -> None:
    global _listeners  # noqa: PLW0603 - what hears is the process's, as SQLAlchemy's events are
    with _changing:
        if not event.contains(Engine, "before_cursor_execute", _before_cursor_execute):
            event.listen(Engine, "before_cursor_execute", _before_cursor_execute)
            event.listen(Session, "do_orm_execute", _do_orm_execute)
        _listeners = (*_listeners, listener)


def _end(listener: Listener) -> None:
    global _listeners  # noqa: PLW0603
    with _changing:
        _listeners = tuple(other for other in _listeners if other is not listener)


def _do_orm_execute(execution: ORMExecuteState) -> None:
    if not _listeners or not execution.is_select:
        return
    one_by_one = loads_for_one_object(execution)
    origin = Origin(
        session=weakref.ref(execution.session),
        relationship=relationship_of(execution) if one_by_one else None,
        kind=kind_of_load() if one_by_one else None,
        eager=execution.is_relationship_load and not one_by_one,
        refreshes=execution.is_column_load,
    )
    execution.update_execution_options(**{_ORIGIN: origin})


def _before_cursor_execute(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    listeners = _listeners
    if not listeners or statement_kind(statement) == "transaction":
        return
    sending = Sending(
        connection=connection,
        sql=statement,
        parameter_sets=len(parameters) if executemany and not is_batch(context) else 1,
        lines=own_lines(running_frames()),
        origin=None if context is None else context.execution_options.get(_ORIGIN),
    )
    for listener in listeners:
        listener(sending)
