"""Tables that are written come back as they were, with their sequences and those that refer to them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import datetime
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Dataset
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.postgres import PostgresServer
from bench.databases.sqlite import SqliteServer
from bench.errors import BenchError
from bench.worker.restoring import SAVED, Restorer
from tests.worker.helpers import access, rows, seeder

metadata = MetaData()
makers = Table(
    "makers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("made", DateTime, server_default=func.current_timestamp()),
    Column("length", Integer, Computed("length(name)")),
    sqlite_autoincrement=True,
)
tools = Table(
    "Tools & more",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("maker", ForeignKey("makers.id")),
    Column("like", ForeignKey("Tools & more.id")),
)
parts = Table("parts", metadata, Column("tool", ForeignKey("Tools & more.id")), Column("name", String))
words = Table("words", metadata, Column("word", String, primary_key=True), Column("meaning", String))
unrelated = Table("unrelated", metadata, Column("id", Integer, primary_key=True))


def yielded(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Rows with keys of both kinds, some of them referring to others."""
    yield makers, iter([(1, "anna", None), (2, "bo", None)])
    yield tools, iter([(1, 1, None), (2, 2, 1), (3, 2, 3)])
    yield parts, iter([(1, "screw"), (3, "nut")])
    yield words, iter([("a", "first"), ("z", "last")])
    yield unrelated, iter([(1,)])


workshop = Dataset("workshop", metadata, yielded)

CONTENTS = {
    "makers": [(1, "anna", None, 4), (2, "bo", None, 2)],
    '"Tools & more"': [(1, 1, None), (2, 2, 1), (3, 2, 3)],
    "parts": [(1, "screw"), (3, "nut")],
}
DAMAGE = (
    "INSERT INTO makers (name) VALUES ('cy'), ('dora')",
    "UPDATE makers SET name = 'anne' WHERE id = 1",
    "UPDATE parts SET name = 'bolt'",
    "DELETE FROM parts WHERE tool = 3",
    'DELETE FROM "Tools & more" WHERE id > 1',
    'INSERT INTO "Tools & more" (maker) VALUES (3)',
    "DELETE FROM makers WHERE id = 2",
)


@pytest.fixture(scope="module")
def workshop_on_postgresql(postgresql: PostgresServer) -> Address:
    """A database with the workshop; each test leaves it as it was, which is what they test."""
    return postgresql.clone(postgresql.template("workshop", seeder(workshop)))


@pytest.fixture(scope="module")
def workshop_on_sqlite(sqlite: SqliteServer) -> Address:
    """A file with the workshop."""
    return sqlite.clone(sqlite.template("workshop", seeder(workshop)))


@pytest.fixture(params=["workshop_on_postgresql", "workshop_on_sqlite"])
def place(request: pytest.FixtureRequest) -> Address:
    """The workshop on either."""
    address: Address = request.getfixturevalue(request.param)
    return address


def run(address: Address, *statements: str) -> None:
    """Run statements that give no rows, each in a transaction of its own."""
    if address.dialect == "sqlite":
        with closing(sqlite3.connect(address.database)) as connection:
            for statement in statements:
                connection.execute(statement)
                connection.commit()
    else:
        with connect(address, application_name="witness") as connection:
            for statement in statements:
                connection.execute(statement)


