"""The bulk delete scenarios: what each strategy sends, and what it leaves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.sqlite import SqliteServer
from bench.discovery import find_modules, load_module
from bench.worker.calling import declines
from bench.worker.engines import dispose, open_async, sync_engine
from tests.worker.helpers import access, rows, seeder

SCENARIOS = {name.partition(".")[2]: found for name, found in load_module(find_modules()["bulk_delete"]).items()}
bulk_delete: Any = sys.modules[SCENARIOS["by_where"].baseline.function.__module__]
TABLES = [table.name for table in bulk_delete.Base.metadata.sorted_tables]
COUNTS = {
    "entries": 3000,
    "orders": 210,
    "items": 2100,
    "bare_orders": 210,
    "bare_items": 2100,
    "log_of_10": 10,
    "log_of_1000": 1000,
    "log_of_10000": 10_000,
}

BY_WHERE = {
    "objects": (2, 4),
    "one_delete": (1, 1),
    "fetch": (1, 1),
    "core_delete": (1, 1),
    "keys_then_delete": (2, 2),
    "keys_then_delete_any": (2, 2),
    "chunks_of_100": (1, 1),
    "chunks_of_1000": (1, 1),
}
"""Statements and parameter sets for three rows."""

SELECTS = ["SELECT orders", "SELECT items"]
DELETES = ["DELETE items × 10", "DELETE orders"]
CASCADE = {
    "orm_cascade": [*SELECTS, *DELETES, "SELECT items", *DELETES],
    "orm_cascade_no_autoflush": [*SELECTS, "SELECT items", "DELETE items × 20", "DELETE orders × 2"],
    "orm_cascade_selectin": [*SELECTS, "DELETE items × 20", "DELETE orders × 2"],
    "passive_deletes": ["SELECT orders", "DELETE orders × 2"],
    "passive_deletes_loaded": [*SELECTS, "DELETE items × 20", "DELETE orders × 2"],
    "one_delete": ["DELETE orders"],
    "children_first": ["DELETE items", "DELETE orders"],
}
"""Statements for two orders of ten items, each with its number of parameter sets where that is not one."""


@pytest.fixture(scope="module")
def archive_on_postgresql(cache: Path) -> Iterator[Address]:
    """A database with the archive on PostgreSQL, and with copies of what is in its tables."""
    with open_embedded({}, say=lambda line: None) as server:
        clone = server.clone(server.template("archive", seeder(bulk_delete.archive)))
        run(clone, *(f"CREATE TABLE seeded_{name} AS SELECT * FROM {name}" for name in TABLES))
        yield clone


@pytest.fixture
def postgresql(archive_on_postgresql: Address) -> Iterator[Address]:
    """That database for one test to delete in, with nothing in its statistics yet."""
    run(archive_on_postgresql, "SELECT pg_stat_reset()")
    yield archive_on_postgresql
    for name in TABLES:
        if rows(archive_on_postgresql, f"SELECT count(*) FROM {name}") != [(COUNTS[name],)]:
            missing = f"SELECT * FROM seeded_{name} WHERE id NOT IN (SELECT id FROM {name})"
            run(archive_on_postgresql, f"INSERT INTO {name} {missing}")


@pytest.fixture(scope="module")
def archive_on_sqlite(cache: Path) -> Iterator[tuple[SqliteServer, Any]]:
    """SQLite's files, one of them with the archive."""
    with SqliteServer({}) as server:
        yield server, server.template("archive", seeder(bulk_delete.archive))


@pytest.fixture
def sqlite(archive_on_sqlite: tuple[SqliteServer, Any]) -> Iterator[Address]:
    """A file with the archive, for one test to delete in."""
    server, template = archive_on_sqlite
    clone = server.clone(template)
    yield clone
    server.drop(clone)


def run(address: Address, *statements: str) -> None:
    """Run statements on PostgreSQL, each in a transaction of its own."""
    with connect(address, application_name="witness") as connection:
        for statement in statements:
            connection.execute(statement)


def call(address: Address, scenario: str, strategy: str, **given: Any) -> tuple[Any, list[tuple[str, int]]]:
    """What a call of a strategy returns, and its statements, each with its number of parameter sets."""

    async def called() -> tuple[Any, list[tuple[str, int]]]:
        found = SCENARIOS[scenario].strategies[strategy]
        database = open_async(access(address, writes=True), found.engine_options)
        sent: list[tuple[str, int]] = []

        @event.listens_for(sync_engine(database), "before_cursor_execute")
        def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
            sent.append((" ".join(statement.split()), len(parameters) if many else 1))

        try:
            taken = {name: given[name] for name in found.takes if name in given}
            return await found.function(database, **taken), sent
        finally:
            await dispose(database)

    return asyncio.run(called())


def shortened(statement: str, sets: int) -> str:
    """A statement's verb and the table that it reads or deletes from, with its number of parameter sets."""
    verb, _, rest = statement.partition(" ")
    table = rest.partition("FROM ")[2].split(maxsplit=1)[0]
    return f"{verb} {table}" + (f" × {sets}" if sets > 1 else "")


def counts(address: Address) -> dict[str, int]:
    """The number of rows in each table that is not as it was seeded."""
    found = {name: rows(address, f"SELECT count(*) FROM {name}")[0][0] for name in TABLES}
    return {name: count for name, count in found.items() if count != COUNTS[name]}


