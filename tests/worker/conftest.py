"""One server for all tests of the worker, and databases with the shelf on it and in SQLite's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.databases.sqlite import SqliteServer
from tests.worker.helpers import seeder
from tests.worker.shelf import shelf

ITEMS_AS_SEEDED = (
    "TRUNCATE items, marks",
    "INSERT INTO items SELECT number, 'item ' || number FROM generate_series(1, 5) AS number",
    "INSERT INTO marks SELECT number, number FROM generate_series(1, 5) AS number",
    "SELECT setval('items_id_seq', 6, false), setval('marks_id_seq', 6, false)",
)


@pytest.fixture(scope="session")
def postgresql(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite(cache: Path) -> Iterator[SqliteServer]:
    """SQLite's files."""
    with SqliteServer({}) as server:
        yield server


@pytest.fixture(scope="session")
def shelf_on_postgresql(postgresql: PostgresServer) -> Address:
    """A database with the shelf, for reading."""
    return postgresql.clone(postgresql.template("shelf", seeder(shelf)))


@pytest.fixture(scope="session")
def shelf_on_sqlite(sqlite: SqliteServer) -> Address:
    """A file with the shelf, for reading."""
    return sqlite.clone(sqlite.template("shelf", seeder(shelf)))


@pytest.fixture(scope="session")
def writable_on_postgresql(postgresql: PostgresServer) -> Address:
    """A database with the shelf, for the tests that write in it one after the other."""
    return postgresql.clone(postgresql.template("shelf", seeder(shelf)))


@pytest.fixture
def written_on_postgresql(writable_on_postgresql: Address) -> Iterator[Address]:
    """A database with the shelf, for one test to write items and marks in; put back without the harness."""
    yield writable_on_postgresql
    with connect(writable_on_postgresql, application_name="witness") as connection:
        for statement in ITEMS_AS_SEEDED:
            connection.execute(statement)


@pytest.fixture
def written_on_sqlite(sqlite: SqliteServer) -> Iterator[Address]:
    """A file with the shelf, for one test to write in."""
    clone = sqlite.clone(sqlite.template("shelf", seeder(shelf)))
    yield clone
    sqlite.drop(clone)


@pytest.fixture(params=["written_on_postgresql", "written_on_sqlite"])
def written(request: pytest.FixtureRequest) -> Address:
    """A database with the shelf on either, for one test to write items and marks in."""
    address: Address = request.getfixturevalue(request.param)
    return address
