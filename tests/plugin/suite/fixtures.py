"""Engines of a suite of the plugin's tests, with ten authors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from shop import Base, rows
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with the authors."""
    file = tmp_path / "shop.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all(rows(10))
    engine.dispose()
    return file


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    """An engine that nothing has been sent through yet."""
    engine = create_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def async_engine(file: Path) -> Iterator[AsyncEngine]:
    """An engine for asyncio."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    yield engine
    asyncio.run(engine.dispose())
