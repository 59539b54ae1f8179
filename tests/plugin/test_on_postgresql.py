"""The plugin on a real PostgreSQL, by both drivers: these tests use it themselves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.pytest_plugin import sendings
from bench.pytest_plugin.counter import Queries, QueryCounter
from bench.worker.engines import Access, asyncpg_arguments, psycopg_arguments
from tests.plugin.suite import shop

SHOP = "tests/plugin/suite/shop.py"


@pytest.fixture(scope="module", autouse=True)
def _left_as_found() -> Iterator[None]:
    """Nothing listens to SQLAlchemy in the tests of other modules."""
    yield
    sendings.stop_listening()


@pytest.fixture(scope="module")
def address(cache: Path) -> Iterator[Address]:
    """A database with ten authors."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server.clone(server.template("shop", fill))


def fill(address: Address) -> None:
    """Make the authors."""
    engine = sync_engine(address)
    shop.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all(shop.rows(10))
    engine.dispose()


def sync_engine(address: Address, **options: Any) -> Engine:
    """An engine on psycopg that nothing has been sent through."""
    arguments = psycopg_arguments(Access(address, "psycopg", "bench tested", writes=True))
    return create_engine("postgresql+psycopg://", connect_args=arguments, **options)


def line(function: Any, mark: str) -> str:
    """Where the line of a function of the application is that ends in a comment."""
    lines, first = inspect.getsourcelines(function)
    (number,) = (number for number, text in enumerate(lines, first) if text.endswith(f"  # {mark}\n"))
    return f"{SHOP}:{number}"


def told(queries: Queries) -> list[tuple[int, str | None, str | None]]:
    """Of each text, how often it was sent, from where, and what it loads."""
    return [(len(group), group[0].where, group[0].relationship) for group in queries.by_sql.values()]


def test_lazy_loads_on_psycopg(query_counter: QueryCounter, address: Address) -> None:
    """The first use of an engine counts as the second does, pings and greetings left out."""
    engine = sync_engine(address, pool_pre_ping=True)
    for _ in range(2):
        with query_counter(engine) as queries, Session(engine) as session:
            shop.lazily(session)
        assert [
            (1, line(shop.lazily, "lazily"), None),
            (10, line(shop.titles, "titles"), "Author.posts"),
        ] == told(queries)
    engine.dispose()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_lazy_loads_under_asyncio(query_counter: QueryCounter, address: Address, driver: str) -> None:
    """Both drivers' statements are counted and have the application's lines, through SQLAlchemy's greenlets."""
    arguments = {"asyncpg": asyncpg_arguments, "psycopg": psycopg_arguments}[driver]
    access = Access(address, driver, "bench tested", writes=True)

    async def read() -> None:
        engine = create_async_engine(
            f"postgresql+{driver}://", connect_args=arguments(access), pool_pre_ping=True, hide_parameters=True
        )
        for _ in range(2):
            async with AsyncSession(engine) as session:
                with query_counter(engine) as queries:
                    await shop.lazily_async(session)
            assert [
                (1, line(shop.lazily_async, "authors_async"), None),
                (10, line(shop.lazily_async, "lazily_async"), "Author.posts"),
            ] == told(queries)
        await engine.dispose()

    asyncio.run(read())


def test_writes_and_savepoints(query_counter: QueryCounter, address: Address) -> None:
    """An executemany is one statement with its sets; a savepoint is none; rows with RETURNING come in their batches."""
    engine = sync_engine(address, insertmanyvalues_page_size=2)
    names = [{"name": name} for name in ("one", "two", "three")]
    with Session(engine) as session:
        with query_counter(session) as queries, session.begin_nested():
            session.execute(insert(shop.Author), names)
            session.execute(insert(shop.Author).returning(shop.Author.id), names).all()
        session.rollback()
    engine.dispose()

    assert [3, 1, 1] == [statement.parameter_sets for statement in queries.statements]


@pytest.mark.max_queries(2)
def test_bound_and_n_plus_one(no_n_plus_one: None, address: Address) -> None:
    """What loads well passes both checks."""
    engine = sync_engine(address)
    with Session(engine) as session:
        assert 10 == len(shop.eagerly(session))
    engine.dispose()
