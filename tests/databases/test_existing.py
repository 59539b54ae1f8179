"""A database that is there, read as it stands: nothing of it changes, and nothing is made beside it."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.existing import ExistingDatabase
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError, UsageError
from bench.worker.dumps import _environment, _program
from bench.worker.engines import Access, require_read_only
from tests.cli.helpers import run
from tests.databases.helpers import databases, rows, run_statement
from tests.databases.test_url import url_of

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
"""
QUERIES = """
import os
from sqlalchemy import Integer, func, insert, literal, select, text
from sqlalchemy.orm import Session, joinedload, selectinload
from shop import Author, Post

async def joined(session):
    return (await session.scalars(select(Author).options(joinedload(Author.posts)))).unique().all()

async def selectin(session):
    return (await session.scalars(select(Author).options(selectinload(Author.posts)))).all()

async def writing(session):
    await session.execute(insert(Author).values(id=999, name="new"))
    await session.commit()

async def asking(session):
    await session.execute(text("SET TRANSACTION READ WRITE"))
    await writing(session)

def asking_plainly(session: Session):
    session.execute(text("BEGIN READ WRITE"))
    session.execute(insert(Author).values(id=999, name="new"))
    session.commit()

async def asking_by_an_option(session):
    await session.connection(execution_options={"postgresql_readonly": False})
    await writing(session)

NAMED = select(Author.id, Author.name).where(Author.name.like("canary%"))

async def by_name(session):
    return [tuple(row) for row in await session.execute(NAMED)]

async def by_constant(session):
    constant = text("SELECT id, name FROM authors WHERE left(name, 6) = 'canary'")
    return [tuple(row) for row in await session.execute(constant)]

async def differing(session):
    return [tuple(row) for row in await session.execute(select(Author.id, func.upper(Author.name)))]

async def raising(session):
    row = (await session.scalars(select(Author))).first()
    raise ValueError(f"what of {row.name}?")

async def refused(session):
    await session.execute(text("SELECT name::int FROM authors"))

async def raised(session):
    await session.execute(text("SELECT complaining(name) FROM authors"))

async def of_no_type(session):
    name = (await session.scalars(select(Author.name))).first()
    await session.execute(select(Author).where(Author.id == literal(name, Integer)))

async def dying(session):
    print((await session.scalars(select(Author))).first().name, flush=True)
    os._exit(3)
"""


COMPLAINING = """
CREATE FUNCTION complaining(name text) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RAISE 'what of %?', name USING DETAIL = name; END $$
"""


