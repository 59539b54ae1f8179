"""The subqueries scenarios: what they find among the rows, and what PostgreSQL reads for it."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.measurement import StrategyResult
from tests.scenarios.helpers import (
    Counted,
    Rows,
    all_find,
    found_on_sqlite,
    plans_of,
    points_on_postgresql,
    rows_of,
    scenarios_of,
    write_sqlite,
)

SCENARIOS = scenarios_of("subqueries")
subqueries: Any = sys.modules[SCENARIOS["counts"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["counts"].dataset.rows.__module__]
SEED = 1


@pytest.fixture(scope="module")
def rows() -> Rows:
    """The first hundred organic users but one, three with ten posts each, their posts, and a thousand organic ones."""
    first, last = subqueries.keys(100)
    users = {*range(first, last + 1), *range(blog.TENS.first_user, blog.TENS.first_user + 3)}
    posts = range(blog.FIRST_ORGANIC_POST, blog.FIRST_ORGANIC_POST + 1000)
    kept = {
        "users": lambda row: row["id"] in users,
        "posts": lambda row: row["author_id"] in users or row["id"] in posts,
    }
    return rows_of(blog.rows, **kept)


@pytest.fixture(scope="module")
def small_blog(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> Path:
    """Those rows in SQLite."""
    return write_sqlite(tmp_path_factory.mktemp("blog") / "small.db", blog.Base.metadata, rows)


def _found(path: Path, scenario: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What each strategy that runs on SQLite returns, by name."""
    return found_on_sqlite(path, SCENARIOS[scenario], params)


def test_every_user_has_a_number_of_posts_and_some_have_none(small_blog: Path, rows: Rows) -> None:
    """A hundred users with what they wrote, 0 where that is nothing."""
    first, last = subqueries.keys(100)
    numbers = Counter(row["author_id"] for row in rows["posts"])
    counts = {row["id"]: (row["username"], numbers[row["id"]]) for row in rows["users"] if first <= row["id"] <= last}

    assert 0 in {number for _, number in counts.values()}
    all_find(counts, _found(small_blog, "counts", {"users": 100}))


@pytest.mark.parametrize("newest", [1, 3, 10])
def test_the_newest_posts_of_each_author_come_first(small_blog: Path, rows: Rows, newest: int) -> None:
    """Three authors have ten posts each: the last of them by date, the newest first."""
    posts = defaultdict(list)
    for row in sorted(rows["posts"], key=lambda row: (row["created_at"], row["id"]), reverse=True):
        if blog.TENS.first_user <= row["author_id"] < blog.TENS.first_user + 3:
            posts[row["author_id"]].append(row["title"])

    assert {10} == {len(titles) for titles in posts.values()}
    all_find(
        {author: titles[:newest] for author, titles in posts.items()},
        _found(small_blog, "newest_each", {"authors": 3, "posts": 10, "newest": newest}),
    )


def test_authors_far_above_the_average_are_few(small_blog: Path, rows: Rows) -> None:
    """Of those who wrote the first thousand organic posts, the ones who wrote more than five times the average."""
    first = range(blog.FIRST_ORGANIC_POST, blog.FIRST_ORGANIC_POST + 1000)
    authors = Counter(row["author_id"] for row in rows["posts"] if row["id"] in first)
    average = authors.total() / len(authors)
    above = {author: number for author, number in authors.items() if number > 5 * average}

    assert 0 < len(above) < len(authors) / 10
    all_find(above, _found(small_blog, "used_twice", {"posts": 1000}))


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[str, list[Counted]]:
    """What the strategies cost on PostgreSQL; some of `counts` for a page of users and for half of all users."""
    counts = ("limited_subquery", "cte", "cte_materialized", "correlated")
    selectors = [*(f"subqueries.counts:{name}" for name in counts), "subqueries.newest_each", "subqueries.used_twice"]
    return points_on_postgresql(*selectors, users=[100, 10_000])


def _buffers(strategy: StrategyResult) -> int:
    assert strategy.counters.buffers is not None
    return strategy.counters.buffers


def test_a_joined_subquery_reads_all_posts_for_a_page_of_users(counted: dict[str, list[Counted]]) -> None:
    """So does a MATERIALIZED CTE; the others read those of the hundred users on the page."""
    page, _ = counted["counts"]

    assert {
        "joined_subquery": True,
        "limited_subquery": False,
        "cte": False,
        "cte_materialized": True,
        "correlated": False,
    } == {name: _buffers(one) > 4000 for name, one in page.items()}
    assert {True} == {_buffers(page[name]) < 1000 for name in ("limited_subquery", "cte", "correlated")}


def test_a_correlated_subquery_reads_more_than_all_posts_for_all_users(counted: dict[str, list[Counted]]) -> None:
    """For ten thousand users it looks into the index ten thousand times; the joined subquery reads each page once."""
    _, everybody = counted["counts"]

    assert _buffers(everybody["correlated"]) > 4 * _buffers(everybody["joined_subquery"])


def test_a_cte_that_is_used_once_is_planned_as_a_subquery(counted: dict[str, list[Counted]]) -> None:
    """It is folded into its parent; MATERIALIZED, or used twice, it is scanned as a table of its own."""
    page, _ = counted["counts"]
    (twice,) = counted["used_twice"]

    assert [False, True] == ["CTE Scan" in plans_of(page[name]) for name in ("cte", "cte_materialized")]
    assert ["cte"] == [name for name, one in twice.items() if "CTE Scan" in plans_of(one)]
    assert 2 * _buffers(twice["cte"]) == pytest.approx(_buffers(twice["two_subqueries"]), rel=0.2)


def test_the_newest_of_each_are_sorted_once_or_for_every_post(counted: dict[str, list[Counted]]) -> None:
    """A hundred authors: a statement each, or one; a correlated IN looks at an author's ten posts ten times."""
    (by_name,) = counted["newest_each"]

    assert {"python": 1, "one_each": 100, "window": 1, "lateral": 1, "correlated_in": 1} == {
        name: one.counters.statements for name, one in by_name.items() if one.verdict != "skipped"
    }
    assert _buffers(by_name["correlated_in"]) > 9 * _buffers(by_name["window"])
    assert "DISTINCT ON keeps one row of each group" == by_name["distinct_on"].reason


def test_sorts_that_nobody_would_wait_for_are_declined() -> None:
    """Past 20,000 posts a correlated IN says how often it would sort."""
    assert True is subqueries.bearable_sorts(100, 100)
    reason = "for each of 60,000 posts it would sort the posts of its author again"
    assert reason == subqueries.bearable_sorts(600, 100)
