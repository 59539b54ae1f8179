"""The plan of each statement that a strategy sends, and how often the server used which kind of plan."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import selectinload

from bench import Database, SyncDatabase
from bench.databases.address import Address
from bench.plans import plan_shape, short_form
from bench.worker.counting import counted
from bench.worker.engines import Access
from bench.worker.plans import plans, prepared_plans
from tests.worker.helpers import access, items_of, opened, rows
from tests.worker.shelf import Item, Mark, Parent

BOTH = {"a": 4000, "b": 1}
KINDS: tuple[tuple[Any, Any], ...] = (
    (select(Parent.id).where(Parent.id == bindparam("wanted")), {"wanted": 1}),
    (insert(Item), [{"name": "one"}, {"name": "two"}]),
    (insert(Item).returning(Item.id), [{"name": "three"}, {"name": "four"}]),
    (update(Item).where(Item.id == 1).values(name="other"), {}),
    (text("ANALYZE items"), {}),
)


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
        for statement, parameters in KINDS:
            await connection.execute(statement, parameters)


def several_kinds_plainly(db: SyncDatabase) -> None:
    with db.connection() as connection:
        for statement, parameters in KINDS:
            connection.execute(statement, parameters)


async def reading(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(select(Parent.id).where(Parent.id == 1))


async def seven_of_one(db: Database) -> None:
    async with db.connection() as connection:
        for _ in range(7):
            await connection.execute(text("SELECT id, 7 % 2 FROM children WHERE id = :b AND parent_id < :a + :b"), BOTH)
        await connection.commit()


def asked(
    question: Callable[[Connection, Any], dict[str, Any]],
    strategy: Callable[..., Any],
    where: Access,
    calls: int = 1,
    **options: Any,
) -> dict[str, Any]:
    """What is said of a strategy's statements, on its engine, after a few calls."""

    async def ask() -> dict[str, Any]:
        async with opened(strategy, where, **options) as found:
            with counted(found.handle, objects=False) as tally:
                for _ in range(calls):
                    await found.once(None)
            engine = found.handle.engine
            if isinstance(engine, AsyncEngine):
                async with engine.connect() as connection:
                    return await connection.run_sync(question, tally.parameters)
            with engine.connect() as connection:
                return question(connection, tally.parameters)

    return asyncio.run(ask())


def actual_rows(plan: Any) -> Any:
    """Of the uppermost node; None where it was not executed."""
    return plan["Plan"].get("Actual Rows")


def index_of(node: Any) -> Any:
    """The first index that a node or one below it uses."""
    return node.get("Index Name") or next((index_of(child) for child in node.get("Plans", ())), None)


@pytest.mark.parametrize(
    ("strategy", "driver"), [(selectin, "asyncpg"), (selectin, "psycopg"), (selectin_plainly, "asyncpg")]
)
def test_each_select_has_its_plan(shelf_on_postgresql: Address, strategy: Callable[..., Any], driver: str) -> None:
    """The parents are found by their key and the children by the index on theirs, in as many rows as there were."""
    (first, parents), (second, children) = asked(plans, strategy, access(shelf_on_postgresql, driver)).items()
    assert (True, True) == ("FROM parents" in first, "FROM children" in second)
    assert {"Plan", "Planning", "Planning Time", "Triggers", "Execution Time"} == set(parents)
    # How many rows are estimated depends on which of them ANALYZE has looked at.
    first_line = re.sub(r"\d+ estimated", "n estimated", short_form(parents).split("\n")[0])
    assert "Index Scan on parents using parents_pkey  rows n estimated, 3 actual" == first_line
    assert ("ix_children_parent_id", 6) == (index_of(children["Plan"]), actual_rows(children))


@pytest.mark.parametrize("strategy", [selectin, selectin_plainly])
def test_sqlite_has_plans_too(shelf_on_sqlite: Address, strategy: Callable[..., Any]) -> None:
    """SQLite says which index it searches."""
    found = list(asked(plans, strategy, access(shelf_on_sqlite)).values())
    assert ["SEARCH parents USING INTEGER PRIMARY KEY (rowid<?)"] == found[:1]
    assert found[1].startswith("SEARCH children USING COVERING INDEX ix_children_parent_id")


