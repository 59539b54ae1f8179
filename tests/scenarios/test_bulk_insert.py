"""The bulk insert scenarios: the rows that each strategy leaves, the keys that it hands back, and what it sends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.databases.sqlite import SqliteServer
from bench.discovery import find_modules, load_module
from bench.scenario import Strategy
from bench.worker.calling import OpenStrategy, inputs_of
from bench.worker.counting import counted
from tests.worker.helpers import access, rows, seeder

SCENARIOS = {name.partition(".")[2]: found for name, found in load_module(find_modules()["bulk_insert"]).items()}
bulk_insert: Any = sys.modules[SCENARIOS["written"].baseline.function.__module__]

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def postgresql(cache: Path) -> Iterator[Address]:
    """A database with the empty tables."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server.clone(server.template("imports", seeder(bulk_insert.imports)))


@pytest.fixture(scope="module")
def sqlite(cache: Path) -> Iterator[Address]:
    """A file with the empty tables."""
    with SqliteServer({}) as server:
        yield server.clone(server.template("imports", seeder(bulk_insert.imports)))


@dataclass(frozen=True)
class Call:
    """What a call of a strategy was given and returned, what it sent, and the rows that were there after it."""

    given: Rows
    returned: Any
    statements: list[str]
    sent: int
    left: Rows


def _call(
    place: Address, name: str, strategy: str, table: Table | None = None, given: Rows | None = None, **chosen: Any
) -> Call:
    """A call of a strategy on empty tables, at the typical point but for what is chosen, and the rows of a table."""
    scenario = SCENARIOS[name]
    params = {**scenario.typical, **chosen}
    inputs = inputs_of(scenario, params, "1") if given is None else given
    read = bulk_insert.Contact.__table__ if table is None else table

    async def call() -> Call:
        opened = OpenStrategy(scenario.strategies[strategy], access(place, writes=True), params)
        try:
            await opened.open()
            async with opened.handle.engine.begin() as connection:
                for emptied in bulk_insert.Base.metadata.sorted_tables:
                    await connection.execute(emptied.delete())
            with counted(opened.handle, objects=False) as tally:
                returned = await opened.once(inputs)
            async with opened.handle.engine.connect() as connection:
                left = [dict(row._mapping) for row in await connection.execute(select(read))]
        finally:
            await opened.close()
        return Call(inputs, returned, list(tally.texts), tally.statements, left)

    return asyncio.run(call())


def _without_key(left: Rows) -> Rows:
    """Rows of a table in the order of their user names, without the key that the server gave."""
    return sorted(
        ({name: value for name, value in row.items() if name != "id"} for row in left), key=lambda row: row["username"]
    )


def _on_sqlite(name: str) -> list[Strategy]:
    return [strategy for strategy in SCENARIOS[name].strategies.values() if "postgresql" not in strategy.requires]


@pytest.mark.parametrize("strategy", SCENARIOS["written"].strategies)
def test_a_strategy_writes_whole_rows(postgresql: Address, strategy: str) -> None:
    """Twenty columns with NULLs, commas, quotes and letters beyond ASCII arrive as they were given."""
    given = bulk_insert.contacts(Random(1), 8, 20)
    given[1] |= {"phone": None, "job_title": 'Said "hello", left\n', "city": "Bogotá"}
    given[2] |= {"phone": None, "company": "tab\tand \\N", "is_active": False, "rating": 1 / 3}
    table = bulk_insert.IndexedWideContact.__table__
    found = _call(postgresql, "written", strategy, table, given, rows=8, columns=20, indexes=4)

    assert _without_key(given) == _without_key(found.left)
    assert found.returned is None


@pytest.mark.parametrize("strategy", SCENARIOS["with_keys"].strategies)
def test_a_key_that_comes_back_is_that_of_its_row(postgresql: Address, strategy: str) -> None:
    """Each row is in the table under the very key that stands in its place, over several batches too."""
    found = _call(postgresql, "with_keys", strategy, rows=250)

    assert {row["username"]: row["id"] for row in found.left} == {
        row["username"]: key for key, row in zip(found.returned, found.given, strict=True)
    }
    assert 250 == len(found.left)


