"""The bulk update scenarios: what each strategy sends, what it leaves, and which updates PostgreSQL makes heap-only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
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

SCENARIOS = {name.partition(".")[2]: found for name, found in load_module(find_modules()["bulk_update"]).items()}
bulk_update: Any = sys.modules[SCENARIOS["by_key"].baseline.function.__module__]
TABLES = [table.name for table in bulk_update.Base.metadata.sorted_tables]
PAIRS = [(7, 1_000_070), (3, 1_000_030), (5, 1_000_050)]

BY_KEY = {
    "load_and_change": (2, 4),
    "update_each": (3, 3),
    "orm_by_key": (1, 3),
    "core_executemany": (1, 3),
    "case_by_key": (1, 1),
    "from_values": (1, 1),
    "from_unnest": (1, 1),
    "from_copy": (2, 2),
}
"""Statements and parameter sets for three rows; COPY is the driver's own, and is seen by no event."""


@pytest.fixture(scope="module")
def shop_on_postgresql(cache: Path) -> Iterator[Address]:
    """A database with the shop on PostgreSQL, and with copies of what is in its tables."""
    with open_embedded({}, say=lambda line: None) as server:
        clone = server.clone(server.template("bulk_update", seeder(bulk_update.shop)))
        run(clone, *(f"CREATE TABLE seeded_{name} AS SELECT * FROM {name}" for name in TABLES))
        yield clone


@pytest.fixture
def postgresql(shop_on_postgresql: Address) -> Iterator[Address]:
    """That database for one test to write in, with nothing in its statistics yet."""
    run(shop_on_postgresql, "SELECT pg_stat_reset()")
    yield shop_on_postgresql
    found = rows(shop_on_postgresql, "SELECT relname FROM pg_stat_user_tables WHERE n_tup_upd > 0")
    for (name,) in found:
        run(
            shop_on_postgresql,
            f"TRUNCATE {name}",
            f"INSERT INTO {name} SELECT * FROM seeded_{name}",
            f"VACUUM ANALYZE {name}",
        )


@pytest.fixture(scope="module")
def shop_on_sqlite(cache: Path) -> Iterator[tuple[SqliteServer, Any]]:
    """SQLite's files, one of them with the shop."""
    with SqliteServer({}) as server:
        yield server, server.template("bulk_update", seeder(bulk_update.shop))


@pytest.fixture
def sqlite(shop_on_sqlite: tuple[SqliteServer, Any]) -> Iterator[Address]:
    """A file with the shop, for one test to write in."""
    server, template = shop_on_sqlite
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


def heap_only(address: Address, table: str) -> tuple[int, int]:
    """How many updates PostgreSQL counted in a table, and how many of them were heap-only."""
    found = rows(address, f"SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = '{table}'")
    return found[0][0], found[0][1]


@pytest.mark.parametrize("strategy", BY_KEY)
def test_each_row_gets_its_own_value_in_so_many_statements(postgresql: Address, strategy: str) -> None:
    """Three rows have their new prices afterwards, and no other row has changed."""
    _, sent = call(postgresql, "by_key", strategy, inputs=PAIRS, indexed=False)

    assert (len(sent), sum(sets for _, sets in sent)) == BY_KEY[strategy]
    assert sorted(PAIRS) == rows(postgresql, "SELECT id, price FROM products WHERE price >= 1000000 ORDER BY id")
    assert [(0,)] == rows(postgresql, "SELECT count(*) FROM products WHERE stock >= 1000000")


def test_the_strategies_send_what_they_say(postgresql: Address) -> None:
    """A CASE with an IN, VALUES with two arguments a row, and two arrays, whatever the number of rows."""
    sent = {
        strategy: call(postgresql, "by_key", strategy, inputs=PAIRS[:2], indexed=True)[1][-1][0]
        for strategy in ("case_by_key", "from_values", "from_unnest", "from_copy")
    }
    assert {
        "case_by_key": "UPDATE products SET stock=CASE products.id WHEN $1::INTEGER THEN $2::INTEGER"
        " WHEN $3::INTEGER THEN $4::INTEGER END WHERE products.id IN ($5::INTEGER, $6::INTEGER)",
        "from_values": 'UPDATE products SET stock="new".value FROM (VALUES ($1::INTEGER, $2::INTEGER),'
        ' ($3::INTEGER, $4::INTEGER)) AS "new" (key, value) WHERE products.id = "new".key',
        "from_unnest": 'UPDATE products SET stock="new".value FROM unnest($1::INTEGER[], $2::INTEGER[])'
        ' AS "new"(key, value) WHERE products.id = "new".key',
        "from_copy": 'UPDATE products SET stock="new".value FROM "new" WHERE products.id = "new".key',
    } == sent


@pytest.mark.parametrize(("indexed", "hot"), [(False, 5000), (True, 0)])
def test_updates_are_heap_only_where_the_column_has_no_index(postgresql: Address, indexed: bool, hot: int) -> None:
    """Pages with room take a new version of every row; an index on the column prevents that it stays there."""
    inputs = bulk_update.new_values(Random(1), 5000)
    call(postgresql, "by_key", "from_unnest", inputs=inputs, indexed=indexed)

    assert (5000, hot) == heap_only(postgresql, "products")