def contents(address: Address) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the tables that are damaged, in order."""
    return {name: rows(address, f"SELECT * FROM {name} ORDER BY 1") for name in CONTENTS}


def with_restorer(
    address: Address, use: Callable[[Restorer], Awaitable[Any]], writes: Any = (makers,), of: MetaData = metadata
) -> Any:
    """What `use` gives with a restorer that has saved and is closed afterwards."""

    async def saved() -> Any:
        restorer = Restorer(access(address, writes=True), of, writes)
        await restorer.save()
        try:
            return await use(restorer)
        finally:
            await restorer.close()

    return asyncio.run(saved())


def test_rows_come_back_and_those_that_refer_to_them(place: Address) -> None:
    """What was inserted, changed and deleted in a written table, and in those that refer to it, is put back."""

    async def damage(restorer: Restorer) -> tuple[Any, Any]:
        run(place, *DAMAGE)
        damaged = contents(place)
        await restorer.restore()
        return damaged, contents(place)

    damaged, restored = with_restorer(place, damage)
    assert CONTENTS == restored
    assert [False] * 3 == [damaged[name] == CONTENTS[name] for name in CONTENTS]


def test_keys_go_on_where_they_did(place: Address) -> None:
    """After each restore the next key of a serial, or of AUTOINCREMENT, and of an identity is the same as before."""
    statement = "INSERT INTO makers (name) VALUES ('cy') RETURNING id"

    async def keys(restorer: Restorer) -> list[Any]:
        found = []
        for _ in range(3):
            found.append(rows(place, statement))
            run(place, *DAMAGE[:1])
            await restorer.restore()
        return found

    assert [[(3,)]] * 3 == with_restorer(place, keys)


def test_closing_leaves_a_database_as_it_was(place: Address) -> None:
    """Rows are put back, and the tables that kept them are gone."""

    async def damage(restorer: Restorer) -> None:
        run(place, *DAMAGE)

    with_restorer(place, damage)
    catalogue = "sqlite_master" if place.dialect == "sqlite" else "pg_class"
    column = "name" if place.dialect == "sqlite" else "relname"
    assert CONTENTS == contents(place)
    assert [(0,)] == rows(place, f"SELECT count(*) FROM {catalogue} WHERE {column} LIKE '{SAVED}%'")


def test_restored_tables_are_vacuumed_and_analyzed(workshop_on_postgresql: Address) -> None:
    """Every page of a table that was put back is all-visible, and the planner knows its rows."""

    async def damage(restorer: Restorer) -> Any:
        run(workshop_on_postgresql, *DAMAGE)
        await restorer.restore()
        return rows(
            workshop_on_postgresql,
            "SELECT relname, reltuples::int, relpages, relallvisible FROM pg_class"
            " WHERE relname IN ('makers', 'Tools & more', 'parts') ORDER BY 1",
        )

    expected = [("Tools & more", 3, 1, 1), ("makers", 2, 1, 1), ("parts", 2, 1, 1)]
    assert expected == with_restorer(workshop_on_postgresql, damage)


def test_the_planner_knows_the_rows_that_were_put_back(workshop_on_postgresql: Address) -> None:
    """Statistics that somebody made of other rows are made anew when the rows are back; else they are left alone."""
    names = "SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'parts' AND attname = 'name'"
    times = "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'parts'"

    async def analyze_other_rows(restorer: Restorer) -> Any:
        await restorer.restore()
        seen = [rows(workshop_on_postgresql, times)]
        run(workshop_on_postgresql, "UPDATE parts SET name = 'bolt'", "ANALYZE parts")
        seen.append(rows(workshop_on_postgresql, names))
        await restorer.restore()
        seen += [rows(workshop_on_postgresql, names), rows(workshop_on_postgresql, times)]
        await restorer.restore()
        return [*seen, rows(workshop_on_postgresql, times)]

    before, others, restored, after, later = with_restorer(workshop_on_postgresql, analyze_other_rows)
    assert ([("{bolt}",)], [(None,)]) == (others, restored)
    assert [(before[0][0] + 2,)] == after == later


def test_the_planner_knows_the_rows_of_a_table_that_was_made_anew(workshop_on_postgresql: Address) -> None:
    """A strategy that drops a table and creates it leaves no statistics: they are made once the rows are back."""
    names = "SELECT null_frac::int, avg_width FROM pg_stats WHERE tablename = 'parts' AND attname = 'name'"
    anew = ("DROP TABLE parts", 'CREATE TABLE parts (tool int REFERENCES "Tools & more", name varchar)')

    async def make_anew(restorer: Restorer) -> Any:
        run(workshop_on_postgresql, *anew)
        unknown = rows(workshop_on_postgresql, names)
        await restorer.restore()
        return unknown, rows(workshop_on_postgresql, names)

    assert ([], [(0, 5)]) == with_restorer(workshop_on_postgresql, make_anew)


def test_triggers_of_the_dataset_do_not_change_what_is_put_back(workshop_on_postgresql: Address) -> None:
    """Rows come back as they were, whatever a trigger would make of an inserted one, where the role may see to that."""
    run(
        workshop_on_postgresql,
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN NEW.name := upper(NEW.name); RETURN NEW; END$$",
        "CREATE TRIGGER shout BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION shout()",
    )

    async def insert(restorer: Restorer) -> Any:
        run(workshop_on_postgresql, "INSERT INTO parts VALUES (1, 'bolt')")
        inserted = contents(workshop_on_postgresql)["parts"]
        await restorer.restore()
        return sorted(inserted), contents(workshop_on_postgresql)["parts"]

    try:
        inserted, restored = with_restorer(workshop_on_postgresql, insert)
    finally:
        run(workshop_on_postgresql, "DROP FUNCTION shout CASCADE")
    assert [(1, "BOLT"), (1, "screw"), (3, "nut")] == inserted
    assert CONTENTS["parts"] == restored


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO unrelated VALUES (2)", "UPDATE unrelated SET id = 2", "DELETE FROM unrelated"],
)
def test_writes_to_other_tables_are_refused(place: Address, statement: str) -> None:
    """A table that is neither written nor refers to a written one is not put back, so nobody may write to it."""

    async def write_elsewhere(restorer: Restorer) -> None:
        with pytest.raises((psycopg.Error, sqlite3.Error), match=r"it writes the table unrelated.*add it to writes="):
            run(place, statement)

    with_restorer(place, write_elsewhere)
    assert [(1,)] == rows(place, "SELECT id FROM unrelated")
    run(place, "INSERT INTO unrelated VALUES (2)", "DELETE FROM unrelated WHERE id = 2")


def left_after(address: Address, writes: Any, *statements: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a call that ran these statements left in the tables it writes, in order."""

    async def call(restorer: Restorer) -> Any:
        await restorer.restore()
        run(address, *statements)
        return {name: sorted(found, key=repr) for name, found in (await restorer.left(await restorer.before())).items()}

    found: dict[str, list[tuple[Any, ...]]] = with_restorer(address, call, writes)
    return found


