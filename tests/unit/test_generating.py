"""Made rows: they satisfy every constraint of the tables, and are the same for the same seed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import UserDefinedType

from bench import generated
from bench.dataset import PartOfTable
from bench.generating.errors import GeneratingError
from tests.unit.made_models import Animal, Author, Base, Cat, Dog, Post, Puppy, Tag, Vote, post_tag

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"tenant": 20, "author": 60, "post": 200, "tag": 30, "post_tag": 300, "vote": 400, "animal": 40}


def rows_of(made: Any, seed: int = 1) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table by its name."""
    return {part.table.name: list(rows) for part, rows in made(1, Random(seed))}


def filled(made: Any, metadata: MetaData, seed: int = 1) -> Engine:
    """An SQLite database with those rows, which checks everything but that keys refer to something."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for part, rows in made(1, Random(seed)):
            assert isinstance(part, PartOfTable)
            connection.execute(part.table.insert(), [dict(zip(part.columns, row, strict=True)) for row in rows])
    return engine


@pytest.fixture(scope="module")
def database() -> Iterator[Engine]:
    """A database of every kind of table, filled."""
    engine = filled(generated(Base, SMALL), Base.metadata)
    yield engine
    engine.dispose()


def refers_to_nothing(engine: Engine) -> list[Any]:
    """Keys that refer to no row."""
    with engine.connect() as connection:
        return list(connection.exec_driver_sql("PRAGMA foreign_key_check"))


def test_every_constraint_holds(database: Engine) -> None:
    """Keys, uniqueness, lengths and CHECKs of all kinds of tables are satisfied, and each key refers to a row."""
    assert [] == refers_to_nothing(database)
    with Session(database) as session:
        assert SMALL["vote"] == session.scalar(select(func.count()).select_from(Vote))
        assert all(18 <= age < 99 for age in session.scalars(select(Author.age).where(Author.age.is_not(None))))
        assert 0 == session.scalar(select(func.count()).where(Author.born >= Author.until))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 60))
def test_every_constraint_holds_for_any_seed_and_amount(seed: int, tenants: int, authors: int) -> None:
    """Whatever the seed and however few rows there are, the database takes them and no key is left open."""
    amounts = {"tenant": tenants, "author": authors, "post": 3 * authors, "tag": 5, "animal": authors}
    engine = filled(generated(Base, amounts), Base.metadata, seed)
    assert [] == refers_to_nothing(engine)
    engine.dispose()


def test_the_same_seed_makes_the_same_rows() -> None:
    """Two of the same seed are equal to the last value, another seed makes others."""
    first, again, other = (rows_of(generated(Base, SMALL), seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_a_column_more_leaves_the_others_as_they_were() -> None:
    """What is in a column hangs on the seed and on its name, and not on its neighbours."""
    narrow = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("size", Integer))
    wide = narrow.to_metadata(MetaData())
    wide.append_column(Column("name", String(9)))

    assert rows_of(generated(narrow.metadata))["item"] == [row[:2] for row in rows_of(generated(wide.metadata))["item"]]


def test_rows_are_as_many_as_is_asked_and_usual_else() -> None:
    """A table has the rows that are asked for; another 1,000, 5 for each that it refers to, or 3 where it links."""
    counts = {name: len(rows) for name, rows in rows_of(generated(Base, {"tenant": 10, "tag": 7})).items()}

    assert (10, 7, 1000) == (counts["tenant"], counts["tag"], counts["animal"])
    assert (50, 50, 250) == (counts["author"], counts["category"], counts["post"])
    assert (750, 7) == (counts["post_tag"], counts["profile"])


def test_a_scale_multiplies_what_is_asked_for() -> None:
    """At scale 3 each table has three times the rows."""
    made = {part.table.name: len(list(rows)) for part, rows in generated(Base, {"tenant": 10})(3, Random(1))}

    assert (30, 3000) == (made["tenant"], made["animal"])


def test_classes_that_inherit_have_rows_in_all_their_tables(database: Engine) -> None:
    """Each class of a hierarchy is there, and is loaded as itself from the tables of its parents too."""
    with Session(database) as session:
        kinds = Counter(type(one) for one in session.scalars(select(Animal)))

    assert {Animal: 10, Cat: 10, Dog: 10, Puppy: 10} == kinds


def test_what_the_server_gives_by_default_is_left_to_it(database: Engine) -> None:
    """A column with a default of the server's has it, but for moments, which would all be the same."""
    with Session(database) as session:
        assert ["draft"] == list(session.scalars(select(Post.status).distinct()))
        assert len(list(session.scalars(select(Post.at).distinct()))) > 100


