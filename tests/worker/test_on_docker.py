"""The same on a server in a container: counts agree with the server's, the rows are those of every other database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.databases import containers
from bench.databases.address import Address
from bench.databases.docker import open_docker
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError
from tests.worker.helpers import access, rows, seeder, tally_and_calls
from tests.worker.shelf import shelf
from tests.worker.test_counting import Counts, insert_many, insert_returning, lazy, selectin

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def container(cache: Path) -> Iterator[PostgresServer]:
    """A server in a container; where no Docker engine answers the test is skipped."""
    try:
        containers.connect_engine(timeout=30).close()
    except DatabaseError as error:
        pytest.skip(str(error))
    with open_docker(None, {}, say=lambda line: None) as server:
        yield server


@pytest.fixture(scope="module")
def shelf_in_container(container: PostgresServer) -> Address:
    """A database with the shelf in the container."""
    return container.clone(container.template("shelf", seeder(shelf)))


@pytest.mark.parametrize(
    ("strategy", "count", "expected"),
    [
        (lazy, 50, (51, 51, 150, 150)),
        (selectin, 501, (3, 3, 1503, 1503)),
        (insert_many, 200, (1, 200, 0, 0)),
        (insert_returning, 200, (1, 1, 200, 0)),
    ],
    ids=["lazy", "selectin", "insert many", "insert returning"],
)
def test_warm_call_is_counted_as_the_container_s_server_counts_it(
    shelf_in_container: Address, strategy: Callable[..., Any], count: int, expected: Counts
) -> None:
    """Statements, executions, rows and ORM objects of a warm call; the server counted the same executions."""
    tally, calls = tally_and_calls(strategy, access(shelf_in_container, writes=True), {"count": count})
    assert (*expected, expected[1]) == (tally.statements, tally.executions, tally.rows, tally.orm_objects, calls)


@pytest.mark.parametrize("table", ["parents", "children", "items", "marks"])
def test_rows_are_those_of_sqlite(shelf_in_container: Address, shelf_on_sqlite: Address, table: str) -> None:
    """A table has the same rows in a container as in a file of SQLite."""
    statement = f"SELECT * FROM {table} ORDER BY id"
    found = rows(shelf_in_container, statement)
    assert found == rows(shelf_on_sqlite, statement)
    assert found