def test_columns_that_the_server_generates_are_left_out_of_new_rows(place: Address) -> None:
    """Of a new row its key, its default and what is computed are left out; rows that were there are whole."""
    left = left_after(place, [makers], "INSERT INTO makers (name) VALUES ('cy')")
    assert [("cy",), (1, "anna", None, 4), (2, "bo", None, 2)] == left["makers"]


def test_generated_keys_of_other_new_rows_are_left_out_of_new_rows(place: Address) -> None:
    """A new row that refers to another new row does not say to which: its key was the server's to choose."""
    statements = (
        "INSERT INTO makers (name) VALUES ('cy')",
        'INSERT INTO "Tools & more" (maker) VALUES (3)',
        "INSERT INTO parts VALUES (4, 'hinge')",
    )
    left = left_after(place, [makers, tools, parts], *statements)
    assert [(1, 1, None), (2, 2, 1), (3, 2, 3), (None,)] == left["Tools & more"]
    assert [("hinge",), (1, "screw"), (3, "nut")] == sorted(left["parts"], key=len)


@pytest.mark.parametrize("writes", [[tools], [makers, tools]], ids=["not written", "written"])
def test_keys_of_rows_that_were_there_are_kept_in_new_rows(place: Address, writes: Any) -> None:
    """A new row that refers to a row which was there says to which, whether or not that one's table is written."""
    left = left_after(place, writes, 'INSERT INTO "Tools & more" (maker, "like") VALUES (2, 3)')
    assert [(1, 1, None), (2, 2, 1), (2, 3), (3, 2, 3)] == left["Tools & more"]


def test_keys_that_the_strategy_gives_are_compared(place: Address) -> None:
    """A key that is no number of the server's own is part of a new row."""
    left = left_after(place, [words], "INSERT INTO words VALUES ('m', 'middle')")
    assert [("a", "first"), ("m", "middle"), ("z", "last")] == left["words"]


