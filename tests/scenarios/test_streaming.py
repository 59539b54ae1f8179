"""The streaming scenarios: that each strategy reads all of it, in how many round trips, and what it holds meanwhile."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import sqlalchemy
from packaging.version import Version

from bench.points import points
from bench.scenario import Strategy
from tests.scenarios.helpers import Counted, call_on_sqlite, counted_on_postgresql, rows_of, scenarios_of, write_sqlite

SCENARIOS = scenarios_of("streaming")
streaming: Any = sys.modules[SCENARIOS["entities"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["entities"].dataset.rows.__module__]

SMALL = {
    "entities": {"rows": 30, "batch": 7, "wide": True},
    "core_rows": {"rows": 30, "batch": 10, "wide": True},
    "batch_size": {"rows": 30, "wide": False},
    "collections": {"authors": 3, "batch": 2},
}
POSTS = range(blog.HUNDREDS.first_post, blog.HUNDREDS.first_post + 30)
WIDE_POSTS = range(blog.QUIET.first_post, blog.QUIET.first_post + 30)
AUTHORS = range(blog.TENS.first_user, blog.TENS.first_user + 3)
OF_ASYNCPG = ("asyncpg_fetch", "asyncpg_cursor", "asyncpg_cursor_1", "asyncpg_cursor_fetch", "asyncpg_copy")
ON_SQLITE = [
    pytest.param(name, strategy, id=f"{name}:{strategy.name}")
    for name, scenario in SCENARIOS.items()
    for strategy in scenario.strategies.values()
    if "postgresql" not in strategy.requires and not strategy.demonstrates
]


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, Any]]]:
    """Thirty posts with a short body, thirty with a long one, and three authors with their posts."""
    wanted = {
        "users": lambda row: row["id"] in AUTHORS,
        "posts": lambda row: row["id"] in POSTS or row["id"] in WIDE_POSTS or row["author_id"] in AUTHORS,
    }
    return rows_of(blog.rows, **wanted)


@pytest.fixture(scope="module")
def small_blog(tmp_path_factory: pytest.TempPathFactory, tables: dict[str, list[dict[str, Any]]]) -> Path:
    """Those rows in SQLite."""
    return write_sqlite(tmp_path_factory.mktemp("blog") / "small.db", blog.Base.metadata, tables)


def _checksum(lines: list[str]) -> int:
    return crc32("".join(lines).encode())


@pytest.fixture(scope="module")
def expected(tables: dict[str, list[dict[str, Any]]]) -> dict[str, tuple[int, int]]:
    """What is to be read, from the dataset's own rows."""
    by_key = {row["id"]: row for row in tables["posts"]}
    short = [f"{key} {by_key[key]['title']} {by_key[key]['views']}" for key in POSTS]
    long = [f"{key} {by_key[key]['title']} {by_key[key]['views']} {by_key[key]['body']}" for key in WIDE_POSTS]
    authors = [
        " ".join(
            [
                user["username"],
                *sorted(post["title"] for post in tables["posts"] if post["author_id"] == user["id"]),
            ]
        )
        for user in tables["users"]
    ]
    return {
        "entities": (30, _checksum(long)),
        "core_rows": (30, _checksum(long)),
        "batch_size": (30, _checksum(short)),
        "collections": (3, _checksum(authors)),
    }


@pytest.mark.parametrize(("name", "strategy"), ON_SQLITE)
def test_a_strategy_reads_all_of_it_in_order(
    small_blog: Path, expected: dict[str, tuple[int, int]], name: str, strategy: Strategy
) -> None:
    """Every row is read once, in the order of the keys, by whole batches and by a last one that is smaller."""
    assert expected[name] == call_on_sqlite(small_blog, strategy, SMALL[name])[0]


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[str, Counted]:
    """2,000 posts in batches of 200, and 60 authors with their posts in batches of 20."""
    told_apart = {
        "core_rows": ("stream", "partitions", "declare_fetch", *OF_ASYNCPG),
        "batch_size": ("yield_per_1", "yield_per_10", "yield_per_100", "yield_per_1000"),
    }
    selectors = [f"streaming.{name}:{strategy}" for name, them in told_apart.items() for strategy in them]
    posts = counted_on_postgresql("streaming.entities", *selectors, rows=2000, batch=200, measures_memory=True)
    return posts | counted_on_postgresql("streaming.collections", authors=60, batch=20)


def test_nothing_fails_or_differs_on_postgresql(counted: dict[str, Counted]) -> None:
    """On asyncpg every strategy, those of the driver's own cursors and COPY too, reads what the baseline reads."""
    assert {} == {
        f"{name}:{one.name}": one.reason
        for name, them in counted.items()
        for one in them.values()
        if one.verdict not in (None, "skipped")
    }


def test_round_trips_of_the_entities(counted: dict[str, Counted]) -> None:
    """BEGIN, ROLLBACK, and: one SELECT; a Bind and two fetches a batch; a statement a batch and one that is empty."""
    found = {name: one.counters.round_trips for name, one in counted["entities"].items()}
    found.pop("yield_per_scalars")
    assert {
        "all": 3,
        "iterated": 3,
        "stream": 6,
        "yield_per": 24,
        "partitions": 24,
        "run_sync": 24,
        "yield_per_all": 24,
        "declare_fetch": 14,
        "keyset": 13,
        "keyset_sessions": 33,
        "offset": 13,
    } == found