def test_rows_refer_unevenly_and_some_to_none(database: Engine) -> None:
    """Some rows are referred to often and some never, and a key that may be null is null here and there."""
    with Session(database) as session:
        tags = Counter(session.scalars(select(post_tag.c.tag_id)))
        without = session.scalar(select(func.count()).where(Post.category_id.is_(None)))

    assert len(set(tags.values())) > 3
    assert without is not None
    assert 0 < without < 60


def test_names_are_unique_whatever_their_case(database: Engine) -> None:
    """An index on lower(name) is satisfied."""
    with Session(database) as session:
        names = [name.lower() for name in session.scalars(select(Tag.name))]

    assert len(names) == len(set(names))


def test_given_values_go_before_made_ones() -> None:
    """A list is what a column may have, a function makes that of a row."""
    values = {"tenant.name": lambda number, random: f"tenant {number}", "post.status": ["new", "old"]}
    made = generated(Base, SMALL, values)
    rows = {
        part.table.name: [dict(zip(part.columns, row, strict=True)) for row in rows]
        for part, rows in made(1, Random(1))
    }

    assert [f"tenant {number}" for number in range(20)] == [row["name"] for row in rows["tenant"]]
    assert {"new", "old"} == {row["status"] for row in rows["post"]}


class Point(UserDefinedType[Any]):
    """A type that nobody knows."""


@pytest.mark.parametrize(
    ("table", "amounts", "complaint"),
    [
        (
            Table("place", MetaData(), Column("id", Integer, primary_key=True), Column("at", Point(), nullable=False)),
            {},
            r"place\.at: bench knows no values of the type Point\(\): give some",
        ),
        (
            Table(
                "vote",
                MetaData(),
                Column("stars", Integer, CheckConstraint("stars BETWEEN 1 AND 5", name="five"), unique=True),
            ),
            {"vote": 6},
            r"vote: 6 rows are asked for, and \(stars\) is unique, of which there are 5: ask for fewer, or .+",
        ),
        (
            Table("vote", MetaData(), Column("id", Integer, primary_key=True)),
            {"votes": 6},
            r"rows are asked for 'votes', which is no table; close to it: vote",
        ),
    ],
)
def test_what_cannot_be_made_is_said_with_what_to_give(table: Table, amounts: dict[str, int], complaint: str) -> None:
    """A type without values, more rows than can differ, a table that is not there: each in a line."""
    with pytest.raises(GeneratingError, match=f"^{complaint}$"):
        rows_of(generated(table.metadata, amounts))


def circle(**options: Any) -> MetaData:
    """Two tables that refer to each other."""
    metadata = MetaData()
    for one, other in (("hen", "egg"), ("egg", "hen")):
        Table(
            one,
            metadata,
            Column("id", Integer, primary_key=True),
            Column("of_id", Integer, nullable=options.get("nullable", False)),
            ForeignKeyConstraint(
                ["of_id"], [f"{other}.id"], deferrable=options.get("deferrable"), use_alter=True, name=f"{one}_of"
            ),
        )
    return metadata


def test_a_circle_of_keys_that_may_not_be_null_is_refused() -> None:
    """Nobody could add a first row: the keys are named, and what opens the circle."""
    with pytest.raises(GeneratingError) as refused:
        rows_of(generated(circle()))
    assert (
        "hen(of_id), egg(of_id) refer to each other in a circle and may not be null: no row can be the first; "
        "have one of them be nullable, or DEFERRABLE INITIALLY DEFERRED"
    ) in (str(refused.value), str(refused.value).replace("egg(of_id), hen(of_id)", "hen(of_id), egg(of_id)"))


