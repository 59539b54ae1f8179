"""A dataset in a database: the same rows everywhere, sequences past their keys, statistics there, autovacuum off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, UniqueConstraint, create_engine, select
from sqlalchemy.exc import IntegrityError

from bench import Dataset
from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.databases.sqlite import SqliteServer
from bench.worker.engines import psycopg_arguments
from bench.worker.seeding import seed
from tests.worker.helpers import access, rows, seeder
from tests.worker.variety import Colour, empty, orders, things, variety


@pytest.fixture(scope="module")
def variety_on_postgresql(postgresql: PostgresServer) -> Address:
    """The variety at scale 1 with seed 1."""
    return postgresql.clone(postgresql.template("variety", seeder(variety)))


@pytest.fixture(scope="module")
def variety_on_sqlite(sqlite: SqliteServer) -> Callable[[int, int], Address]:
    """Makes the variety at a scale with a seed."""

    def make(scale: int, number: int) -> Address:
        return sqlite.clone(sqlite.template(f"variety_{scale}_{number}", seeder(variety, scale=scale, number=number)))

    return make


def contents(address: Address) -> list[list[tuple[Any, ...]]]:
    """All rows of the variety's tables in the order of their keys, as SQLAlchemy reads them."""
    if address.dialect == "sqlite":
        engine = create_engine(f"sqlite:///{address.database}")
    else:
        engine = create_engine("postgresql+psycopg://", connect_args=psycopg_arguments(access(address)))
    with engine.connect() as connection:
        found = [
            [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in (things, orders, empty)
        ]
    engine.dispose()
    return found


def test_rows_are_the_same_on_every_database(
    variety_on_postgresql: Address, variety_on_sqlite: Callable[[int, int], Address]
) -> None:
    """Every value of every type reads the same from PostgreSQL and from SQLite, for the same seed and scale."""
    on_postgresql = contents(variety_on_postgresql)
    assert on_postgresql == contents(variety_on_sqlite(1, 1))
    assert [60, 20, 0] == [len(table) for table in on_postgresql]


def test_rows_are_those_that_the_dataset_yields(variety_on_postgresql: Address) -> None:
    """What is read is what was yielded, and computed columns are computed by the database."""
    (_, yielded), *_ = variety.rows(1, Random(1))
    assert [(*row, 2 * row[0]) for row in yielded] == contents(variety_on_postgresql)[0]
    assert {Colour.RED, Colour.GREEN, None} == {row[1] for row in contents(variety_on_postgresql)[0]}


def test_seed_and_scale_change_the_rows(variety_on_sqlite: Callable[[int, int], Address]) -> None:
    """Another seed draws other values for as many rows; another scale has more rows."""
    first, other, larger = (contents(variety_on_sqlite(*of)) for of in ((1, 1), (1, 2), (3, 1)))
    assert first != other
    assert [60, 60, 180] == [len(one[0]) for one in (first, other, larger)]


def test_null_in_a_document_is_sql_s(variety_on_postgresql: Address) -> None:
    """None in a JSON column is NULL, not the JSON value null."""
    assert [(8,)] == rows(variety_on_postgresql, "SELECT count(*) FROM things WHERE document IS NULL")


def test_sequences_stand_past_the_highest_key(variety_on_postgresql: Address) -> None:
    """The next value of a serial, an identity and a named sequence is one past the highest; without rows it is 1."""
    next_values = [
        rows(variety_on_postgresql, f"SELECT nextval('{sequence}')")[0][0]
        for sequence in ("things_id_seq", '"Orders of things_id_seq"', "order_numbers", "empty_id_seq")
    ]
    assert [61, 61, 121, 1] == next_values


def test_first_insert_does_not_collide(written: Address) -> None:
    """A row that is inserted without a key is given the one after the highest."""
    statement = "INSERT INTO items (name) VALUES ('new') RETURNING id"
    assert [(6,)] == rows(written, statement)


def test_statistics_are_there_and_pages_are_vacuumed(variety_on_postgresql: Address) -> None:
    """The planner knows how many rows there are, and no row needs a hint bit or a vacuum."""
    found = rows(
        variety_on_postgresql,
        "SELECT relname, reltuples::int, relallvisible = relpages FROM pg_class"
        " WHERE relname IN ('things', 'Orders of things', 'empty') ORDER BY relname",
    )
    assert [("Orders of things", 20, True), ("empty", 0, True), ("things", 60, True)] == found
    assert [(True,)] == rows(variety_on_postgresql, "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'things'")


def test_autovacuum_is_off_on_the_tables(variety_on_postgresql: Address) -> None:
    """Neither a table nor what is kept of it out of line is vacuumed in the midst of a run."""
    found = rows(
        variety_on_postgresql,
        "SELECT main.relname, main.reloptions::text, toast.reloptions::text FROM pg_class AS main"
        " LEFT JOIN pg_class AS toast ON toast.oid = main.reltoastrelid"
        " WHERE main.relkind = 'r' AND main.relname IN ('things', 'empty') ORDER BY 1",
    )
    off = "{autovacuum_enabled=false}"
    assert [("empty", off, None), ("things", off, off)] == found


def test_keys_and_indexes_are_there(variety_on_postgresql: Address) -> None:
    """What is added after the rows is there: foreign keys, indexes and unique keys."""
    found = rows(
        variety_on_postgresql,
        "SELECT contype::text FROM pg_constraint WHERE conrelid = '\"Orders of things\"'::regclass"
        " AND contype IN ('f', 'p', 'u') ORDER BY 1",
    )
    assert [("f",), ("p",), ("u",)] == found
    index = "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_Orders of things_thing id'"
    assert [(1,)] == rows(variety_on_postgresql, index)


def test_tables_in_a_schema_of_their_own(postgresql: PostgresServer) -> None:
    """Schemas that the tables name are made; their rows and sequences are as those of the others."""
    metadata = MetaData()
    shops = Table("shops", metadata, Column("id", Integer, primary_key=True), schema="Front office")
    sales = Table(
        "sales",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("shop", ForeignKey(shops.c.id)),
        schema="back",
    )

    def numbers(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
        yield shops, iter([(1,), (2,)])
        yield sales, iter([(5, 1), (6, 2)])

    clone = postgresql.clone(postgresql.template("schemas", seeder(Dataset("schemas", metadata, numbers))))
    assert [(1,), (2,)] == rows(clone, 'SELECT id FROM "Front office".shops ORDER BY 1')
    assert [(7,)] == rows(clone, "INSERT INTO back.sales (shop) VALUES (2) RETURNING id")


def test_tables_that_refer_to_each_other(postgresql: PostgresServer) -> None:
    """Rows may be yielded before those that they refer to, and two tables may refer to each other."""
    metadata = MetaData()
    people = Table(
        "people",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("team", ForeignKey("teams.id", name="team_of", use_alter=True)),
        Column("boss", ForeignKey("people.id")),
    )
    teams = Table("teams", metadata, Column("id", Integer, primary_key=True), Column("head", ForeignKey("people.id")))

    def members(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
        yield people, iter([(1, 1, 2), (2, 1, None)])
        yield teams, iter([(1, 2)])

    clone = postgresql.clone(postgresql.template("circle", seeder(Dataset("circle", metadata, members))))
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"
    assert ([(1, 1, 2), (2, 1, None)], [(3,)]) == (rows(clone, "SELECT * FROM people ORDER BY id"), rows(clone, keys))


def _colliding() -> Dataset:
    metadata = MetaData()
    pairs = Table("pairs", metadata, Column("one", Integer), Column("two", Integer), UniqueConstraint("one", "two"))

    def twice(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
        yield pairs, iter([(1, 2), (1, 2)])

    return Dataset("colliding", metadata, twice)


def test_rows_that_violate_a_constraint_are_refused(sqlite: SqliteServer) -> None:
    """The database's own words say what is wrong with a dataset, and no template is made of it."""
    for _ in range(2):
        with pytest.raises(IntegrityError, match=r"UNIQUE constraint failed: pairs.one, pairs.two"):
            sqlite.template("colliding", seeder(_colliding()))


def test_each_table_that_is_filled_is_reported(variety_on_sqlite: Callable[[int, int], Address], tmp_path: Any) -> None:
    """A line for each table says what is being filled."""
    lines: list[str] = []
    way = access(Address("sqlite", str(tmp_path / "new.sqlite")), writes=True)
    asyncio.run(seed(variety, way, 1, 1, lines.append))
    assert ["filling things", "filling Orders of things", "filling empty"] == lines