def test_round_trips_of_the_drivers_own_cursors(counted: dict[str, Counted]) -> None:
    """asyncpg alone: one for a fetch or a COPY, and for a cursor one a batch or a row, BEGIN, COMMIT, and its ends."""
    found = {name: one.counters.round_trips for name, one in counted["core_rows"].items() if name in OF_ASYNCPG}
    assert {
        "asyncpg_fetch": 1,
        "asyncpg_cursor": 14,
        "asyncpg_cursor_1": 2004,
        "asyncpg_cursor_fetch": 14,
        "asyncpg_copy": 1,
    } == found


def test_asyncpg_fetches_fifty_rows_at_least(counted: dict[str, Counted]) -> None:
    """SQLAlchemy's cursor on asyncpg fetches 50 rows, then what a batch lacks: batches of 1, 10 and 100 rows take the
    same 40 fetches for 2,000, a larger one two of its own.
    """
    found = {name: one.counters.round_trips for name, one in counted["batch_size"].items()}
    assert {
        "all": 3,
        "yield_per_1": 44,
        "yield_per_10": 44,
        "yield_per_100": 44,
        "yield_per_1000": 8,
    } == found


def test_what_streams_holds_a_batch(counted: dict[str, Counted]) -> None:
    """Of 2,000 entities in batches of 200, what reads batches holds less than half of what holds them all; `stream`
    alone holds them all, and so does `yield_per` with `all()`.
    """
    held = {name: one.counters.traced_memory or 0 for name, one in counted["entities"].items()}
    held.pop("yield_per_scalars")
    half = held["all"] / 2
    assert {"all", "iterated", "stream", "yield_per_all"} == {name for name, bytes_ in held.items() if bytes_ > half}


def test_rows_are_streamed_without_yield_per(counted: dict[str, Counted]) -> None:
    """A stream of Core's rows holds less than all, also without `yield_per`, as one of entities does not."""
    held = {name: one.counters.traced_memory or 0 for name, one in counted["core_rows"].items()}
    assert held["stream"] < held["all"] * 0.75


def test_the_process_grows_by_what_is_held(counted: dict[str, Counted]) -> None:
    """The headline sees it too: a process that reads batches of 200 grows by less than half as much."""
    grown = {name: one.counters.peak_memory or 0 for name, one in counted["entities"].items()}
    assert grown["partitions"] < grown["all"] / 2
    assert grown["stream"] > grown["all"] * 0.75
    assert {"peak_memory"} == {scenario.headline for scenario in SCENARIOS.values()}


@pytest.mark.skipif(
    Version(sqlalchemy.__version__) < Version("2.0.50"), reason="SQLAlchemy before 2.0.50 cannot count this"
)
def test_collections_are_loaded_batch_by_batch(counted: dict[str, Counted]) -> None:
    """60 authors in batches of 20: a SELECT of posts for each batch beside the one that is streamed, or two for each
    and one that is empty; with JOIN one for each.
    """
    found = {name: one.counters.statements for name, one in counted["collections"].items()}
    assert {"selectin": 2, "joined": 1, "partitions": 4, "keyset": 7, "keyset_joined": 4} == {
        name: found[name] for name in ("selectin", "joined", "partitions", "keyset", "keyset_joined")
    }


@pytest.mark.parametrize(
    ("name", "strategy", "said"),
    [
        ("entities", "yield_per_scalars", "AsyncMethodRequired: Can't use the AsyncSession.execute() method"),
        ("collections", "yield_per_joined", "InvalidRequestError: Can't use yield_per with eager loaders that require"),
        ("collections", "yield_per_subquery", "InvalidRequestError: Can't use yield_per with eager loaders that"),
    ],
)
def test_what_yield_per_refuses(counted: dict[str, Counted], name: str, strategy: str, said: str) -> None:
    """A demonstration fails with SQLAlchemy's own words."""
    assert counted[name][strategy].demonstration
    assert (counted[name][strategy].error or "").startswith(said)


def test_a_cursor_in_sql_is_what_it_says(counted: dict[str, Counted]) -> None:
    """DECLARE of the query as it stands, with its ORDER BY and without the body, then FETCH by FETCH."""
    declare, fetch = counted["core_rows"]["declare_fetch"].statements
    first, last = blog.HUNDREDS.post_ids(2000)
    assert (
        "DECLARE feed NO SCROLL CURSOR FOR SELECT posts.id, posts.title, posts.views FROM posts"
        f" WHERE posts.id BETWEEN {first} AND {last} ORDER BY posts.id"
    ) == " ".join(declare.sql.split())
    assert ("FETCH 200 FROM feed", 11) == (fetch.sql, fetch.calls)


def test_points_that_nobody_would_wait_for_are_declined() -> None:
    """Too many statements, too many batches of one row, and posts that are not there are declined with the reason."""
    assert streaming.few_statements(5_000, 10, False)
    assert "2,000 batches are a statement each" == streaming.few_statements(20_000, 10, False)
    assert "the blog has 6,000 posts with a body of 4 KB" == streaming.enough_posts(20_000, True)
    assert "20,000 rows are a batch each" == streaming.few_rows(20_000, False)


@pytest.mark.parametrize("name", ["entities", "core_rows"])
def test_grids_cross_where_a_batch_is_everything(name: str) -> None:
    """The grid has batches that are a part of the rows and one that is all of them, and more rows than the 10,000 from
    which on streams are recommended, as well as fewer.
    """
    every = [dict(point.params) for point in points(SCENARIOS[name].params, SCENARIOS[name].typical, "each")]
    assert {True, False} == {point["batch"] < point["rows"] for point in every}
    assert {True, False} == {point["rows"] > 10_000 for point in every}
    assert {True, False} == {point["wide"] for point in every}
