"""Datasets that somebody else fills: a function of an application's, SQL, a dump; and rows that are refused."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import DDL, CheckConstraint, Column, Index, Integer, MetaData, Table, event
from sqlalchemy.dialects.postgresql import CITEXT, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench import Dataset, generated
from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.databases.sqlite import SqliteServer
from bench.errors import BenchError, ScenarioError
from bench.worker.dumps import _environment, _program
from bench.worker.seeding import definition
from tests.unit.made_models import Base as Made
from tests.worker.helpers import access, rows, seeder

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class Base(DeclarativeBase):
    """What these classes are mapped by."""


class Item(Base):
    """What is filled."""

    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def fill(session: Session) -> None:
    """As a script would."""
    session.add_all([Item(id=number, name=f"item {number}") for number in range(1, 4)])


async def fill_async(session: AsyncSession) -> None:
    """As an application would."""
    fill(session.sync_session)


@pytest.fixture
def fill_fixture(session: Session) -> Iterator[None]:
    """As a fixture of tests would, which takes away what it added."""
    fill(session)
    session.commit()
    yield
    session.query(Item).delete()
    session.commit()


async def fill_generator(session: AsyncSession) -> AsyncIterator[None]:
    """The same, async."""
    fill(session.sync_session)
    yield
    raise AssertionError("what comes after the yield is not run")


THREE = [(1, "item 1"), (2, "item 2"), (3, "item 3")]
FILLERS = [fill, fill_async, fill_fixture, fill_generator]


@pytest.mark.parametrize("function", FILLERS, ids=lambda one: getattr(one, "__name__", "fixture"))
def test_a_function_fills_its_tables_on_postgresql(postgresql: PostgresServer, function: Any) -> None:
    """Async or not, a fixture or a plain function: its rows are there, and a fixture's are not taken away again."""
    dataset = Dataset("items", Base.metadata, fill=function)
    number = FILLERS.index(function)
    address = postgresql.clone(postgresql.template(f"items_filled_{number}", seeder(dataset)))

    assert THREE == rows(address, "SELECT id, name FROM item ORDER BY id")
    assert [("autovacuum_enabled=false",)] == rows(
        address, "SELECT unnest(reloptions) FROM pg_class WHERE relname = 'item'"
    )


@pytest.mark.parametrize("function", FILLERS[:2], ids=lambda one: one.__name__)
def test_a_function_fills_its_tables_on_sqlite(sqlite: SqliteServer, function: Any) -> None:
    """The same on SQLite."""
    dataset = Dataset("items", Base.metadata, fill=function)
    address = sqlite.clone(sqlite.template(f"items_filled_{FILLERS.index(function)}", seeder(dataset)))

    assert THREE == rows(address, "SELECT id, name FROM item ORDER BY id")


def test_a_function_that_needs_more_than_a_session_is_refused(sqlite: SqliteServer) -> None:
    """What else it takes is named."""

    def needy(session: Session, faker: Any) -> None:
        """Takes another fixture."""

    with pytest.raises(
        ScenarioError, match=r"'items': needy is given a session and nothing else, and takes session, faker: give"
    ):
        sqlite.template("items_needy", seeder(Dataset("items", Base.metadata, fill=needy)))


@pytest.fixture(scope="module")
def source(postgresql: PostgresServer) -> Address:
    """A database with items that a role of its own owns, to be dumped."""
    address = postgresql.clone(postgresql.template("items_to_dump", seeder(Dataset("items", Base.metadata, fill=fill))))
    rows_of = (
        "CREATE ROLE clerk",
        "ALTER TABLE item OWNER TO clerk",
        "GRANT SELECT ON item TO PUBLIC",
        "COMMENT ON TABLE item IS 'GRANT ALL;'",
        "INSERT INTO item VALUES (4, E'GRANT SELECT ON item TO nobody;\\nALTER TABLE item OWNER TO nobody;')",
    )
    from bench.databases.connecting import connect

    with connect(address, application_name="dumped") as connection:
        for statement in rows_of:
            connection.execute(statement)
    return address


