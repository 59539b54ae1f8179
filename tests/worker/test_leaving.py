"""What a call has left in tables: what is compared of old rows and of new ones."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Column,
    FetchedValue,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    StaticPool,
    String,
    Table,
    false,
    func,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine

from bench.worker.leaving import Before, _changes_by_itself, _is_generated


def random_number() -> int:
    """A default that differs each time."""
    return Random().randrange(10**9)


@pytest.mark.parametrize(
    ("default", "compared"),
    [
        ("new", True),
        (text("0"), True),
        (text("'new'::character varying"), True),
        (false(), True),
        (text("now()"), False),
        (text("nextval('numbers')"), False),
        (func.current_timestamp(), False),
    ],
)
def test_column_with_a_constant_default_is_compared(default: Any, compared: bool) -> None:
    """A default that is a literal is the same for every strategy; one that the server works out is not."""
    table = Table("defaults", MetaData(), Column("state", String, server_default=default))
    assert compared is not _is_generated(table.c.state)


@pytest.mark.parametrize(
    ("options", "generated", "changing"),
    [
        ({"default": 5}, False, False),
        ({"default": random_number}, True, False),
        ({"default": func.now()}, True, False),
        ({"onupdate": 5}, False, False),
        ({"onupdate": random_number}, False, True),
        ({"onupdate": func.now()}, False, True),
        ({"server_onupdate": FetchedValue()}, False, True),
    ],
)
def test_what_a_default_makes_anew_is_left_out(options: dict[str, Any], generated: bool, changing: bool) -> None:
    """A default that is a function is left out of new rows, such an `onupdate` out of old ones; constants are not."""
    column = Column("value", Integer, **options)
    Table("things", MetaData(), Column("id", Integer, primary_key=True), column)
    assert (generated, changing) == (_is_generated(column), _changes_by_itself(column))


def left_after(metadata: MetaData, before: Any, *changes: Any) -> dict[str, list[tuple[Any, ...]]]:
    """What is compared of a new database with these rows in it, by table, after these changes."""

    async def change() -> dict[str, list[tuple[Any, ...]]]:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            for table, rows in before.items():
                for row in rows:
                    await connection.execute(table.insert().values(row))
            for one in changes:
                await connection.execute(one)
            found = await Before(before).compared(connection)
        await engine.dispose()
        return found

    return asyncio.run(change())


def test_key_of_a_key_that_is_generated_is_left_out() -> None:
    """Where the key of a subclass's table is its parent's generated one, what refers to it is left out too."""
    family = MetaData()
    parents = Table("parents", family, Column("id", Integer, primary_key=True))
    heirs = Table("heirs", family, Column("id", ForeignKey("parents.id"), primary_key=True), Column("name", String))
    notes = Table("notes", family, Column("heir", ForeignKey("heirs.id")), Column("note", String))

    left = left_after(
        family,
        {parents: [], heirs: [], notes: []},
        parents.insert().values(id=7),
        heirs.insert().values(id=7, name="kim"),
        notes.insert().values(heir=7, note="hello"),
    )
    assert {"parents": [()], "heirs": [("kim",)], "notes": [("hello",)]} == left


shelves = MetaData()
books = Table(
    "books",
    shelves,
    Column("id", Integer, primary_key=True),
    Column("title", String),
    Column("facts", JSON),
    Column("price", Numeric(asdecimal=False)),
)
BOOKS = [(1, "Emma", None, 1.5), (2, "Ulysses", {"pages": 1}, None), (3, "Ivanhoe", None, None)]


def test_a_row_that_has_not_changed_is_the_same_object_each_time() -> None:
    """What is compared of it is worked out once, so that comparing two strategies finds the very same."""
    before = Before({books: BOOKS})

    async def twice() -> list[dict[str, list[tuple[Any, ...]]]]:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        async with engine.begin() as connection:
            await connection.run_sync(shelves.create_all)
            for row in BOOKS:
                await connection.execute(books.insert().values(row))
            found = [await before.compared(connection) for _ in range(2)]
        await engine.dispose()
        return found

    one, other = asyncio.run(twice())
    assert {"books": BOOKS} == one == other
    # The second has a JSON value inside, which is looked at each time.
    assert [True, False, True] == [first is second for first, second in zip(one["books"], other["books"], strict=True)]


@pytest.mark.parametrize(
    ("change", "row"),
    [
        (books.update().where(books.c.id == 1).values(title="Persuasion"), (1, "Persuasion", None, 1.5)),
        (books.update().where(books.c.id == 1).values(price=None), (1, "Emma", None, None)),
        (books.update().where(books.c.id == 2).values(facts={"pages": True}), (2, "Ulysses", {"pages": True}, None)),
        (books.update().where(books.c.id == 3).values(facts=[]), (3, "Ivanhoe", [], None)),
    ],
)
def test_a_row_that_has_changed_is_seen(change: Any, row: tuple[Any, ...]) -> None:
    """Each column counts, and so does what is inside of JSON, where Python calls 1 and True equal."""
    expected = [row if row[0] == one[0] else one for one in BOOKS]
    (left,) = left_after(shelves, {books: BOOKS}, change).values()

    assert repr(expected) == repr(left)


def test_rows_that_are_gone_are_missing() -> None:
    """A row that was deleted is not there, and one with its values and another key is a new one."""
    left = left_after(
        shelves,
        {books: BOOKS},
        books.delete().where(books.c.id == 3),
        books.insert().values(id=4, title="Ivanhoe"),
    )

    assert {"books": [*BOOKS[:2], ("Ivanhoe", None, None)]} == left