@pytest.mark.parametrize(
    ("strategy", "driver"), [(several_kinds, "asyncpg"), (several_kinds, "psycopg"), (several_kinds_plainly, "psycopg")]
)
def test_writes_are_executed_and_leave_nothing_behind(
    written_on_postgresql: Address, strategy: Callable[..., Any], driver: str
) -> None:
    """Reads and writes have a plan with what they did, ANALYZE has none; the tables are left as they were."""
    found = asked(plans, strategy, access(written_on_postgresql, driver, writes=True))
    assert ["SELECT", "INSERT", "INSERT", "UPDATE"] == [sql.split()[0] for sql in found]
    assert ["parents", "items", "items", "items"] == [plan["Plan"]["Relation Name"] for plan in found.values()]
    # An executemany is explained with its first set, a batch with RETURNING as the one statement that it is.
    assert [1, 0, 2, 0] == [actual_rows(plan) for plan in found.values()]
    assert [(number, f"item {number}") for number in range(1, 6)] == items_of(written_on_postgresql)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_an_engine_in_autocommit_keeps_nothing(written_on_postgresql: Address, driver: str) -> None:
    """Where every statement commits itself, those that are explained do not; the connection then commits again."""
    statements = {"INSERT INTO items (name) VALUES ('new')": ((), False), "DELETE FROM marks": ((), False)}

    def explained_then_written(connection: Connection, _: Any) -> dict[str, Any]:
        found = plans(connection, statements)
        connection.close()
        with connection.engine.connect() as again:
            again.exec_driver_sql("UPDATE items SET name = 'kept' WHERE id = 5")
        return found

    where = access(written_on_postgresql, driver, writes=True)
    found = asked(explained_then_written, reading, where, engine_options={"isolation_level": "AUTOCOMMIT"})
    assert [0, 0] == [actual_rows(plan) for plan in found.values()]
    assert [(number, f"item {number}") for number in range(1, 5)] + [(5, "kept")] == items_of(written_on_postgresql)
    assert [(5,)] == rows(written_on_postgresql, "SELECT count(*) FROM marks")


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_write_on_a_read_only_connection_is_planned(shelf_on_postgresql: Address, driver: str) -> None:
    """What the server refuses to execute has its plan without anything actual."""

    def of_a_write(connection: Connection, _: Any) -> dict[str, Any]:
        return plans(connection, {"DELETE FROM marks": ((), False), "SELECT 1 AS one": ((), False)})

    found = asked(of_a_write, reading, access(shelf_on_postgresql, driver))
    assert {"DELETE FROM marks": None, "SELECT 1 AS one": 1} == {sql: actual_rows(one) for sql, one in found.items()}
    assert "Delete on marks" in short_form(found["DELETE FROM marks"])