@pytest.mark.parametrize("form", ["plain", "custom", "plain --inserts"])
def test_what_pg_dump_wrote_is_restored(postgresql: PostgresServer, source: Address, tmp_path: Path, form: str) -> None:
    """Plain or custom, rows are as they were, and roles of another server are in nobody's way."""
    path = tmp_path / "shop.dump"
    words = ["--format", *form.split(), "--file", str(path), "--exclude-schema", "querybench"]
    subprocess.run([_program("pg_dump"), *words], env=_environment(access(source)), check=True)
    text = path.read_bytes().replace(b"clerk", b"nobody_here")
    path.write_bytes(text if form != "custom" else path.read_bytes())

    dataset = Dataset("dumped", file=path)
    address = postgresql.clone(postgresql.template(f"dumped_{form.replace(' --', '_')}", seeder(dataset)))

    expected = [*THREE, (4, "GRANT SELECT ON item TO nobody;\nALTER TABLE item OWNER TO nobody;")]
    assert expected == rows(address, "SELECT id, name FROM item ORDER BY id")


def restored(postgresql: PostgresServer, path: Path, key: str) -> Address:
    """A database that a file was restored into."""
    return postgresql.clone(postgresql.template(key, seeder(Dataset("restored", file=path))))


def test_a_dump_that_would_drop_a_database_is_refused(
    postgresql: PostgresServer, source: Address, tmp_path: Path
) -> None:
    """What `pg_dump --clean --create` wrote drops a database of that name: it is refused, and the database stays."""
    path = tmp_path / "shop.sql"
    words = ["--clean", "--create", "--file", str(path), "--exclude-schema", "querybench"]
    subprocess.run([_program("pg_dump"), *words], env=_environment(access(source)), check=True)

    with pytest.raises(
        BenchError, match=r"shop\.sql is not restored: line \d+ has `DROP DATABASE`: write it by pg_dump"
    ):
        restored(postgresql, path, "dropping")
    assert [(4,)] == rows(source, "SELECT count(*) FROM item")


@pytest.mark.parametrize("more", [(), ("--if-exists",)])
def test_a_clean_dump_needs_if_exists(
    postgresql: PostgresServer, source: Address, tmp_path: Path, more: tuple[str, ...]
) -> None:
    """What --clean wrote drops what is not there: with --if-exists it is restored, without it says what to do."""
    path = tmp_path / "shop.sql"
    words = ["--clean", *more, "--file", str(path), "--table", "item"]
    subprocess.run([_program("pg_dump"), *words], env=_environment(access(source)), check=True)

    if more:
        assert [(4,)] == rows(restored(postgresql, path, "cleaned"), "SELECT count(*) FROM item")
    else:
        with pytest.raises(BenchError, match=r"have pg_dump write it without --clean, or with --if-exists$"):
            restored(postgresql, path, "not_cleaned")


def test_many_notices_are_in_nobodys_way(postgresql: PostgresServer, tmp_path: Path) -> None:
    """A script that says more than a pipe has room for is restored to its end."""
    path = tmp_path / "shop.sql"
    loud = "DO $$ BEGIN FOR i IN 1..2000 LOOP RAISE NOTICE '%', repeat('x', 100); END LOOP; END $$;\n"
    path.write_text(loud + "-- a line of a script\n" * 20_000 + "CREATE TABLE item (id int);\n")

    assert [] == rows(restored(postgresql, path, "loud"), "SELECT id FROM item")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "CREATE TABLE item (id int);\nCOPY item FROM stdin;\n1\ncanary\n\\.\n",
            r"line \d+: SQLSTATE 22P02 \(InvalidTextRepresentation\) \(COPY item, line 2, column id\)",
        ),
        (
            "CREATE TABLE item (id text UNIQUE);\nINSERT INTO item VALUES ('canary'), ('canary');\n",
            r"line 2: SQLSTATE 23505 \(UniqueViolation\), constraint item_id_key",
        ),
        ("DO $$ BEGIN RAISE EXCEPTION 'canary' USING ERRCODE = '42501'; END $$;", r"line 1: SQLSTATE 42501 \(\w+\)"),
        ("SELECT 1 'canary';", r"line 1: syntax error at or near …"),
        ("SELECT * FROM gone;", r'line 1: relation "gone" does not exist'),
    ],
)
def test_no_value_of_a_file_is_in_what_is_said_of_it(
    postgresql: PostgresServer, tmp_path: Path, text: str, complaint: str
) -> None:
    """The line and the kind of error are said, and the server's words where no value can be in them."""
    path = tmp_path / "shop.sql"
    path.write_text(text)

    with pytest.raises(BenchError, match=rf"^shop\.sql cannot be restored: {complaint}$"):
        restored(postgresql, path, "canary")