@pytest.mark.parametrize("option", ["nullable", "deferrable"])
def test_a_circle_that_opens_is_filled(option: str) -> None:
    """With a key that may be null, or is checked at the end, both tables have rows."""
    assert {"hen", "egg"} == set(rows_of(generated(circle(**{option: True}), {"hen": 5, "egg": 5})))


def test_one_to_one_keys_are_used_once() -> None:
    """A unique key refers to no row twice, and rows that are left over are not made."""
    metadata = MetaData()
    Table("tag", metadata, Column("id", Integer, primary_key=True))
    Table(
        "profile",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("tag_id", ForeignKey("tag.id"), unique=True),
    )
    made = rows_of(generated(metadata, {"tag": 12}))

    assert 12 == len({row[1] for row in made["profile"]})


def test_a_number_within_a_parent_is_unique_with_it() -> None:
    """UNIQUE (order_id, line) is satisfied whatever lines there are."""
    metadata = MetaData()
    Table("purchase", metadata, Column("id", Integer, primary_key=True))
    Table(
        "line",
        metadata,
        Column("purchase_id", ForeignKey("purchase.id"), primary_key=True),
        Column("line", Integer, primary_key=True, autoincrement=False),
        UniqueConstraint("purchase_id", "line"),
    )
    made = rows_of(generated(metadata, {"purchase": 10}))

    assert 50 == len(set(made["line"]))


def test_a_dataset_is_the_same_in_every_process() -> None:
    """Whatever order sets have and wherever objects lie, two processes agree on what the dataset is called."""
    program = (
        "from bench import Dataset, generated; from tests.unit.made_models import Base;"
        "values = {'tag.name': lambda number, random: str(number)};"
        "print(Dataset('made', Base.metadata, generated(Base, {'tenant': 3}, values)).digest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert 1 == len(digests)


def table_of(name: str, *columns: Any, metadata: MetaData | None = None) -> Table:
    """A table with a key of its own."""
    return Table(name, metadata if metadata is not None else MetaData(), *columns)


def test_given_values_make_a_key_of_an_unknown_type() -> None:
    """A function counts as able to tell rows apart, a list for as many as it has."""
    by_function, by_list = (table_of("t", Column("id", Point(), primary_key=True)) for _ in range(2))

    assert (1000, 3) == (
        len(rows_of(generated(by_function.metadata, values={"t.id": lambda number, random: number}))["t"]),
        len(rows_of(generated(by_list.metadata, values={"t.id": ["a", "b", "c"]}))["t"]),
    )


def test_given_values_of_a_key_that_refers_are_taken() -> None:
    """What an author says of a foreign key goes before what bench would choose, in a link's key too."""
    metadata = MetaData()
    table_of("p", Column("id", Integer, primary_key=True), metadata=metadata)
    table_of(
        "link",
        Column("p_id", ForeignKey("p.id"), primary_key=True),
        Column("q_id", ForeignKey("p.id"), primary_key=True),
        metadata=metadata,
    )
    made = rows_of(generated(metadata, {"link": 20}, {"link.p_id": [3, 7]}))["link"]

    assert ({3, 7}, 20) == ({row[0] for row in made}, len(set(made)))


def test_a_discriminator_tells_no_rows_apart() -> None:
    """In a hierarchy the kind hangs on the row's number; another column of the group differs, or what refers does."""

    class Mapped(DeclarativeBase):
        """What these classes are mapped by."""

    class User(Mapped):
        """Has one of each kind."""

        __tablename__ = "user"
        id = mapped_column(Integer, primary_key=True)

    class Node(Mapped):
        """The first of two kinds."""

        __tablename__ = "node"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(9))
        slug = mapped_column(String(30))
        user_id = mapped_column(ForeignKey("user.id"))
        __table_args__ = (UniqueConstraint("kind", "slug"), UniqueConstraint("user_id", "kind"))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "node"}  # noqa: RUF012 - as it is written

    class Leaf(Node):
        """The second."""

        __mapper_args__ = {"polymorphic_identity": "leaf"}  # noqa: RUF012 - as it is written

    engine = filled(generated(Mapped, {"user": 50, "node": 100}), Mapped.metadata)
    with Session(engine) as session:
        kinds = Counter(session.scalars(select(Node.kind)))
    engine.dispose()

    assert {"node": 50, "leaf": 50} == kinds


