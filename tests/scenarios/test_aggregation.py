"""The aggregation scenarios: what they find among the rows, and what PostgreSQL reads for it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.measurement import StrategyResult
from tests.scenarios.helpers import (
    Counted,
    all_find,
    found_on_sqlite,
    plans_of,
    points_on_postgresql,
    rows_of,
    scenarios_of,
    write_sqlite,
)

SCENARIOS = scenarios_of("aggregation")
aggregation: Any = sys.modules[SCENARIOS["counting"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["counting"].dataset.rows.__module__]
SEED = 1


@pytest.fixture(scope="module")
def users() -> list[dict[str, Any]]:
    """The first thousand users."""
    return rows_of(blog.rows, users=lambda row: row["id"] <= 1000)["users"]


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    """The first thousand posts, those of ten authors who wrote a hundred each, and the first thousand organic ones."""
    authors = range(blog.HUNDREDS.first_user, blog.HUNDREDS.first_user + 10)
    organic = range(blog.FIRST_ORGANIC_POST, blog.FIRST_ORGANIC_POST + 1000)
    kept = rows_of(
        blog.rows, posts=lambda row: row["id"] <= 1000 or row["author_id"] in authors or row["id"] in organic
    )
    return kept["posts"]


@pytest.fixture(scope="module")
def small_blog(tmp_path_factory: pytest.TempPathFactory, users: Any, posts: Any) -> Path:
    """Those rows in SQLite."""
    path = tmp_path_factory.mktemp("blog") / "small.db"
    return write_sqlite(path, blog.Base.metadata, {"users": users, "posts": posts})


def _found(path: Path, scenario: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What each strategy that runs on SQLite returns, by name."""
    return found_on_sqlite(path, SCENARIOS[scenario], params)


def test_counts_are_those_of_the_dataset(small_blog: Path) -> None:
    """Ten authors with a hundred posts each wrote a thousand."""
    all_find(1000, _found(small_blog, "counting", {"authors": 10}))


def test_a_page_comes_with_the_posts_viewed_most_and_the_number_of_all(
    small_blog: Path, posts: list[dict[str, Any]]
) -> None:
    """The page has twenty of the thousand posts by the ten authors."""
    theirs = [row for row in posts if 4001 <= row["author_id"] <= 4010]
    theirs.sort(key=lambda row: (-row["views"], row["id"]))
    page = {"page": [row["title"] for row in theirs[:20]], "total": 1000}

    all_find(page, _found(small_blog, "page_and_total", {"authors": 10}))


def test_groups_are_those_of_the_dataset(small_blog: Path, users: Any, posts: Any) -> None:
    """Countries with more than five users, authors with two posts or more, statuses, and each author's share."""
    countries = Counter(row["country"] for row in users[:100])
    organic = Counter(row["author_id"] for row in posts if row["id"] >= blog.FIRST_ORGANIC_POST)
    statuses = Counter(row["status"] for row in posts if row["id"] <= 1000)

    all_find(
        {key: n for key, n in countries.items() if n > 5},
        _found(small_blog, "few_groups", {"users": 100}),
    )
    all_find(
        {key: n for key, n in organic.items() if n >= 2},
        _found(small_blog, "many_groups", {"posts": 1000, "at_least": 2}),
    )
    all_find(dict(statuses), _found(small_blog, "conditional_counts", {"posts": 1000}))
    all_find({key: (n, 1000) for key, n in organic.items()}, _found(small_blog, "share", {"posts": 1000}))


@pytest.mark.parametrize("column", ["created_at", "views"])
def test_the_greatest_value_is_that_of_the_dataset(small_blog: Path, posts: Any, column: str) -> None:
    """Of the first thousand posts, whether the column has an index or not, and with their number beside it."""
    greatest = max(row[column] for row in posts if row["id"] <= 1000)

    all_find(greatest, _found(small_blog, "maximum", {"posts": 1000, "column": column}))
    all_find((greatest, 1000), _found(small_blog, "maximum_and_count", {"posts": 1000, "column": column}))


