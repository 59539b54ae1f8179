"""The fingerprint of a database: equal where what was made in it is, whichever template it is a clone of."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.fingerprint import fingerprint
from bench.databases.holdings import holds
from bench.databases.postgres import PostgresServer

MADE = (
    "CREATE TABLE author (id int PRIMARY KEY, name text DEFAULT 'nobody')",
    "CREATE TABLE post (id int PRIMARY KEY, author_id int REFERENCES author, title text)",
    "CREATE INDEX by_author ON post (author_id)",
    "INSERT INTO author SELECT number, 'author' FROM generate_series(1, 50) AS number",
    "INSERT INTO post SELECT number, number % 50 + 1, 'post' FROM generate_series(1, 200) AS number",
)


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[PostgresServer]:
    """A server to make databases on."""
    with open_embedded({}, say=lambda line: None) as running:
        yield running


def database(server: PostgresServer, name: str, *changes: str) -> Address:
    """A clone of a template of that name, with what `MADE` makes and some changes."""

    def seed(address: Address) -> None:
        with connect(address, application_name="bench test") as connection:
            for statement in (*MADE, *changes):
                connection.execute(statement.encode())

    return server.clone(server.template(name, seed))


def test_two_templates_of_the_same_are_equal(server: PostgresServer) -> None:
    """What the harness keeps in a template to tell it from others is no part of it, nor is the order of its rows."""
    again = "UPDATE author SET name = name WHERE id < 20"

    assert fingerprint(database(server, "print_1")) == fingerprint(database(server, "print_2", again))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE post SET title = 'another' WHERE id = 7",
        "DELETE FROM post WHERE id = 7",
        "DROP INDEX by_author",
        "ALTER TABLE post DROP CONSTRAINT post_author_id_fkey",
        "ALTER TABLE author ALTER COLUMN name SET DEFAULT 'somebody'",
        "ALTER TABLE author ALTER COLUMN name TYPE varchar(80)",
        'ALTER TABLE author ALTER COLUMN name TYPE text COLLATE "C"',
        "CREATE VIEW titles AS SELECT title FROM post",
        "CREATE STATISTICS both_columns ON author_id, title FROM post",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_any_change_makes_it_another(server: PostgresServer, change: str) -> None:
    """Rows, indexes, constraints, defaults, types, collations, views, statistics and functions count."""
    changed = database(server, f"print_{zlib.crc32(change.encode())}", change)

    assert fingerprint(database(server, "print_1")) != fingerprint(changed)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("ALTER TABLE post ADD COLUMN note text DEFAULT 'none'", True),
        ("DROP INDEX by_author", True),
        ("CREATE TABLE tag (id int)", True),
        ("ALTER TABLE author ALTER COLUMN name TYPE varchar(80)", True),
        ("ALTER TABLE author ALTER COLUMN id TYPE bigint", True),
        ("UPDATE post SET title = 'another' WHERE id = 7", False),
        ("DELETE FROM post WHERE id = 7", False),
        ("ALTER TABLE author DROP COLUMN name", False),
        ("ALTER TABLE author RENAME COLUMN name TO called", False),
        ("DROP TABLE post", False),
    ],
)
def test_a_database_holds_another_that_was_added_to(server: PostgresServer, change: str, expected: bool) -> None:
    """The same rows in the same columns are held, whatever stands around them; less or others are not."""
    name = f"print_held_{zlib.crc32(change.encode())}"

    assert expected == holds(database(server, name, change), database(server, "print_held"))
