"""Finds the engine behind whatever a test has at hand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker

TAKEN = "an engine, a connection, a session or a sessionmaker, sync or async"


def engine_of(target: Any) -> Engine:
    """The engine of what a test has at hand: `TAKEN`.

    Raises:
        TypeError: It is something else, or a session that has several engines or none.
    """
    match target:
        case Engine():
            return target
        case AsyncEngine():
            return target.sync_engine
        case Connection() | AsyncConnection():
            return engine_of(target.engine)
        case sessionmaker() | async_sessionmaker() | scoped_session() | async_scoped_session():
            return engine_of(target())
        case AsyncSession():
            return engine_of(target.sync_session)
        case Session():
            return engine_of(_bind_of(target))
    raise TypeError(f"query_counter takes {TAKEN}, not {type(target).__name__}")


def _bind_of(session: Session) -> Engine | Connection:
    try:
        return session.get_bind()
    except SQLAlchemyError as error:
        raise TypeError(
            "query_counter cannot tell which engine this session uses: it has several, or none; name the engines"
        ) from error