@pytest.mark.parametrize("name", ["written", "with_keys", "one_by_one", "nulls"])
def test_sqlite_has_the_same_rows(sqlite: Address, name: str) -> None:
    """Every strategy that does not require PostgreSQL leaves the rows there, and the baseline is one of them."""
    runs = {strategy.name: _call(sqlite, name, strategy.name, rows=12) for strategy in _on_sqlite(name)}

    assert SCENARIOS[name].baseline.name in runs
    for found in runs.values():
        assert _without_key(found.given) == _without_key(found.left)
        if found.returned is not None:
            assert {row["username"]: row["id"] for row in found.left} == {
                row["username"]: key for key, row in zip(found.returned, found.given, strict=True)
            }


STATEMENTS = {
    "written": {
        "add_all": 1,
        "bulk_save_objects": 1,
        "bulk_insert": 1,
        "core_executemany": 1,
        "multi_values": 1,
        "unnest": 1,
        "asyncpg_executemany": 0,
        "copy_records": 1,
        "copy_csv": 1,
    },
    "with_keys": {
        "add_all": 1,
        "bulk_insert_objects": 1,
        "bulk_insert_ordered": 1,
        "bulk_insert_by_name": 1,
        "core_ordered": 1,
        "core_page_100": 2,
        "core_page_10000": 1,
        "multi_values": 1,
        "unnest": 1,
        "add_all_reserved_keys": 2,
        "copy_reserved_keys": 1,
    },
    "one_by_one": {
        "commit_each": 120,
        "autocommit_each": 120,
        "core_each": 120,
        "commit_every_10": 12,
        "savepoint_each": 360,
        "flush_each": 120,
        "add_all_unbatched": 120,
        "add_all": 1,
    },
    "rolled_back": {"inserted": 2, "copied_after_a_statement": 2, "copied_first": 1},
    "uuid_keys": {"add_all_server": 120, "add_all_client": 1, "bulk_insert_server": 1, "bulk_insert_client": 1},
}
"""How many statements SQLAlchemy sends for 120 rows; of COPY, the one that begins the transaction."""


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_strategy_sends_as_many_statements_as_it_says(postgresql: Address, name: str) -> None:
    """For 120 rows: one in a batch, 120 one by one, 12 for tens, two for pages of a hundred."""
    assert STATEMENTS[name] == {
        strategy: _call(postgresql, name, strategy, rows=120).sent for strategy in SCENARIOS[name].strategies
    }


@pytest.mark.parametrize(
    ("strategy", "rows", "statements"),
    [
        ("add_all", 1000, 1),
        ("add_all", 1001, 2),
        ("core_page_10000", 8175, 1),
        ("core_page_10000", 8176, 2),
    ],
)
def test_a_batch_ends_at_its_rows_or_its_arguments(
    postgresql: Address, strategy: str, rows: int, statements: int
) -> None:
    """A statement takes 1,000 rows, and with larger pages 32,700 arguments: 8,175 rows with four columns."""
    assert statements == _call(postgresql, "with_keys", strategy, rows=rows).sent


def test_the_grid_has_both_sides_of_where_a_batch_ends() -> None:
    """1,000 and 1,001 rows, and 8,191 and 8,192 of four columns, which have 32,764 and 32,768 values."""
    assert {1000, 1001} <= set(SCENARIOS["with_keys"].params["rows"])
    assert {8191, 8192} <= set(SCENARIOS["written"].params["rows"])


def test_a_statement_takes_32767_arguments(postgresql: Address) -> None:
    """8,191 rows of four columns go into one VALUES; one row more asyncpg refuses, and the strategy declines."""
    multi_values = SCENARIOS["written"].strategies["multi_values"]

    assert 8191 == len(_call(postgresql, "written", "multi_values", rows=8191).left)
    with pytest.raises(DBAPIError, match="cannot exceed 32767"):
        _call(postgresql, "written", "multi_values", rows=8192)
    assert True is multi_values.where(rows=8191, columns=4)
    assert "32,768 arguments, of which asyncpg sends 32,767 at most" == multi_values.where(rows=8192, columns=4)


def test_rows_that_take_too_long_are_declined() -> None:
    """100,000 objects are declined, INSERTs when the rows are wide too, and COPY never; a reason says why."""
    answers = {
        name: [True if strategy.where is None else strategy.where(rows=100_000, columns=columns) for columns in (4, 20)]
        for name, strategy in SCENARIOS["written"].strategies.items()
        if name in ("add_all", "bulk_insert", "copy_records")
    }

    assert {
        "add_all": ["400,000 values take it more than two seconds", "2,000,000 values take it more than two seconds"],
        "bulk_insert": [True, "2,000,000 values take it more than two seconds"],
        "copy_records": [True, True],
    } == answers
    assert "1,000 transactions or savepoints, one after the other" == bulk_insert.few_transactions(rows=1000)
    assert "about 5,000 statements" == bulk_insert.few_runs(rows=10_000, null_percent=50)
    assert "10,000 statements, one for each row" == bulk_insert.few_statements(rows=10_000)