def test_a_custom_dump_that_is_cut_short_is_said(postgresql: PostgresServer, source: Address, tmp_path: Path) -> None:
    """pg_restore's complaint is what is said, and not that of the half that came out of it."""
    path = tmp_path / "shop.dump"
    words = ["--format", "custom", "--file", str(path), "--table", "item"]
    subprocess.run([_program("pg_dump"), *words], env=_environment(access(source)), check=True)
    path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(BenchError, match=r"^shop\.dump cannot be restored: pg_restore: error: "):
        restored(postgresql, path, "cut_short")


def test_a_script_of_sqlite_reaches_no_other_file(sqlite: SqliteServer, tmp_path: Path) -> None:
    """ATTACH, by which it could write into any database of SQLite's, is refused."""
    (tmp_path / "shop.sql").write_text(f"ATTACH '{tmp_path / 'other.db'}' AS other;")

    with pytest.raises(BenchError, match=r"^shop\.sql cannot be restored: not authorized$"):
        sqlite.template("attached", seeder(Dataset("script", file=tmp_path / "shop.sql")))
    assert not (tmp_path / "other.db").exists()


def test_sql_is_restored_on_sqlite(sqlite: SqliteServer, tmp_path: Path) -> None:
    """A script of SQLite's makes tables and rows."""
    (tmp_path / "shop.sql").write_text("CREATE TABLE item (id, name); INSERT INTO item VALUES (1, 'a;b');")
    address = sqlite.clone(sqlite.template("script", seeder(Dataset("script", file=tmp_path / "shop.sql"))))

    assert [(1, "a;b")] == rows(address, "SELECT * FROM item")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "there is no file shop.sql to fill the dataset from"),
        ("SELEC 1;", r"shop\.sql cannot be restored: .*syntax error at or near \"SELEC\""),
    ],
)
def test_a_file_that_cannot_be_restored_is_said(
    postgresql: PostgresServer, tmp_path: Path, text: str | None, complaint: str
) -> None:
    """A file that is not there, or whose SQL is none: the first complaint in a line."""
    if text is not None:
        (tmp_path / "shop.sql").write_text(text)
    with pytest.raises(BenchError, match=complaint):
        postgresql.template("broken_script", seeder(Dataset("broken", file=tmp_path / "shop.sql")))


def test_made_rows_are_taken_by_postgresql(postgresql: PostgresServer) -> None:
    """Tables of every kind are filled, their keys and constraints checked by the server itself."""
    amounts = {"tenant": 20, "author": 60, "post": 200, "tag": 30, "post_tag": 300, "vote": 400, "animal": 40}
    dataset = Dataset("made", Made.metadata, generated(Made, amounts))
    address = postgresql.clone(postgresql.template("made_rows", seeder(dataset)))

    assert [(400,)] == rows(address, "SELECT count(*) FROM vote")
    assert [("dog", 10), ("puppy", 10)] == rows(
        address, "SELECT kind, count(*) FROM animal JOIN dog USING (id) GROUP BY kind ORDER BY kind"
    )


