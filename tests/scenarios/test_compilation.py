"""The compilation scenarios: what is compiled, prepared and planned again, and what is found in a cache."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy
from packaging.version import Version
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import create_async_engine

from bench import Database
from bench.databases.embedded import open_embedded
from bench.measurement import StrategyResult
from bench.points import points
from tests.scenarios.helpers import Counted, counted_on_postgresql, counters_of, no_driver, scenarios_of, write_sqlite

SCENARIOS = scenarios_of("compilation")
compilation: Any = sys.modules[SCENARIOS["forms"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["forms"].dataset.rows.__module__]

_COUNTS = compilation.new_counts(Random(1), 200)

COMPILED_RUNS = Version(sqlalchemy.__version__) < Version("2.1")
"""Whether a Core connection still takes what is compiled."""


@pytest.fixture(scope="module", autouse=True)
def _server(cache: Path) -> Iterator[None]:
    """The embedded server, kept running between the runs."""
    with open_embedded({}, say=lambda line: None):
        yield


@pytest.fixture(scope="module")
def counted(_server: None) -> dict[str, Counted]:
    """Ten queries or statements, and the plans of a rare tag where the SQL has its limit in it."""
    selectors = ("forms", "prepared", "executemany", "skewed_value", "planning")
    return counted_on_postgresql(*(f"compilation.{name}" for name in selectors))


@pytest.fixture(scope="module")
def joined(_server: None) -> Counted:
    """The forms of the statement that joins three tables, three queries each."""
    return counted_on_postgresql("compilation.forms", queries=3, tables=3)["forms"]


def _sql(strategy: StrategyResult) -> str:
    return " ".join(strategy.statements[0].sql.split())


def test_nothing_fails_or_differs_on_postgresql(counted: dict[str, Counted], joined: Counted) -> None:
    """But for the demonstrations, every form, cache and plan finds what the baseline finds."""
    assert {} == {
        f"{name}:{one.name}": one.reason
        for name, them in [*counted.items(), ("joined", joined)]
        for one in them.values()
        if one.verdict not in (None, "skipped") and not one.demonstration
    }


def test_what_has_its_key_in_the_sql_is_prepared_again(counted: dict[str, Counted]) -> None:
    """Ten queries are ten round trips beside BEGIN and ROLLBACK, and ten more where each is another statement."""
    assert {
        "built": 12,
        "no_compiled_cache": 12,
        "prebuilt": 12,
        "lambda_statement": 12,
        "from_text": 12,
        "text_rows": 12,
        "literal_binds": 22,
        "literal_execute": 22,
        **({"compiled": 12} if COMPILED_RUNS else {}),
    } == {
        name: trips
        for name, trips in counters_of(counted["forms"], "round_trips").items()
        if not counted["forms"][name].demonstration and (COMPILED_RUNS or name != "compiled")
    }


@pytest.mark.parametrize("strategy", ["literal_binds", "literal_execute"])
def test_a_literal_is_a_real_value(counted: dict[str, Counted], strategy: str) -> None:
    """The SQL has the key of a post in it, and no parameter."""
    before, key = _sql(counted["forms"][strategy]).split(" WHERE posts.id = ")
    assert (
        "SELECT posts.id, posts.author_id, posts.title, posts.status, posts.views, posts.created_at FROM posts"
        == before
    )
    assert int(key) in range(blog.BUSY.first_post, blog.BUSY.first_post + blog.BUSY.all_posts)


def test_the_patterns_example_cannot_be_executed(counted: dict[str, Counted]) -> None:
    """A session refuses what is compiled, before anything is sent."""
    example = counted["forms"]["patterns_compiled"]
    assert (example.error or "").startswith("ArgumentError: Executable SQL or text() construct expected, got <sqlalch")
    assert 0 == example.counters.statements


def test_the_patterns_example_finds_nothing_as_sql(counted: dict[str, Counted], joined: Counted) -> None:
    """Its value is not set when it is compiled, so that it says `= NULL`."""
    for example in (counted["forms"]["patterns_text"], joined["patterns_text"]):
        assert "posts.id = NULL" in _sql(example)
        assert example.demonstration
        assert "missing" in (example.reason or example.error or "")


def test_the_cache_saves_what_compiling_takes(counted: dict[str, Counted], joined: Counted) -> None:
    """Without the compiled cache the same statement takes half as many calls again, with three tables near to twice as
    many; prebuilt takes fewer.
    """
    for forms, times in ((counted["forms"], 1.5), (joined, 1.6)):
        calls = counters_of(forms, "python_calls")
        assert calls["no_compiled_cache"] > times * calls["built"]
        assert calls["prebuilt"] < calls["built"]


def test_sqlalchemys_cache_serves_single_executions(counted: dict[str, Counted]) -> None:
    """Off, each statement is prepared, executed and closed. asyncpg's, off, costs no round trip here, but bytes: each
    statement is without a name, and parsed again where it is executed.
    """
    assert {
        "default": 12,
        "sqlalchemys_off": 32,
        "sqlalchemys_large": 12,
        "asyncpgs_off": 12,
        "asyncpgs_large": 12,
        "both_off": 22,
    } == counters_of(counted["prepared"], "round_trips")
    sent = counters_of(counted["prepared"], "bytes_sent")
    assert sent["asyncpgs_off"] > 2 * sent["default"]


def test_asyncpgs_cache_serves_executemany(counted: dict[str, Counted]) -> None:
    """There it is SQLAlchemy's that changes nothing; each UPDATE is executed for ten rows."""
    assert {
        "default": 12,
        "sqlalchemys_off": 12,
        "asyncpgs_off": 22,
        "asyncpgs_large": 12,
    } == counters_of(counted["executemany"], "round_trips")
    assert {100} == set(counters_of(counted["executemany"], "executions").values())