@pytest.mark.parametrize("strategy", BY_WHERE)
def test_the_oldest_rows_are_deleted_in_so_many_statements(postgresql: Address, strategy: str) -> None:
    """The three oldest entries go, and nothing else does."""
    result, sent = call(postgresql, "by_where", strategy, rows=3)

    assert (3, BY_WHERE[strategy]) == (result, (len(sent), sum(sets for _, sets in sent)))
    assert {"entries": 2997} == counts(postgresql)
    assert [(4,)] == rows(postgresql, "SELECT min(id) FROM entries")


@pytest.mark.parametrize("strategy", [name for name in BY_WHERE if name != "keys_then_delete_any"])
def test_what_sqlite_can_do_deletes_the_same_there(sqlite: Address, strategy: str) -> None:
    """The three oldest entries go, and nothing else does."""
    result, _ = call(sqlite, "by_where", strategy, rows=3)

    assert (3, {"entries": 2997}) == (result, counts(sqlite))
    assert [(4,)] == rows(sqlite, "SELECT min(id) FROM entries")


@pytest.mark.parametrize(
    ("strategy", "rows", "statements"),
    [
        ("chunks_of_100", 99, 1),
        ("chunks_of_100", 100, 2),
        ("chunks_of_100", 250, 3),
        ("chunks_of_1000", 999, 1),
        ("chunks_of_1000", 3000, 4),
    ],
)
def test_chunks_end_with_one_that_is_not_full(sqlite: Address, strategy: str, rows: int, statements: int) -> None:
    """A full chunk may be the last one: only the next shows that nothing is left."""
    result, sent = call(sqlite, "by_where", strategy, rows=rows)

    assert (rows, statements) == (result, len(sent))


@pytest.mark.parametrize(("strategy", "returning"), [("one_delete", ""), ("fetch", "entries.id"), ("core_delete", "")])
def test_only_fetch_has_the_keys_come_back(postgresql: Address, strategy: str, returning: str) -> None:
    """'auto', the default, is 'evaluate' for a WHERE that Python can evaluate, whatever its documentation says."""
    _, sent = call(postgresql, "by_where", strategy, rows=3)

    assert [returning] == [statement.partition(" RETURNING ")[2] for statement, _ in sent]


@pytest.mark.parametrize("strategy", CASCADE)
def test_parents_go_with_their_children(postgresql: Address, strategy: str) -> None:
    """Two orders of ten items go with their items, by these statements."""
    result, sent = call(postgresql, "cascade", strategy, orders=2, items=10)

    assert (2, CASCADE[strategy]) == (result, [shortened(*one) for one in sent])
    assert {"orders": 208, "items": 2080} == counts(postgresql)
    assert [(103,)] == rows(postgresql, "SELECT min(id) FROM orders WHERE id > 100")


@pytest.mark.parametrize(("items", "apart"), [(1, 0), (10, 900), (100, 990)])
def test_each_order_has_as_many_items_as_the_point_says(sqlite: Address, items: int, apart: int) -> None:
    """All orders of a group have that many items, whose keys lie apart from first to last."""
    first, last = bulk_delete.order_ids(bulk_delete.ORDERS[items], items)
    theirs = f"FROM items WHERE order_id BETWEEN {first} AND {last} GROUP BY order_id"

    assert {(items, apart)} == set(rows(sqlite, f"SELECT count(*), max(id) - min(id) {theirs}"))


def test_orders_that_are_not_there_are_declined() -> None:
    """There are ten orders with a hundred items each."""
    strategy = SCENARIOS["cascade"].baseline

    assert declines(strategy, {"orders": 10, "items": 100}) is None
    assert "there are 10 orders with 100 items each" == declines(strategy, {"orders": 100, "items": 100})


@pytest.mark.parametrize(
    ("strategy", "table", "whole", "by_index"),
    [
        ("no_index", "bare_items", 10, 0),
        ("index", "items", 0, 10),
        ("index_first", "bare_items", 1, 0),
    ],
)
def test_an_index_on_the_foreign_key_saves_a_scan_for_each_parent(
    postgresql: Address, strategy: str, table: str, whole: int, by_index: int
) -> None:
    """Items are looked for ten times; making the index reads them once, and what it was used for goes with it."""
    result, _ = call(postgresql, "foreign_key", strategy, orders=10)
    found = rows(postgresql, f"SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = '{table}'")

    assert (10, [(whole, by_index)]) == (result, found)
    assert {} == counts(postgresql)
    assert [] == rows(postgresql, "SELECT 1 FROM pg_indexes WHERE indexname = 'made_for_it'")


@pytest.mark.parametrize(
    ("strategy", "statements"),
    [
        ("delete_all", ["DELETE FROM log_of_1000"]),
        ("truncate", ["TRUNCATE log_of_1000"]),
        ("drop_and_create", ["DROP TABLE log_of_1000", "CREATE TABLE log_of_1000"]),
    ],
)
def test_a_table_is_emptied(postgresql: Address, strategy: str, statements: list[str]) -> None:
    """That table is empty afterwards, and has its key; the others have what they had."""
    _, sent = call(postgresql, "empty", strategy, rows=1000)

    assert statements == [statement.partition(" (")[0] for statement, _ in sent]
    assert {"log_of_1000": 0} == counts(postgresql)
    assert [("log_of_1000_pkey",)] == rows(
        postgresql, "SELECT indexname FROM pg_indexes WHERE tablename = 'log_of_1000'"
    )