def test_a_list_of_few_values_tells_no_rows_apart() -> None:
    """Another column of the group differs."""
    table = table_of(
        "t",
        Column("id", Integer, primary_key=True),
        Column("country", String(9)),
        Column("name", String(50)),
        UniqueConstraint("country", "name"),
    )
    made = rows_of(generated(table.metadata, values={"t.country": ["a", "b"]}))["t"]

    assert ({"a", "b"}, True) == ({row[1] for row in made}, len({row[2] for row in made}) > 800)


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        ("size > 5 AND size < 3", r"item\.size: its constraints allow no value that bench knows: give some"),
        ("size BETWEEN 1 AND 2 AND size <> 1 AND size <> 2", r"item\.size: its constraints allow no value .+"),
        ("size = 1 AND size = 2", r"item\.size: its constraints allow no value .+"),
        ("most = size * most", r"item: bench found no row that satisfies rule: give values for most or size"),
    ],
)
def test_a_constraint_that_cannot_be_satisfied_is_named(check: str, complaint: str) -> None:
    """Limits that leave nothing, and rules for which no row was found."""
    table = table_of(
        "item",
        Column("id", Integer, primary_key=True),
        Column("size", Integer, CheckConstraint("size > 1"), nullable=False),
        Column("most", Integer, nullable=False),
        CheckConstraint(check, name="rule"),
    )
    with pytest.raises(GeneratingError, match=f"^{complaint}$"):
        rows_of(generated(table.metadata))


def test_more_links_than_a_constraint_leaves_are_refused() -> None:
    """Of five there are ten pairs in order: ten are made when asked for, and twelve are not."""
    metadata = MetaData()
    table_of("p", Column("id", Integer, primary_key=True), metadata=metadata)
    table_of(
        "pair",
        Column("a_id", ForeignKey("p.id"), primary_key=True),
        Column("b_id", ForeignKey("p.id"), primary_key=True),
        CheckConstraint("a_id < b_id"),
        metadata=metadata,
    )
    made = rows_of(generated(metadata, {"p": 5, "pair": 10}))["pair"]

    assert [(a, b) for a in range(1, 6) for b in range(a + 1, 6)] == sorted(made)
    with pytest.raises(GeneratingError, match=r"^pair: 12 rows are asked for, and \(a_id, b_id\) .+ are 10: "):
        rows_of(generated(metadata, {"p": 5, "pair": 12}))


def test_amounts_count_in_a_circle() -> None:
    """Two tables that refer to each other once have as many rows as was asked for one of them."""
    metadata = MetaData()
    table_of(
        "person",
        Column("id", Integer, primary_key=True),
        Column("address_id", ForeignKey("address.id", use_alter=True, name="lives"), unique=True),
        metadata=metadata,
    )
    table_of(
        "address",
        Column("id", Integer, primary_key=True),
        Column("person_id", ForeignKey("person.id"), unique=True),
        metadata=metadata,
    )
    made = rows_of(generated(metadata, {"address": 10}))

    assert {"person": 10, "address": 10} == {name: len(rows) for name, rows in made.items()}


def test_a_link_of_many_tables_is_sampled() -> None:
    """There are more combinations of eight keys than Python can count the places of."""
    metadata = MetaData()
    table_of("p", Column("id", Integer, primary_key=True), metadata=metadata)
    keys = [Column(f"p{number}_id", ForeignKey("p.id"), primary_key=True) for number in range(8)]
    table_of("link", *keys, metadata=metadata)

    assert 3000 == len(set(rows_of(generated(metadata))["link"]))


def test_what_refers_to_nothing_has_no_rows() -> None:
    """Where a table is to be empty, what cannot be without it is empty too."""
    metadata = MetaData()
    table_of("p", Column("id", Integer, primary_key=True), metadata=metadata)
    table_of("q", Column("id", Integer, primary_key=True), metadata=metadata)
    table_of(
        "c",
        Column("id", Integer, primary_key=True),
        Column("p_id", ForeignKey("p.id"), nullable=False),
        Column("q_id", ForeignKey("q.id"), nullable=False),
        metadata=metadata,
    )

    assert ["q"] == list(rows_of(generated(metadata, {"p": 0})))
