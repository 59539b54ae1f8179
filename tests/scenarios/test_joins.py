"""The joins scenarios: what they find among the rows, and what PostgreSQL makes of each way to say it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.helpers import (
    Counted,
    Rows,
    all_find,
    counted_on_postgresql,
    found_on_sqlite,
    plans_of,
    rows_of,
    scenarios_of,
    unordered,
    write_sqlite,
)

SCENARIOS = scenarios_of("joins")
joins: Any = sys.modules[SCENARIOS["inner_join"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["inner_join"].dataset.rows.__module__]
SEED = 1
FEW = 3


@pytest.fixture(scope="module")
def rows() -> Rows:
    """All organic users, with the posts of the first hundred and the first thousand posts, and users of cohorts."""
    some = {cohort.first_user + place for cohort in (blog.HUNDREDS, blog.BUSY) for place in range(FEW)}
    first_users = range(blog.FIRST_ORGANIC_USER, blog.FIRST_ORGANIC_USER + 102)
    first_posts = range(blog.FIRST_ORGANIC_POST, blog.FIRST_ORGANIC_POST + 1000)
    discussed = range(blog.BUSY.first_post, blog.BUSY.first_post + FEW)
    kept = {
        "users": lambda row: row["id"] in some or row["id"] >= blog.FIRST_ORGANIC_USER,
        "posts": lambda row: row["author_id"] in some or row["author_id"] in first_users or row["id"] in first_posts,
        "comments": lambda row: row["post_id"] in discussed,
    }
    return rows_of(blog.rows, **kept)


@pytest.fixture(scope="module")
def small_blog(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> Path:
    """Those rows in SQLite."""
    return write_sqlite(tmp_path_factory.mktemp("blog") / "small.db", blog.Base.metadata, rows)


def _found(path: Path, scenario: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What each strategy returns on SQLite, by name, the order of lists taken away."""
    return {
        name: unordered(them)
        for name, them in found_on_sqlite(path, SCENARIOS[scenario], params, differing=True).items()
    }


def test_users_with_a_popular_post_come_once_each(small_blog: Path, rows: Rows) -> None:
    """Of three users with a hundred posts each, those who have one with a thousand views; most have several."""
    popular = [row["author_id"] for row in rows["posts"] if row["views"] >= 1000]
    names = {row["id"]: row["username"] for row in rows["users"]}
    theirs = [(key, names[key]) for key in range(4001, 4001 + FEW) if key in popular]

    assert len(theirs) < sum(key in dict(theirs) for key in popular)
    all_find(theirs, _found(small_blog, "with_children", {"users": FEW, "posts": 100}))


def test_users_without_a_post_are_found_unless_a_null_is_among_the_authors(small_blog: Path, rows: Rows) -> None:
    """A hundred users, of whom some have written nothing; NOT IN over a NULL finds none of them."""
    authors = {row["author_id"] for row in rows["posts"]}
    first, last = joins.organic_keys(100)
    lonely = [
        (row["id"], row["username"]) for row in rows["users"] if first <= row["id"] <= last and row["id"] not in authors
    ]
    found = _found(small_blog, "without_children", {"users": 100})

    assert len(lonely) > 20
    assert [] == found.pop("not_in_with_null")
    all_find(lonely, found)


def test_users_come_with_their_posts_and_without(small_blog: Path, rows: Rows) -> None:
    """A hundred users with their titles; those who have written nothing have an empty list."""
    first, last = joins.organic_keys(100)
    titles: dict[int, list[str]] = {key: [] for key in range(first, last + 1)}
    for row in rows["posts"]:
        if row["author_id"] in titles:
            titles[row["author_id"]].append(row["title"])
    names = {row["id"]: row["username"] for row in rows["users"]}

    assert [] in titles.values()
    all_find(
        {key: (names[key], sorted(theirs)) for key, theirs in titles.items()},
        _found(small_blog, "outer_join", {"users": 100}),
    )