@pytest.mark.parametrize(
    ("scenario", "statements", "trips"),
    [
        ("prepared", 140, {"default": 142, "sqlalchemys_large": 142}),
        ("executemany", 100, {"default": 102, "asyncpgs_large": 102}),
        ("executemany", 101, {"default": 305, "asyncpgs_large": 103}),
    ],
)
def test_a_cache_of_a_hundred(scenario: str, statements: int, trips: dict[str, int]) -> None:
    """asyncpg's holds exactly a hundred: with one more each statement is prepared, executed and closed in every call.
    SQLAlchemy's holds half as many again.
    """
    (large,) = trips.keys() - {"default"}
    found = counted_on_postgresql(f"compilation.{scenario}:{large}", statements=statements)[scenario]
    assert trips == counters_of(found, "round_trips")
    assert statements in SCENARIOS[scenario].params["statements"]


def test_sqlalchemys_cache_of_a_hundred_and_fifty() -> None:
    """With one more nearly all are prepared and closed again: far more than a round trip each."""
    found = counters_of(
        counted_on_postgresql("compilation.prepared:sqlalchemys_large", statements=151)["prepared"], "round_trips"
    )
    assert 153 == found["sqlalchemys_large"]
    assert found["default"] > 2 * 151
    assert 151 in SCENARIOS["prepared"].params["statements"]


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The posts that many different statements find, in SQLite, all alike."""
    row = {"author_id": 1, "title": "T", "status": "s", "views": 1, "created_at": blog.EPOCH.replace(year=2021)}
    keys = range(blog.BUSY.first_post, blog.BUSY.first_post + 1024)
    rows = [{"id": key, **row, "body": ""} for key in keys]
    return write_sqlite(tmp_path_factory.mktemp("posts") / "posts.db", blog.Base.metadata, {"posts": rows})


def _found_in_the_cache(path: Path, strategy: str, statements: int) -> Counter[str]:
    """How the compiled cache served the third call of a strategy: by the name of what it found."""
    declared = SCENARIOS["compiled_cache"].strategies[strategy]
    found: Counter[str] = Counter()

    async def call() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}", **declared.engine_options)

        @event.listens_for(engine.sync_engine, "after_cursor_execute")
        def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
            found[context.cache_hit.name] += 1

        for _ in range(3):
            found.clear()
            await declared.function(Database(engine, no_driver), statements)
        await engine.dispose()

    asyncio.run(call())
    return found


@pytest.mark.parametrize(
    ("strategy", "statements", "expected"),
    [
        ("small", 30, {"CACHE_HIT": 30}),
        ("small", 31, {"CACHE_MISS": 31}),
        ("default", 31, {"CACHE_HIT": 31}),
        ("default", 750, {"CACHE_HIT": 750}),
        ("default", 751, {"CACHE_MISS": 751}),
        ("large", 751, {"CACHE_HIT": 751}),
        ("off", 10, {"CACHING_DISABLED": 10}),
    ],
)
def test_a_compiled_cache_holds_half_as_many_again(
    posts: Path, strategy: str, statements: int, expected: dict[str, int]
) -> None:
    """A cache of 20 has 30 statements and one of 500 has 750; with one more, asked for in turn, it has none of them."""
    assert expected == _found_in_the_cache(posts, strategy, statements)


def test_the_grid_has_more_statements_than_a_small_cache_and_than_the_default_hold() -> None:
    """On both sides of the 30 that a cache of 20 holds, and above the 750 of one of 500."""
    assert {30, 31, 751} <= set(SCENARIOS["compiled_cache"].params["statements"])


@pytest.mark.parametrize(
    ("statement", "most"),
    [
        (compilation.search, 751),
        (lambda number: compilation.update_of(_COUNTS[number][0]), 200),
    ],
    ids=["search", "update_of"],
)
def test_different_statements_differ(statement: Callable[[int], Any], most: int) -> None:
    """Each of the numbers of the largest point has SQL of its own."""
    assert most == len({str(statement(number)) for number in range(most)})


def test_an_executemany_leaves_the_new_counts(tmp_path: Path) -> None:
    """Each page has the counts of the last UPDATE that set them, and nothing else is changed."""
    inputs = compilation.new_counts(Random(1), 10)
    expected = {(key, name): 0 for key in range(1, compilation.COUNTERS + 1) for name in compilation.COUNTED}
    for counts in inputs:
        for one in counts:
            expected |= {(one["key"], name[4:]): value for name, value in one.items() if name != "key"}

    async def call() -> Any:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/counters.db")
        table = compilation.Counter.__table__
        async with engine.begin() as connection:
            await connection.run_sync(compilation.Base.metadata.create_all)
            ((_, rows),) = compilation.rows(1, Random(1))
            names = [column.name for column in table.columns]
            await connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        updated = await SCENARIOS["executemany"].baseline.function(Database(engine, no_driver), inputs)
        async with engine.connect() as connection:
            left = (await connection.execute(select(table))).mappings().all()
        await engine.dispose()
        return updated, left

    updated, left = asyncio.run(call())
    assert 100 == updated
    assert expected == {(row["id"], name): row[name] for row in left for name in compilation.COUNTED}


def test_the_server_changes_to_a_bad_plan_by_itself(counted: dict[str, Counted]) -> None:
    """For a rare tag and a limit in the SQL, the plan for all tags reads over ten times as much, and from the sixth
    execution on it is the one that `auto` uses. A plan for the tag is had in four ways.
    """
    buffers = counters_of(counted["skewed_value"], "buffers")
    assert min(buffers["auto"], buffers["generic"]) > 10 * buffers["custom"]
    assert max(buffers["unprepared"], buffers["literal"]) < 2 * buffers["custom"]
    assert {"auto": 3, "custom": 3, "generic": 3, "custom_here": 4, "unprepared": 5, "literal": 3} == counters_of(
        counted["skewed_value"], "round_trips"
    )


def test_the_server_keeps_to_good_plans_for_a_popular_tag() -> None:
    """Where the limit is a parameter the plan for all tags is bad for a popular one, and `auto` does not use it."""
    found = counted_on_postgresql("compilation.skewed_value", tag=1, inlined_limit=False)["skewed_value"]
    buffers = counters_of(found, "buffers")
    assert buffers["generic"] > 10 * buffers["custom"]
    assert buffers["auto"] < 2 * buffers["custom"]


def test_the_grid_has_rare_and_popular_tags_with_both_limits() -> None:
    """From the most popular tag to the rarest, the limit in the SQL and as a parameter."""
    scenario = SCENARIOS["skewed_value"]
    every = [tuple(point.params.values()) for point in points(scenario.params, scenario.typical, "full")]
    assert {(1, False), (1, True), (blog.TAGS, False), (blog.TAGS, True)} <= set(every)
    limits = {inlined: str(statement).split(" LIMIT ")[1] for inlined, statement in compilation.NEWEST.items()}
    assert {False: ":param_1", True: "10"} == limits


@pytest.mark.parametrize("tables", SCENARIOS["planning"].params["tables"])
def test_a_chain_joins_as_many_tables_as_it_says(tables: int) -> None:
    """And shows a column of each."""
    sql = str(compilation.chain(tables))
    assert tables - 1 == sql.count(" JOIN ")
    assert tables - 1 == sql.partition("FROM")[0].count(",")


def test_planning_again_shows_in_no_count(counted: dict[str, Counted]) -> None:
    """Ten queries in one transaction, planned or not; without prepared statements two more round trips each."""
    assert {"auto": 12, "custom": 12, "generic": 12, "unprepared": 32} == counters_of(
        counted["planning"], "round_trips"
    )


def test_a_small_cache_is_not_asked_for_many_statements() -> None:
    """It has none of them, as of a hundred, and says so."""
    assert compilation.few_enough(100)
    assert "of more than 30 statements in turn it keeps none, as with 100" == compilation.few_enough(750)