def test_a_copy_goes_with_the_transaction_once_a_statement_was_sent(postgresql: Address) -> None:
    """Rolled back, an INSERT and a COPY after a statement leave nothing; a COPY before any leaves all its rows."""
    found = {name: _call(postgresql, "rolled_back", name) for name in SCENARIOS["rolled_back"].strategies}

    assert {"inserted": 0, "copied_after_a_statement": 0, "copied_first": 100} == {
        name: call.returned for name, call in found.items()
    }
    assert {"inserted": 0, "copied_after_a_statement": 0, "copied_first": 100} == {
        name: len(call.left) for name, call in found.items()
    }


@pytest.mark.parametrize(
    ("name", "strategy"),
    [("written", "copy_records"), ("written", "copy_csv"), ("with_keys", "copy_reserved_keys")],
)
def test_a_copy_is_undone_when_the_unit_of_work_fails(
    postgresql: Address, monkeypatch: pytest.MonkeyPatch, name: str, strategy: str
) -> None:
    """A strategy that fails after its COPY, before its commit, has written nothing."""

    async def failing(self: AsyncConnection) -> None:
        raise ConnectionAbortedError

    monkeypatch.setattr(AsyncConnection, "commit", failing)
    with pytest.raises(ConnectionAbortedError):
        _call(postgresql, name, strategy, rows=10)

    assert [] == rows(postgresql, "SELECT id FROM contacts")


def test_null_breaks_a_bulk_insert_into_runs(postgresql: Address) -> None:
    """Five rows of which the second and the fifth have NULL: four statements, two when sorted, else one."""
    given = bulk_insert.contacts(Random(1), 5)
    given[1]["phone"] = given[4]["phone"] = None
    found = {name: _call(postgresql, "nulls", name, given=given) for name in SCENARIOS["nulls"].strategies}

    assert {"bulk_insert": 4, "sorted_first": 2, "render_nulls": 1, "add_all": 1, "core_executemany": 1} == {
        name: call.sent for name, call in found.items()
    }
    assert [] == [name for name, call in found.items() if _without_key(given) != _without_key(call.left)]


@pytest.mark.parametrize(("percent", "some"), [(0, 0), (10, 100), (50, 500), (100, 1000)])
def test_so_many_rows_have_null(percent: int, some: int) -> None:
    """About that part of a thousand rows has no telephone number."""
    given = inputs_of(SCENARIOS["nulls"], {"rows": 1000, "null_percent": percent}, "1")

    assert abs(some - sum(row["phone"] is None for row in given)) <= (0 if percent in (0, 100) else 50)


SHAPES = {
    ("written", "add_all"): (
        "INSERT INTO contacts (username, email, phone, created_at) SELECT p0::VARCHAR,",
        "AS imp_sen(p0, p1, p2, p3, sen_counter) ORDER BY sen_counter RETURNING contacts.id, contacts.id AS id__1",
    ),
    ("written", "bulk_insert"): (
        "INSERT INTO contacts (username, email, phone, created_at) VALUES",
        "($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::TIMESTAMP WITHOUT TIME ZONE)",
    ),
    ("written", "core_executemany"): (
        "INSERT INTO contacts (username, email, phone, created_at) VALUES",
        "($1::VARCHAR, $2::VARCHAR, $3::VARCHAR, $4::TIMESTAMP WITHOUT TIME ZONE)",
    ),
    ("written", "unnest"): (
        "INSERT INTO contacts (username, email, phone, created_at) SELECT given.username,",
        "$4::TIMESTAMP WITHOUT TIME ZONE[]) AS given(username, email, phone, created_at)",
    ),
    ("with_keys", "bulk_insert_by_name"): (
        "INSERT INTO contacts (username, email, phone, created_at) VALUES",
        "$10::VARCHAR, $11::VARCHAR, $12::TIMESTAMP WITHOUT TIME ZONE) RETURNING contacts.id, contacts.username",
    ),
    ("with_keys", "add_all_reserved_keys"): (
        "INSERT INTO contacts (id, username, email, phone, created_at) VALUES",
        "($1::INTEGER, $2::VARCHAR, $3::VARCHAR, $4::VARCHAR, $5::TIMESTAMP WITHOUT TIME ZONE)",
    ),
}