def test_some_post_has_a_thousand_views_and_none_a_hundred_thousand(small_blog: Path) -> None:
    """Both answers are on the grid."""
    assert {1_000, 100_000} <= set(SCENARIOS["existence"].params["views"])
    all_find(True, _found(small_blog, "existence", {"views": 1_000}))
    all_find(False, _found(small_blog, "existence", {"views": 100_000}))


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[str, list[Counted]]:
    """What some strategies cost on PostgreSQL, at each point of their scenario, few matches and many."""
    maxima = ("maximum:max_of_materialized", "maximum:order_by_limit")
    scenarios = ("counting", "page_and_total", "existence:exists", *maxima, "maximum_and_count")
    return points_on_postgresql(
        *(f"aggregation.{name}" for name in scenarios), views=[10_000, 100_000], posts=[10_000, 164_000]
    )


def _buffers(strategy: StrategyResult) -> int:
    assert strategy.counters.buffers is not None
    return strategy.counters.buffers


def test_counting_the_key_reads_the_table_and_counting_rows_an_index(counted: dict[str, list[Counted]]) -> None:
    """The index on the author holds no post's key: count(*) is answered from it, count(posts.id) is not."""
    (by_name,) = counted["counting"]

    assert {"count_star", "count_one", "count_subquery"} == {
        name for name, one in by_name.items() if "Index Only Scan" in plans_of(one)
    }
    assert _buffers(by_name["count_key"]) > 100 * _buffers(by_name["count_star"])


def test_exists_stops_at_the_first_row_where_there_is_one(counted: dict[str, list[Counted]]) -> None:
    """It reads a fraction of the table where a row in 500 matches, and all of it, as a count does, where none does."""
    some, none = counted["existence"]

    assert _buffers(some["count"]) > 100 * _buffers(some["exists"])
    assert _buffers(none["count"]) <= _buffers(none["exists"]) + 100


def test_the_maximum_of_some_rows_walks_the_index_past_all_others(counted: dict[str, list[Counted]]) -> None:
    """The newest of the oldest 10,000 posts is 154,000 entries from the index's end, that of all posts is its last."""
    some, everything = counted["maximum"]

    assert 'Rows Removed by Filter": 154000' in plans_of(some["max"])
    assert "ix_posts_created_at" not in plans_of(some["max_of_materialized"])
    assert _buffers(some["max"]) > 10 * _buffers(some["max_of_materialized"])
    for name in ("max", "order_by_limit"):
        assert "ix_posts_created_at" in plans_of(everything[name])
        assert _buffers(everything[name]) < 20
    assert _buffers(everything["max_of_materialized"]) > 1000


def test_a_maximum_beside_a_count_does_not_use_its_index(counted: dict[str, list[Counted]]) -> None:
    """One SELECT of both scans the table; a subquery or a statement each takes the index for the maximum."""
    _, by_name = counted["maximum_and_count"]

    assert {"together": False, "two_statements": True, "two_subqueries": True} == {
        name: "ix_posts_created_at" in plans_of(one) for name, one in by_name.items()
    }


def test_the_number_beside_a_page_costs_a_statement_or_none(counted: dict[str, list[Counted]]) -> None:
    """A window and a scalar subquery bring it along; an estimate and a cap bring another number."""
    (by_name,) = counted["page_and_total"]

    assert {"two_statements": 2, "window": 1, "scalar_subquery": 1, "python": 1} == {
        name: one.counters.statements for name, one in by_name.items() if not one.demonstration
    }
    assert "result['total']: expected 1000, got 100" == by_name["capped"].error
    assert (by_name["estimate"].error or "").startswith("result['total']: expected 1000, got ")


def test_a_cap_that_is_never_reached_is_declined() -> None:
    """A hundred posts are counted in full; with ten authors there are more than that."""
    assert "no more than 100 posts match, so all of them are counted" == aggregation.cap_is_reached(1)
    assert True is aggregation.cap_is_reached(10)