@pytest.mark.parametrize(
    ("constraint", "complaint"),
    [
        (
            CheckConstraint("size % 2 = 0", name="even"),
            r"item: its rows are not taken: a constraint that they break: even of item: give values for its columns",
        ),
    ],
)
def test_rows_that_a_constraint_refuses_are_said(
    postgresql: PostgresServer, constraint: CheckConstraint, complaint: str
) -> None:
    """A constraint that says more than could be read is named, and what to give; with that the rows are taken."""
    table = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("size", Integer), constraint)
    odd = Dataset("odd", table.metadata, generated(table.metadata))
    with pytest.raises(ScenarioError, match=f"^{complaint}$"):
        postgresql.template("refused_rows", seeder(odd))

    even = Dataset("even", table.metadata, generated(table.metadata, values={"item.size": [2, 4]}))
    address = postgresql.clone(postgresql.template("given_rows", seeder(even)))
    assert [(2,), (4,)] == rows(address, "SELECT DISTINCT size FROM item ORDER BY size")


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (
            Column("name", CITEXT),
            r'bare: its tables cannot be made: type "citext" does not exist: it comes with the extension citext: add',
        ),
        (
            ExcludeConstraint(("id", "=")),
            r"bare: its tables cannot be made: .* method \"gist\": it comes with the extension btree_gist: add `event",
        ),
    ],
)
def test_an_extension_that_is_missing_is_named(postgresql: PostgresServer, column: Any, complaint: str) -> None:
    """A type or an operator class that comes with an extension is said with the extension, and how it is made."""
    table = Table("item", MetaData(), Column("id", Integer, primary_key=True), column)
    with pytest.raises(ScenarioError, match=f"^{complaint}"):
        postgresql.template("bare", seeder(Dataset("bare", table.metadata, rows=lambda scale, random: iter(()))))


def test_an_extension_is_made_as_it_is_said(postgresql: PostgresServer) -> None:
    """What is said to be added makes the table; rows that cannot be copied are said with what can be done."""
    table = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("name", CITEXT))
    event.listen(table.metadata, "before_create", DDL('CREATE EXTENSION IF NOT EXISTS "citext"'))
    dataset = Dataset("citext", table.metadata, rows=lambda scale, random: iter([(table, iter([(1, "One")]))]))
    complaint = r"^item: its rows are not taken: no binary format encoder for type citext .*: have a function of yours"
    with pytest.raises(ScenarioError, match=complaint):
        postgresql.template("citext", seeder(dataset))

    filled = Dataset("citext", table.metadata, fill=lambda session: session.execute(table.insert(), {"name": "One"}))
    address = postgresql.clone(postgresql.template("citext_filled", seeder(filled)))
    assert [(1,)] == rows(address, "SELECT id FROM item WHERE name = 'oNE'")


def test_a_dataset_has_one_source() -> None:
    """None, or two, are refused with what there is."""
    with pytest.raises(ScenarioError, match="'none' has rows=, fill= or file=, one of them: nothing is given"):
        Dataset("none", Base.metadata)
    with pytest.raises(ScenarioError, match="'two' has rows=, fill= or file=, one of them: rows and fill are given"):
        Dataset("two", Base.metadata, rows=lambda scale, random: iter(()), fill=fill)
    with pytest.raises(ScenarioError, match="'bare' has rows and no tables: give metadata"):
        Dataset("bare", rows=lambda scale, random: iter(()))


def test_what_rows_hang_on_makes_another_dataset(tmp_path: Path) -> None:
    """Another amount, another value and another content of a file give another digest; the same gives the same."""
    path = tmp_path / "shop.sql"
    path.write_text("SELECT 1;")
    digests = [
        *(Dataset("made", Base.metadata, generated(Base, amounts)).digest() for amounts in ({}, {}, {"item": 5})),
        Dataset("made", Base.metadata, generated(Base, values={"item.name": ["a"]})).digest(),
        Dataset("made", Base.metadata, fill=fill).digest(),
        Dataset("made", file=path).digest(),
    ]
    path.write_text("SELECT 2;")
    digests.append(Dataset("made", file=path).digest())

    assert digests[0] == digests[1]
    assert 6 == len(set(digests))


def test_the_same_tables_are_the_same_dataset_in_every_process() -> None:
    """A table keeps its indexes in no order that another process would have; their definition is the same text."""
    names = [f"column_{number}" for number in range(12)]
    one, other = (definition(indexed(order)) for order in (names, names[::-1]))

    assert 13 == len(one.split("CREATE ")[1:])
    assert one == other


def indexed(names: Sequence[str]) -> MetaData:
    """A table with an index on each of twelve columns, which are made in this order."""
    metadata = MetaData()
    table = Table("indexed", metadata, *(Column(name, Integer) for name in sorted(names)))
    for name in names:
        Index(f"ix_{name}", table.c[name])
    return metadata
