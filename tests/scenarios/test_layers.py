"""The layers scenarios: each layer sends the same SQL in the same unit of work, and adds Python of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.databases.embedded import open_embedded
from bench.measurement import StrategyResult
from bench.scenario import Strategy
from tests.scenarios.helpers import (
    call_on_sqlite,
    counted_on_postgresql,
    counters_of,
    rows_of,
    scenarios_of,
    write_sqlite,
)

SCENARIOS = scenarios_of("layers")
layers: Any = sys.modules[SCENARIOS["in_transaction"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["in_transaction"].dataset.rows.__module__]

DRIVERS_ALONE = {"asyncpg", "psycopg"}
OF_ENTITIES = {"orm_entities", "psycopg_orm_entities", "sync_orm_entities"}
ON_SQLITE = [
    pytest.param(strategy, id=f"{name}:{strategy.name}")
    for name, scenario in SCENARIOS.items()
    for strategy in scenario.strategies.values()
    if not strategy.requires
]

Counted = dict[str, dict[str, StrategyResult]]


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    """The first seven posts that the scenarios read."""
    return rows_of(blog.rows, posts=lambda row: layers.FIRST <= row["id"] < layers.FIRST + 7)["posts"]


@pytest.fixture(scope="module")
def small_blog(tmp_path_factory: pytest.TempPathFactory, posts: list[dict[str, Any]]) -> Path:
    """Those posts in SQLite."""
    return write_sqlite(tmp_path_factory.mktemp("blog") / "small.db", blog.Base.metadata, {"posts": posts})


@pytest.fixture(scope="module", autouse=True)
def _server(cache: Path) -> Iterator[None]:
    """The embedded server, kept running between the runs."""
    with open_embedded({}, say=lambda line: None):
        yield


@pytest.fixture(scope="module")
def counted(_server: None) -> Counted:
    """Every layer with a single row."""
    return counted_on_postgresql("layers", rows=1)


@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize("strategy", ON_SQLITE)
def test_a_layer_reads_the_rows_of_the_dataset(
    small_blog: Path, posts: list[dict[str, Any]], strategy: Strategy, rows: int
) -> None:
    """As many posts as are asked for, from the first one on, all but their body."""
    light = [tuple(value for name, value in post.items() if name != "body") for post in posts]
    assert light[:rows] == sorted(call_on_sqlite(small_blog, strategy, {"rows": rows})[0])


def test_nothing_fails_or_differs_on_postgresql(counted: Counted) -> None:
    """Both drivers alone, Core, the ORM, and the synchronous ones read the same."""
    assert {} == {
        f"{name}:{strategy}": one.reason
        for name, them in counted.items()
        for strategy, one in them.items()
        if one.verdict is not None
    }


def test_a_transaction_is_the_same_unit_of_work_in_every_layer(counted: Counted) -> None:
    """BEGIN, the statement, and COMMIT or ROLLBACK: three round trips, also where a driver is alone."""
    assert {3} == set(counters_of(counted["in_transaction"], "round_trips").values())
    assert {2} == set(counters_of(counted["in_transaction"], "transaction_commands").values())
    assert {1} == set(counters_of(counted["in_transaction"], "executions").values())


def test_autocommit_is_one_round_trip_in_every_layer(counted: Counted) -> None:
    """The statement alone, whether the engine is in AUTOCOMMIT, the connection, or the driver."""
    assert {1} == set(counters_of(counted["autocommit"], "round_trips").values())
    assert {0} == set(counters_of(counted["autocommit"], "transaction_commands").values())
    assert {1} == set(counters_of(counted["autocommit"], "executions").values())


def test_every_layer_of_sqlalchemy_sends_the_drivers_sql(counted: Counted) -> None:
    """The same columns of the same posts, whichever way they are asked for, and what the drivers are given."""
    sent = {
        " ".join(one.statements[0].sql.replace("posts.", "").split()).split(" BETWEEN ")[0]
        for them in counted.values()
        for strategy, one in them.items()
        if strategy not in DRIVERS_ALONE
    }
    assert {"SELECT id, author_id, title, status, views, created_at FROM posts WHERE id"} == sent
    assert sent == {layers.SQL.split(" BETWEEN ")[0]}


def test_entities_are_made_only_where_the_name_says_so(counted: Counted) -> None:
    """One object for the one row, and what returns entities is the reference of a scenario that asks for rows."""
    assert OF_ENTITIES == {name for name, made in counters_of(counted["in_transaction"], "orm_objects").items() if made}
    assert OF_ENTITIES == {
        strategy.name for strategy in SCENARIOS["in_transaction"].strategies.values() if strategy.returns == "entities"
    }


@pytest.mark.parametrize(
    "order",
    [
        ("asyncpg", "core", "orm_columns", "orm_entities"),
        ("asyncpg", "psycopg"),
        ("sync_core", "core", "core_option"),
    ],
)
def test_each_layer_adds_python_of_its_own(counted: Counted, order: tuple[str, ...]) -> None:
    """In calls of Python functions for one row, each layer has more than the one below it."""
    calls = counters_of(counted["autocommit"], "python_calls")
    assert all(calls[lower] < calls[upper] for lower, upper in pairwise(order))


def test_what_is_named_for_a_driver_runs_on_it() -> None:
    """Whatever `--driver` says, for which the others ask."""
    named = {strategy.name: strategy.driver for strategy in SCENARIOS["in_transaction"].strategies.values()}
    assert {
        "asyncpg": "asyncpg",
        "psycopg": "psycopg",
        "core": None,
        "core_run_sync": None,
        "orm_columns": None,
        "orm_entities": None,
        "psycopg_core": "psycopg",
        "psycopg_orm_entities": "psycopg",
        "sync_core": None,
        "sync_orm_entities": None,
    } == named


def test_layers_run_on_uvloop_too() -> None:
    """The same round trips on another event loop."""
    pytest.importorskip("uvloop")
    found = counted_on_postgresql("layers.autocommit:asyncpg", "layers.autocommit:sync_core", loop="uvloop")
    assert {"asyncpg": 1, "orm_columns": 1, "sync_core": 1} == counters_of(found["autocommit"], "round_trips")