@pytest.mark.parametrize(
    "strategy", ["load_and_change", "update_each", "orm_by_key", "core_executemany", "case_by_key"]
)
def test_what_sqlite_can_do_leaves_the_same_there(sqlite: Address, strategy: str) -> None:
    """Three rows have their new stock afterwards."""
    call(sqlite, "by_key", strategy, inputs=PAIRS, indexed=True)

    assert sorted(PAIRS) == rows(sqlite, "SELECT id, stock FROM products WHERE stock >= 1000000 ORDER BY id")


def test_new_values_are_none_of_the_old_ones() -> None:
    """Keys are given once each and in no order, and no value is one that a row has: all rows are changed."""
    inputs = bulk_update.new_values(Random(1), 100)
    prices, stocks = zip(*(row[2:] for row in dict(bulk_update.rows(1, Random(1)))[bulk_update.Product]), strict=True)

    assert 100 == len({key for key, _ in inputs})
    assert sorted(inputs) != inputs
    assert set() == {value for _, value in inputs} & {*prices, *stocks}


def test_strategies_decline_what_nobody_would_wait_for() -> None:
    """At 5,000 rows the loop counts its round trips, and CASE its comparisons."""
    strategies = SCENARIOS["by_key"].strategies
    params = {"rows": 5000, "indexed": False}

    assert {
        "update_each": "5,000 round trips, one after the other",
        "case_by_key": "each of 5,000 rows would be compared with 2,500 branches on average",
    } == {name: why for name, one in strategies.items() if (why := declines(one, params)) is not None}


@pytest.mark.parametrize(
    ("strategy", "statements"),
    [
        ("load_and_change", ["SELECT", "UPDATE"]),
        ("one_update", ["UPDATE"]),
        ("fetch", ["UPDATE … RETURNING users.id"]),
        ("evaluate", ["UPDATE"]),
        ("unsynchronized", ["UPDATE"]),
        ("core_update", ["UPDATE"]),
        ("keys_then_update", ["SELECT", "UPDATE"]),
    ],
)
def test_rows_that_match_are_updated(postgresql: Address, strategy: str, statements: list[str]) -> None:
    """The first two inactive users are active afterwards, and the third is not; only 'fetch' has keys come back."""
    result, sent = call(postgresql, "by_where", strategy, rows=2)

    assert (2, statements) == (result, [shortened(statement) for statement, _ in sent])
    assert [(1, True), (3, True), (5, False)] == rows(
        postgresql, "SELECT id, is_active FROM users WHERE id IN (1, 3, 5) ORDER BY id"
    )


def shortened(statement: str) -> str:
    """A statement's verb, and what it returns."""
    verb, returning = statement.split(maxsplit=1)[0], statement.partition(" RETURNING ")[2]
    return f"{verb} … RETURNING {returning}" if returning else verb


@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize(
    "strategy", ["load_and_change", "one_update", "fetch", "evaluate", "expire_all", "returning", "auto_function"]
)
def test_objects_in_the_session_show_the_update(sqlite: Address, strategy: str, expired: bool) -> None:
    """Of four users held, the first is made active, and the third, who does not match, is shown as inactive still."""
    result, _ = call(sqlite, "by_where_with_objects", strategy, held=4, rows=1, expired=expired)

    assert [True, True, False, True] == result


def test_objects_that_are_not_synchronized_show_what_they_did(sqlite: Address) -> None:
    """With `synchronize_session=False` the row is active, and the object is not; where it had expired, it is."""
    given = {"held": 4, "rows": 1}
    result, _ = call(sqlite, "by_where_with_objects", "unsynchronized", **given, expired=False)
    strategy = SCENARIOS["by_where_with_objects"].strategies["unsynchronized"]

    assert [False, True, False, True] == result
    assert [(1,)] == rows(sqlite, "SELECT is_active FROM users WHERE id = 1")
    assert "objects that are expired are read anew, and show what is in the table" == declines(
        strategy, {**given, "expired": True}
    )


@pytest.mark.parametrize(
    ("strategy", "expired", "statements"),
    [
        ("one_update", False, ["SELECT", "UPDATE"]),
        ("auto_function", False, ["SELECT", "UPDATE … RETURNING users.id"]),
        ("evaluate", False, ["SELECT", "UPDATE"]),
        ("evaluate", True, ["SELECT", "UPDATE", "SELECT"]),
        ("fetch", True, ["SELECT", "UPDATE … RETURNING users.id", "SELECT"]),
    ],
)
def test_auto_fetches_only_what_python_cannot_evaluate(
    postgresql: Address, strategy: str, expired: bool, statements: list[str]
) -> None:
    """'auto' is 'evaluate' where that can be, whatever its documentation says; no object is refreshed by itself."""
    _, sent = call(postgresql, "by_where_with_objects", strategy, held=4, rows=2, expired=expired)

    assert statements == [shortened(statement) for statement, _ in sent]


@pytest.mark.parametrize(
    ("strategy", "table", "hot"),
    [
        ("packed", "jobs_packed", 0),
        ("roomy", "jobs_roomy", 200),
        ("indexed", "jobs_indexed", 0),
        ("summarized", "jobs_summarized", 200),
    ],
)
def test_the_layout_decides_which_updates_are_heap_only(
    postgresql: Address, strategy: str, table: str, hot: int
) -> None:
    """A hundred jobs are taken and given back: on full pages neither update finds room."""
    result, sent = call(postgresql, "layout", strategy, rows=100)

    assert ((100, 100), 2) == (result, len(sent))
    assert (200, hot) == heap_only(postgresql, table)
    assert [("waiting", 1000)] == rows(postgresql, f"SELECT state, count(*) FROM {table} GROUP BY state")