@pytest.mark.parametrize(("name", "strategy"), SHAPES)
def test_an_insert_has_its_shape(postgresql: Address, name: str, strategy: str) -> None:
    """For three rows: VALUES in order with a counter, plain VALUES, one row for an executemany, or arrays."""
    sql = " ".join(_call(postgresql, name, strategy, rows=3).statements[-1].split())
    first, last = SHAPES[name, strategy]

    assert (first, last) == (sql[: len(first)], sql[-len(last) :])


def test_indexed_tables_have_four_more_indexes(postgresql: Address) -> None:
    """The tables of the grid have the index of their key alone, or four others beside it."""
    found = rows(postgresql, "SELECT tablename, count(*)::int FROM pg_indexes WHERE schemaname = 'public' GROUP BY 1")

    assert {
        "contacts": 1,
        "wide_contacts": 1,
        "indexed_contacts": 5,
        "indexed_wide_contacts": 5,
        "documents": 1,
    } == dict(found)


@pytest.mark.parametrize(("columns", "indexes"), bulk_insert.CONTACTS)
def test_rows_fit_their_table(columns: int, indexes: int) -> None:
    """A new row has a value for each column but the key, and no user name comes twice."""
    table = bulk_insert.CONTACTS[columns, indexes].__table__
    given = inputs_of(SCENARIOS["written"], {"rows": 200, "columns": columns, "indexes": indexes}, "1")

    assert all({column.name for column in table.columns} == {"id", *row} for row in given)
    assert {columns} == set(map(len, given))
    assert 200 == len({row["username"] for row in given})


@pytest.mark.parametrize("place", ["postgresql", "sqlite"])
def test_a_uuid_is_made_by_the_server_or_by_the_client(request: pytest.FixtureRequest, place: str) -> None:
    """On either database thirty documents get thirty different UUIDs, of version 4."""
    table = bulk_insert.Document.__table__
    for strategy in SCENARIOS["uuid_keys"].strategies:
        found = _call(request.getfixturevalue(place), "uuid_keys", strategy, table, rows=30)
        assert 30 == found.returned == len({row["id"] for row in found.left})
        # SQLite knows no UUIDs: its default is sixteen random bytes, whatever their version.
        if place == "postgresql" or strategy.endswith("client"):
            assert {4} == {row["id"].version for row in found.left}


TRANSACTION_CONTROL = """
SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname = current_database() AND query ~ '^(BEGIN|COMMIT|SAVEPOINT|RELEASE)'
"""


def _transaction_commands(place: Address, strategy: str) -> int:
    """How many statements that begin or end something the server counts in a call for twenty rows."""
    scenario = SCENARIOS["one_by_one"]

    async def call() -> None:
        opened = OpenStrategy(scenario.strategies[strategy], access(place, writes=True), scenario.typical)
        try:
            await opened.connect()
            rows(place, "SELECT pg_stat_statements_reset()")
            await opened.once(inputs_of(scenario, scenario.typical, "1"))
        finally:
            await opened.close()

    asyncio.run(call())
    ((commands,),) = rows(place, TRANSACTION_CONTROL)
    return commands


def test_a_row_by_itself_begins_and_ends_something(postgresql: Address) -> None:
    """Twenty rows: BEGIN and COMMIT each, those of tens, SAVEPOINT and RELEASE each within them, one pair, or none."""
    assert {
        "commit_each": 40,
        "autocommit_each": 0,
        "core_each": 2,
        "commit_every_10": 4,
        "savepoint_each": 42,
        "flush_each": 2,
        "add_all_unbatched": 2,
        "add_all": 2,
    } == {name: _transaction_commands(postgresql, name) for name in SCENARIOS["one_by_one"].strategies}


@pytest.mark.parametrize("name", SCENARIOS)
def test_claims_can_be_met_on_the_grid(name: str) -> None:
    """A claim that holds at some points alone names values that the grid measures."""
    scenario = SCENARIOS[name]

    assert [] == [
        claim for claim in scenario.claims for key, value in claim.where.items() if value not in scenario.params[key]
    ]