@pytest.fixture
def existing(embedded: PostgresServer, tmp_path: Path) -> Iterator[Address]:
    """Somebody's database, of a role that may do no more than read it."""
    admin = embedded._address
    run_statement(admin, "CREATE DATABASE somebodys")
    theirs = replace(admin, database="somebodys")
    for statement in (
        "CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL)",
        "CREATE TABLE posts (id int PRIMARY KEY, author_id int NOT NULL REFERENCES authors)",
        "INSERT INTO authors SELECT number, 'canary ' || number FROM generate_series(1, 20) AS number",
        "INSERT INTO posts SELECT number, 1 + number % 20 FROM generate_series(1, 60) AS number",
        COMPLAINING,
        "CREATE ROLE reader LOGIN PASSWORD 'hush'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    ):
        run_statement(theirs, statement)
    (tmp_path / "shop.py").write_text(MODELS)
    (tmp_path / "queries.py").write_text(QUERIES)
    yield replace(theirs, user="reader", password="hush")
    run_statement(theirs, "DROP OWNED BY reader")
    run_statement(admin, "DROP DATABASE somebodys WITH (FORCE)")
    run_statement(admin, "DROP ROLE reader")


def dumped(embedded: PostgresServer) -> bytes:
    """All that somebody's database has."""
    theirs = replace(embedded._address, database="somebodys")
    environment = _environment(Access(theirs, "psycopg", "dumping", writes=False))
    done = subprocess.run(
        [_program("pg_dump"), "--restrict-key=same"], env=environment, capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("run", "queries.py::joined", "queries.py::selectin", "--budget", "2s"),
        ("models", "shop:Base", "--budget", "4s"),
    ],
    ids=["run", "models"],
)
def test_nothing_of_it_changes(
    embedded: PostgresServer, existing: Address, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Measured as a role that may do anything, the database is to the letter what it was, and there is no other."""
    before, there = dumped(embedded), databases(embedded)
    owner = replace(embedded._address, database="somebodys")

    ran = run(*words, "--existing", "--database", url_of(owner), cwd=tmp_path)

    assert 0 == ran.code, ran.out + ran.err
    assert before == dumped(embedded)
    assert there == databases(embedded)


LEAKS = ("differing", "raising", "refused", "raised", "of_no_type", "dying")


def test_no_row_of_it_is_in_what_is_written(embedded: PostgresServer, existing: Address, tmp_path: Path) -> None:
    """A value of a row is in no result, report, journal or log, nor in what is said, whatever goes wrong with it: it is
    a parameter, a constant of a plan, what differs, what is raised and what the server complains of.
    """
    strategies = [f"queries.py::{name}" for name in ("by_name", "by_constant", *LEAKS)]
    words = ("run", *strategies, "--budget", "2s", "--report", "page.md")
    ran = run(*words, "--existing", "--database", url_of(existing), cwd=tmp_path)

    assert 4 == ran.code, ran.out + ran.err
    assert [] == [name for name in LEAKS if name not in ran.out]
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("queries.py", "shop.py")]
    assert {".json", ".md"} <= {path.suffix for path in written}
    # What a query says itself is its code: the constant and the word before LIKE, and no name with its number.
    leaked = re.compile(r"canary \d|CANARY|hush")
    assert {} == {path.name: found for path in written if (found := leaked.findall(path.read_text(errors="replace")))}
    assert [] == leaked.findall(ran.out + ran.err)


def test_writing_is_refused_by_the_server(embedded: PostgresServer, existing: Address, tmp_path: Path) -> None:
    """A function that writes fails on a session that is read-only, whatever its role may do."""
    owner = replace(embedded._address, database="somebodys")
    before = dumped(embedded)

    ran = run(
        *("run", "queries.py::selectin", "queries.py::writing", "--budget", "1s", "--existing"),
        *("--database", url_of(owner)),
        cwd=tmp_path,
    )

    assert 4 == ran.code, ran.out + ran.err
    assert "read-only transaction" in ran.out
    assert before == dumped(embedded)


def test_a_session_cannot_ask_to_write(embedded: PostgresServer, existing: Address, tmp_path: Path) -> None:
    """A role that may write is not let out of its read-only sessions, by a statement or an option of SQLAlchemy's."""
    owner = replace(embedded._address, database="somebodys")
    before, asking = dumped(embedded), ("asking", "asking_plainly", "asking_by_an_option")

    ran = run(
        *("run", "queries.py::selectin", *(f"queries.py::{name}" for name in asking)),
        *("--budget", "1s", "--existing", "--database", url_of(owner)),
        cwd=tmp_path,
    )

    assert 4 == ran.code, ran.out + ran.err
    said = " ".join(ran.out.split())
    refused = "failed: an existing database is never written: "
    assert f"asking, asking_plainly {refused}its sessions stay read-only" in said
    assert f"asking_by_an_option {refused}leave postgresql_readonly=False out" in said
    assert before == dumped(embedded)


def test_sessions_that_are_not_read_only_are_refused(embedded: PostgresServer, existing: Address) -> None:
    """Where something on the way drops the setting, the database is not read at all."""
    owner = replace(embedded._address, database="somebodys")
    loose = "PERFORM set_config('default_transaction_read_only', 'off', false)"
    for statement in (
        f"CREATE FUNCTION loosen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {loose}; END $$",
        "CREATE EVENT TRIGGER loosening ON login EXECUTE FUNCTION loosen()",
        "ALTER EVENT TRIGGER loosening ENABLE ALWAYS",
    ):
        run_statement(owner, statement)

    with pytest.raises(DatabaseError, match=r"^--existing: sessions are not read-only, as something before"):
        ExistingDatabase(url_of(owner), {})
    reader = Access(replace(existing, is_read_only=True), "asyncpg", "test", writes=False)
    for driver in ("asyncpg", "psycopg"):
        with pytest.raises(UsageError, match=r"^--existing: sessions are not read-only, as something before"):
            asyncio.run(require_read_only(replace(reader, driver=driver), is_async=True))


def test_a_scenario_that_writes_is_refused(embedded: PostgresServer, existing: Address, tmp_path: Path) -> None:
    """It is named, before anything is measured."""
    ran = run("run", "bulk_delete", "--existing", "--database", url_of(existing), cwd=tmp_path)

    assert "an existing database is never written" in ran.complaint
    assert "bulk_delete." in ran.complaint


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--database", "embedded"), "--existing reads the database that a URL names: give --database postgresql://…"),
        ((), "--existing reads the database that a URL names: give --database postgresql://…"),
    ],
)
def test_a_database_of_our_own_is_no_existing_one(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    """--existing without a URL is refused."""
    assert complaint == run("run", "loading.one_to_one", "--existing", *words, cwd=tmp_path).complaint


def test_a_role_without_rights_is_told_what_it_lacks(
    embedded: PostgresServer, existing: Address, tmp_path: Path
) -> None:
    """A table that it may not read is named with what to grant, and so is the database that it may not connect to."""
    owner = replace(embedded._address, database="somebodys")
    run_statement(owner, "REVOKE SELECT ON posts FROM reader")
    words = ("run", "queries.py::by_name", "queries.py::joined", "--budget", "1s", "--existing")
    ran = run(*words, "--database", url_of(existing), cwd=tmp_path)
    assert 4 == ran.code, ran.out + ran.err
    said = " ".join(ran.out.split())
    assert (
        "permission denied for table posts: allow it with `GRANT SELECT ON posts TO …`, to the user of the URL" in said
    )

    run_statement(owner, "REVOKE CONNECT ON DATABASE somebodys FROM PUBLIC")
    ran = run(*words, "--database", url_of(existing), cwd=tmp_path)
    assert ran.complaint.startswith(
        "the user of the URL may not connect to that database: allow it with `GRANT CONNECT"
    )


def test_settings_are_refused(existing: Address) -> None:
    """Nothing is set in somebody's database."""
    with pytest.raises(UsageError, match="--setting: with --existing the database is left as it is"):
        ExistingDatabase(url_of(existing), {"work_mem": "1MB"})


def test_it_is_its_own_template_and_clone(embedded: PostgresServer, existing: Address) -> None:
    """Everybody works in the database itself, and dropping a clone drops nothing."""
    with ExistingDatabase(url_of(existing), {}) as server:
        clone = server.clone(server.template("any", lambda address: None))
        server.drop(clone)
        assert "somebodys" == clone.database
        assert [(20,)] == rows(clone, "SELECT count(*) FROM authors")
    assert "somebodys" in databases(embedded)