async def parent_before_child(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(insert(Item), {"id": 100, "name": "new"})
        await connection.execute(insert(Mark), {"id": 100, "item_id": 100})


def test_what_needs_the_statement_before_it_is_planned(written_on_postgresql: Address) -> None:
    """A row that refers to one which the same call inserted cannot be inserted alone, and has its plan nevertheless."""
    found = asked(plans, parent_before_child, access(written_on_postgresql, writes=True))
    assert [0, None] == [actual_rows(plan) for plan in found.values()]
    assert ["items", "marks"] == [plan["Plan"]["Relation Name"] for plan in found.values()]


async def on_a_table_that_is_gone(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE passing (n int)"))
        await connection.execute(text("SELECT n FROM passing"))
        await connection.execute(text("DROP TABLE passing"))


def test_statement_that_cannot_be_explained_says_why(written_on_postgresql: Address) -> None:
    """A statement on a table that the strategy made and dropped has the server's refusal in place of a plan."""
    found = asked(plans, on_a_table_that_is_gone, access(written_on_postgresql, writes=True))
    assert ["SELECT n FROM passing"] == list(found)
    assert 'relation "passing" does not exist' in found["SELECT n FROM passing"]
    assert found["SELECT n FROM passing"].startswith("no plan: ")


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_plans_that_an_engine_leaves_as_text_are_parsed(shelf_on_postgresql: Address, driver: str) -> None:
    """A strategy may take JSON as the text that the server sent; the plan is an object all the same."""
    options = {"json_deserializer": lambda document: document}
    found = asked(plans, reading, access(shelf_on_postgresql, driver), engine_options=options)
    assert [1] == [actual_rows(plan) for plan in found.values()]


def test_statements_may_begin_with_a_bracket_or_a_comment(shelf_on_postgresql: Address) -> None:
    """What EXPLAIN takes is known behind brackets and comments too, and what it does not take is left out."""
    texts = ["(SELECT 1) UNION ALL (SELECT 2)", "/* a */ -- b\n SELECT 3", "SHOW jit", "-- SELECT 4\nSHOW jit"]

    def of_these(connection: Connection, _: Any) -> dict[str, Any]:
        return plans(connection, dict.fromkeys(texts, ((), False)))

    assert texts[:2] == list(asked(of_these, reading, access(shelf_on_postgresql)))


def test_the_values_of_parameters_do_not_change_the_shape(shelf_on_postgresql: Address) -> None:
    """A statement that finds its rows by the same index has the same shape whatever it looks for, and another table
    another.
    """

    def of_three(connection: Connection, _: Any) -> dict[str, Any]:
        wanted = {f"SELECT * FROM parents WHERE id = {number}": ((), False) for number in (1, 2000)}
        return plans(connection, {**wanted, "SELECT * FROM children WHERE id = 1": ((), False)})

    first, second, other = asked(of_three, reading, access(shelf_on_postgresql)).values()
    assert (True, True) == (plan_shape(first) == plan_shape(second), plan_shape(first) != plan_shape(other))


def test_asyncpg_prepares_what_it_is_sent(shelf_on_postgresql: Address) -> None:
    """The server makes a plan for the parameters five times, and then uses its generic one where that is as good."""
    (found,) = asked(prepared_plans, seven_of_one, access(shelf_on_postgresql), 2).values()
    assert (9, 5) == found


def test_psycopg_prepares_at_the_sixth_execution(shelf_on_postgresql: Address) -> None:
    """The first five are not prepared; the text that psycopg prepares, with numbered parameters, is matched."""
    ((sql, found),) = asked(prepared_plans, seven_of_one, access(shelf_on_postgresql, "psycopg"), 2).items()
    assert "SELECT id, 7 %% 2 FROM children WHERE id = %(b)s AND parent_id < %(a)s + %(b)s" == sql
    assert (4, 5) == found


def test_asking_drops_nothing_that_psycopg_prepared(shelf_on_postgresql: Address) -> None:
    """Asked twice, the answer is the same."""

    def twice(connection: Connection, statements: Any) -> dict[str, Any]:
        return {"first": prepared_plans(connection, statements), "second": prepared_plans(connection, statements)}

    found = asked(twice, seven_of_one, access(shelf_on_postgresql, "psycopg"), 2)
    assert [(4, 5)] == list(found["first"].values())
    assert found["first"] == found["second"]


@pytest.mark.parametrize("name", ["shelf_on_postgresql", "shelf_on_sqlite"])
def test_what_is_not_prepared_is_left_out(request: pytest.FixtureRequest, name: str) -> None:
    """SQLite counts nothing, and a server only what was prepared on that connection."""

    def of_another(connection: Connection, _: Any) -> dict[str, Any]:
        return prepared_plans(connection, ["SELECT 'never sent'"])

    assert {} == asked(of_another, selectin, access(request.getfixturevalue(name)))


def test_an_older_server_does_not_count(shelf_on_postgresql: Address) -> None:
    """Before PostgreSQL 14 the server does not tell one kind of plan from the other."""

    def as_if_older(connection: Connection, statements: Any) -> dict[str, Any]:
        connection.dialect.server_version_info = (13, 22)
        return prepared_plans(connection, statements)

    assert {} == asked(as_if_older, seven_of_one, access(shelf_on_postgresql))
