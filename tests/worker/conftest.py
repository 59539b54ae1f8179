"""One server for all tests of the worker, and databases with the shelf on it and in SQLite's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.databases.sqlite import SqliteServer
from tests.worker.helpers import seeder
from tests.worker.shelf import shelf


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


@pytest.fixture
def written_on_postgresql(postgresql: PostgresServer) -> Iterator[Address]:
    """A database with the shelf, for one test to write in."""
    yield from _for_one_test(postgresql)


@pytest.fixture
def written_on_sqlite(sqlite: SqliteServer) -> Iterator[Address]:
    """A file with the shelf, for one test to write in."""
    yield from _for_one_test(sqlite)


@pytest.fixture(params=["postgresql", "sqlite"])
def written(request: pytest.FixtureRequest) -> Iterator[Address]:
    """A database with the shelf on either, for one test to write in."""
    yield from _for_one_test(request.getfixturevalue(request.param))


def _for_one_test(server: Server) -> Iterator[Address]:
    clone = server.clone(server.template("shelf", seeder(shelf)))
    yield clone
    server.drop(clone)