def test_update_of_the_wrong_row_shows(place: Address) -> None:
    """Rows that were there are compared with their keys: the same change to another row leaves something else."""
    right = left_after(place, [makers], "UPDATE makers SET name = 'x' WHERE id = 1")
    wrong = left_after(place, [makers], "UPDATE makers SET name = 'x' WHERE id = 2")
    assert [(1, "x", None, 1), (2, "bo", None, 2)] == right["makers"]
    assert [(1, "anna", None, 4), (2, "x", None, 1)] == wrong["makers"]


def test_tables_that_refer_to_a_written_one_are_compared(place: Address) -> None:
    """What is done to a table that is put back shows, whether it is declared or refers to one that is."""
    left = left_after(place, [makers], "DELETE FROM parts WHERE tool = 3")
    assert [(1, "screw")] == left["parts"]


def test_tables_of_a_subclass_are_put_back_and_compared(sqlite: SqliteServer) -> None:
    """Who declares a mapped class declares the tables of the classes that it inherits from too."""

    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "people"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        state: Mapped[str] = mapped_column(server_default="new")
        joined: Mapped[datetime] = mapped_column(server_default=func.current_timestamp())

    class Pilot(Person):
        __tablename__ = "pilots"
        id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
        licence: Mapped[str]

    nobody = Dataset("flying", Base.metadata, lambda scale, random: iter(()))
    clone = sqlite.clone(sqlite.template("flying", seeder(nobody)))

    async def call(restorer: Restorer) -> Any:
        run(clone, "INSERT INTO people (id, name) VALUES (7, 'kim')", "INSERT INTO pilots VALUES (7, 'A')")
        left = await restorer.left(await restorer.before())
        await restorer.restore()
        return left, rows(clone, "SELECT name FROM people")

    left = {"people": [("kim", "new")], "pilots": [("A",)]}
    assert (left, []) == with_restorer(clone, call, [Pilot], Base.metadata)


def test_transaction_that_was_left_open_is_said(workshop_on_postgresql: Address) -> None:
    """A transaction that still reads a written table keeps it from being put back; the complaint says what to do."""

    async def hold(restorer: Restorer) -> None:
        with connect(workshop_on_postgresql, application_name="holder") as holder, holder.transaction():
            holder.execute("SELECT count(*) FROM makers")
            with pytest.raises(BenchError, match="left a transaction open that locks the tables it writes: let every"):
                await restorer.restore()

    with_restorer(workshop_on_postgresql, hold)
    assert CONTENTS == contents(workshop_on_postgresql)


def test_tables_with_one_name_in_two_schemas_and_long_names(postgresql: PostgresServer) -> None:
    """Tables whose names begin alike, or differ by their schema, are each put back, and sequences by name too."""
    long = "x" * 62
    several = MetaData()
    tables = [
        Table(name, several, Column("id", Integer, Sequence(f"seq_{number}")), schema=schema)
        for number, (name, schema) in enumerate([("t", "a"), ("a_t", None), (f"{long}1", None), (f"{long}2", None)])
    ]

    def numbered(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
        for number, table in enumerate(tables):
            yield table, iter([(number,)])

    clone = postgresql.clone(postgresql.template("several", seeder(Dataset("several", several, numbered))))
    names = ["a.t", "a_t", f"{long}1", f"{long}2"]

    async def damage(restorer: Restorer) -> Any:
        run(clone, *(f"UPDATE {name} SET id = 9" for name in names), "SELECT nextval('seq_2'), nextval('seq_2')")
        await restorer.restore()
        return [rows(clone, f"SELECT id FROM {name}") for name in names], rows(clone, "SELECT nextval('seq_2')")

    assert ([[(0,)], [(1,)], [(2,)], [(3,)]], [(3,)]) == with_restorer(clone, damage, tables, several)


def test_server_is_told_to_write_its_pages(workshop_on_postgresql: Address) -> None:
    """A checkpoint is made where the role may make one."""
    done = "SELECT num_requested FROM pg_stat_checkpointer"

    async def checkpoint(restorer: Restorer) -> tuple[int, int]:
        before = rows(workshop_on_postgresql, done)[0][0]
        run(workshop_on_postgresql, "INSERT INTO words VALUES ('n', 'new')")
        await restorer.checkpoint()
        return before, rows(workshop_on_postgresql, done)[0][0]

    before, after = with_restorer(workshop_on_postgresql, checkpoint, [words])
    assert after > before