def test_posts_by_germans_come_with_their_authors(small_blog: Path, rows: Rows) -> None:
    """Of the first thousand organic posts those by users in Germany, with the author's name."""
    germans = {row["id"]: row["username"] for row in rows["users"] if row["country"] == "DE"}
    first = range(blog.FIRST_ORGANIC_POST, blog.FIRST_ORGANIC_POST + 1000)
    posts = [row for row in rows["posts"] if row["id"] in first and row["author_id"] in germans]
    bylines = {row["id"]: (row["title"], germans[row["author_id"]]) for row in posts}

    assert len(bylines) > 20
    all_find(bylines, _found(small_blog, "inner_join", {"posts": 1000}))


def test_comments_come_with_their_post_and_its_author(small_blog: Path, rows: Rows) -> None:
    """Three posts have ten comments each; the name is that of the post's author, not of the comment's."""
    names = {row["id"]: row["username"] for row in rows["users"]}
    posts = {row["id"]: (row["title"], names.get(row["author_id"])) for row in rows["posts"]}
    threads = {row["id"]: (row["text"], *posts[row["post_id"]]) for row in rows["comments"]}

    assert 30 == len(threads)
    all_find(threads, _found(small_blog, "three_tables", {"posts": FEW, "comments": 10}))


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[str, Counted]:
    """What the strategies cost on PostgreSQL, at typical points."""
    names = ("with_children:any", "without_children", "inner_join", "three_tables")
    return counted_on_postgresql(*(f"joins.{name}" for name in names))


def test_any_is_planned_as_a_semi_join(counted: dict[str, Counted]) -> None:
    """A correlated EXISTS is not run for each user: the planner makes a join of it, which drops what is repeated."""
    assert '"Join Type": "Right Semi"' in plans_of(counted["with_children"]["any"])


def test_only_some_ways_to_ask_for_what_is_missing_are_planned_as_an_anti_join(counted: dict[str, Counted]) -> None:
    """NOT EXISTS is, and an outer join where the column that it compares is NULL, but not where the post's key is."""
    by_name = counted["without_children"]

    assert {"not_any", "outer_join_joined_column"} == {
        name for name, one in by_name.items() if '"Join Type": "Anti"' in plans_of(one)
    }
    assert (by_name["not_in_with_null"].error or "").startswith("result: expected 324 items, got 0")


def test_contains_eager_spares_the_second_join_or_statement(counted: dict[str, Counted]) -> None:
    """Posts chosen by a join: their authors come with it, by a second join, or by a statement of their own."""
    by_name = counted["inner_join"]

    assert {
        "pairs": (1, 1),
        "columns": (1, 1),
        "contains_eager": (1, 1),
        "joined": (1, 2),
        "has_joined": (1, 1),
        "selectin": (2, 1),
        "two_statements": (2, 1),
    } == {
        name: (one.counters.statements, sum(statement.sql.count(" JOIN ") for statement in one.statements))
        for name, one in by_name.items()
    }


def test_joining_three_tables_repeats_what_three_statements_fetch_once(counted: dict[str, Counted]) -> None:
    """Ten comments a post: 1,000 rows with post and author in each, or 1,000, 100 and 100 rows of a table each."""
    by_name = counted["three_tables"]

    assert {"joined": (1, 1000), "selectin": (3, 1200), "three_statements": (3, 1200), "triples": (1, 1000)} == {
        name: (by_name[name].counters.statements, by_name[name].counters.rows)
        for name in ("joined", "selectin", "three_statements", "triples")
    }
    received = {name: one.counters.bytes_received or 0 for name, one in by_name.items()}
    assert received["triples"] > 1.5 * received["three_statements"]


def test_users_that_the_blog_does_not_have_are_declined() -> None:
    """600 users have a hundred posts each: more are declined, and not answered with fewer."""
    assert True is joins.enough_users(600, 100)
    assert "the blog has 600 users with 100 posts each" == joins.enough_users(2_000, 100)
