"""What the version changes: each figure on SQLAlchemy 2.0 and on 2.1, whichever is installed."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import nullcontext
from importlib.metadata import requires
from typing import Any

import pytest
from packaging.requirements import Requirement
from sqlalchemy import ARRAY, Integer, column, event, insert, make_url, select, text
from sqlalchemy.engine import Result
from sqlalchemy.exc import InvalidRequestError, SADeprecationWarning
from sqlalchemy.orm import noload
from testcontainers.community.postgres import PostgresContainer

from bench import Database, SyncDatabase
from tests.facts.costs import Costs
from tests.facts.library import Entry, Number, Shelf
from tests.facts.versions import IS_2_1


async def flushing_before(db: Database, statement: Any) -> int:
    async with db.session() as session:
        session.add(Entry(word="pending"))
        found = len((await session.execute(statement)).all())
        await session.rollback()
        return found


async def before_entities(db: Database) -> int:
    return await flushing_before(db, select(Entry.id))


async def before_core(db: Database) -> int:
    return await flushing_before(db, select(Entry.__table__.c.id))


async def before_text(db: Database) -> int:
    return await flushing_before(db, text("SELECT id FROM entries"))


@pytest.mark.parametrize(
    ("strategy", "found"),
    [(before_entities, 2), (before_core, 2 if IS_2_1 else 1), (before_text, 2 if IS_2_1 else 1)],
)
def test_autoflush(costs: Costs, strategy: Callable[..., Any], found: int) -> None:
    """A session sends what is pending before any statement from 2.1 on; 2.0 does so before those of the ORM alone: a
    statement more, and a row more that is found.
    """
    cost = costs.warm(strategy)
    assert (found, (found,) * 4) == (cost.result, cost.witnesses)


def by_option(db: SyncDatabase) -> int:
    with db.session() as session:
        statement = select(Number).where(Number.id <= 300).execution_options(yield_per=100)
        return len(session.scalars(statement).unique().all())


def by_method(db: SyncDatabase) -> int:
    with db.session() as session:
        return len(session.scalars(select(Number).where(Number.id <= 300)).unique().yield_per(100).all())


@pytest.mark.parametrize(("strategy", "is_refused"), [(by_option, True), (by_method, IS_2_1)])
def test_unique_with_yield_per(costs: Costs, strategy: Callable[..., Any], is_refused: bool) -> None:
    """Unique entities in parts are refused where `yield_per` is an execution option, and from 2.1 on also where it is
    the result's method, which 2.0 lets pass.
    """
    refusal = pytest.raises(InvalidRequestError, match="yield_per feature in conjunction with unique")
    with refusal if is_refused else nullcontext():
        assert 300 == costs.warm(strategy).result


async def heard_of_pages(db: Database, count: int) -> list[tuple[str, int]]:
    heard: list[tuple[str, int]] = []

    def before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        heard.append(("before", len(parameters)))

    def after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        heard.append(("after", len(parameters)))

    event.listen(db.engine.sync_engine, "before_cursor_execute", before)
    event.listen(db.engine.sync_engine, "after_cursor_execute", after)
    async with db.connection() as connection:
        rows = [{"word": f"new {number}"} for number in range(count)]
        await connection.scalars(insert(Entry).returning(Entry.id), rows)
        await connection.rollback()
    return heard


def test_after_cursor_execute_is_told_of_each_page(costs: Costs) -> None:
    """Both events come once for each page of insertmanyvalues. From 2.1 on both are told of its parameters; in 2.0 the
    one after it is told of all, each time.
    """
    in_2_1 = [("before", 1000), ("after", 1000)] * 2 + [("before", 500), ("after", 500)]
    in_2_0 = [("before", 1000), ("after", 2500)] * 2 + [("before", 500), ("after", 2500)]
    assert (in_2_1 if IS_2_1 else in_2_0) == costs.calls(heard_of_pages, 2500)[0].result


async def left_behind(db: Database) -> tuple[int, int]:
    """Results that live on, and objects that only the collector of garbage can free."""
    gc.collect()
    gc.disable()
    try:
        async with db.connection() as connection:
            for _ in range(10):
                (await connection.scalars(select(Shelf.id).where(Shelf.id < 5))).all()
        return sum(isinstance(one, Result) for one in gc.get_objects()), gc.collect()
    finally:
        gc.enable()


def test_no_result_is_left_in_a_cycle(costs: Costs) -> None:
    """What ten statements leave behind is freed without the collector; 2.1.2, which is excluded, left 110 objects."""
    assert (0, 0) == costs.warm(left_behind).result


def test_greenlet_comes_with_the_extra() -> None:
    """From 2.1 on SQLAlchemy alone does not bring greenlet; with its extra `asyncio` it does."""
    greenlets = [one for one in map(Requirement, requires("sqlalchemy") or ()) if one.name == "greenlet"]
    by_extra = {
        extra: any(one.marker is None or one.marker.evaluate({"extra": extra}) for one in greenlets)
        for extra in ("", "asyncio")
    }
    assert {"": not IS_2_1, "asyncio": True} == by_extra


def test_the_driver_of_a_plain_url() -> None:
    """`postgresql://` alone means psycopg 3 from 2.1 on, and psycopg2 before."""
    assert ("psycopg" if IS_2_1 else "psycopg2") == make_url("postgresql://").get_dialect().driver


@pytest.mark.skipif(not IS_2_1, reason="deprecated from SQLAlchemy 2.1 on")
def test_what_is_deprecated() -> None:
    """`noload` and `any()` of an array warn."""
    with pytest.warns(SADeprecationWarning, match="noload"):
        noload(Shelf.books)
    with pytest.warns(SADeprecationWarning, match="any"):
        column("keys", ARRAY(Integer)).any(5)


def test_where_testcontainers_keeps_postgresql() -> None:
    """From 4.15 on it is imported from `testcontainers.community`."""
    assert PostgresContainer.__module__.startswith("testcontainers.community.postgres")
