"""The plan of each statement that a strategy sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.orm import selectinload

from bench import Database, Scenario, SyncDatabase
from bench.databases.address import Address
from bench.worker.point import OpenPoint
from tests.worker.helpers import Announcements, access, items_of
from tests.worker.shelf import Item, Parent, shelf


async def selectin(db: Database) -> int:
    async with db.session() as session:
        statement = select(Parent).where(Parent.id <= 3).options(selectinload(Parent.children))
        return len((await session.scalars(statement)).all())


def selectin_plainly(db: SyncDatabase) -> int:
    with db.session() as session:
        statement = select(Parent).where(Parent.id <= 3).options(selectinload(Parent.children))
        return len(session.scalars(statement).all())


async def several_kinds(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(select(Parent.id).where(Parent.id == bindparam("wanted")), {"wanted": 1})
        await connection.execute(insert(Item), [{"name": "one"}, {"name": "two"}])
        await connection.execute(update(Item).where(Item.id == 1).values(name="other"))
        await connection.execute(text("ANALYZE items"))
        await connection.commit()


def _plans(
    strategy: Callable[..., Any], address: Address, driver: str = "asyncpg", *, writes: bool = False
) -> dict[str, str]:
    scenario = Scenario(dataset=shelf, writes=[Item] if writes else [])
    scenario.strategy()(strategy)

    async def explain() -> dict[str, str]:
        point = OpenPoint(scenario, "tests.plans", {}, 1, Announcements())
        await point.open("one", scenario.strategies[strategy.__name__], access(address, driver, writes=writes))
        try:
            return await point.explain("one")
        finally:
            assert {} == await point.close()

    return asyncio.run(explain())


@pytest.mark.parametrize(
    ("strategy", "driver"), [(selectin, "asyncpg"), (selectin, "psycopg"), (selectin_plainly, "asyncpg")]
)
def test_each_select_has_its_plan(shelf_on_postgresql: Address, strategy: Callable[..., Any], driver: str) -> None:
    """The parents are found by their key, the children by the index on theirs."""
    first, second = _plans(strategy, shelf_on_postgresql, driver).items()
    assert ("FROM parents" in first[0], "parents_pkey" in first[1]) == (True, True)
    assert ("FROM children" in second[0], "ix_children_parent_id" in second[1]) == (True, True)


@pytest.mark.parametrize("strategy", [selectin, selectin_plainly])
def test_sqlite_has_plans_too(shelf_on_sqlite: Address, strategy: Callable[..., Any]) -> None:
    """SQLite says which index it searches."""
    plans = list(_plans(strategy, shelf_on_sqlite).values())
    assert ["SEARCH parents USING INTEGER PRIMARY KEY (rowid<?)"] == plans[:1]
    assert plans[1].startswith("SEARCH children USING COVERING INDEX ix_children_parent_id")


def test_plans_are_of_what_can_be_explained_and_change_nothing(written_on_postgresql: Address) -> None:
    """Reads and writes have a plan, ANALYZE has none; the tables are left as they were."""
    plans = _plans(several_kinds, written_on_postgresql, writes=True)
    assert ["SELECT", "INSERT", "UPDATE"] == [sql.split()[0] for sql in plans]
    assert [True, True] == ["Insert on items" in list(plans.values())[1], "Update on items" in list(plans.values())[2]]
    assert [(number, f"item {number}") for number in range(1, 6)] == items_of(written_on_postgresql)


async def on_a_table_that_is_gone(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE passing (n int)"))
        await connection.execute(text("SELECT n FROM passing"))
        await connection.execute(text("DROP TABLE passing"))


def test_statement_that_cannot_be_explained_says_why(written_on_postgresql: Address) -> None:
    """A statement on a table that the strategy made and dropped has the server's refusal in place of a plan."""
    plans = _plans(on_a_table_that_is_gone, written_on_postgresql, writes=True)
    assert ["SELECT n FROM passing"] == list(plans)
    assert 'relation "passing" does not exist' in plans["SELECT n FROM passing"]
    assert plans["SELECT n FROM passing"].startswith("no plan: ")
