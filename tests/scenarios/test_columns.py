"""The columns scenarios: which columns each strategy reads, in how many statements, and where the bodies lie."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bench.points import points
from tests.scenarios.helpers import Counted, call_on_sqlite, points_on_postgresql, rows_of, scenarios_of, write_sqlite

SCENARIOS = scenarios_of("columns")
columns: Any = sys.modules[SCENARIOS["list_view"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["list_view"].dataset.rows.__module__]


LIGHT = ["id", "author_id", "title", "status", "views", "created_at"]
STATEMENTS = {
    "list_view": {"everything": 1, "defer_option": 1, "mapped_deferred": 1, "only_shown": 1, "column_tuples": 1},
    "some_bodies": {
        "everything": 1,
        "later_access": 6,
        "later_access_run_sync": 6,
        "second_select": 2,
        "second_select_rows": 2,
    },
}
"""For ten posts, five of which show their body."""
FEW = {"posts": 10, "share": 50, "body": "out_of_line"}
EVERY_STRATEGY = [
    pytest.param(name, strategy, id=f"{name}:{strategy}")
    for name, strategies in STATEMENTS.items()
    for strategy in strategies
]


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    """The first ten posts, whose bodies have 3 to 7 KB."""
    return rows_of(blog.rows, posts=lambda row: row["id"] <= 10)["posts"]


@pytest.fixture(scope="module")
def ten_posts(tmp_path_factory: pytest.TempPathFactory, posts: list[dict[str, Any]]) -> Path:
    """Those posts in SQLite."""
    return write_sqlite(tmp_path_factory.mktemp("blog") / "posts.db", blog.Base.metadata, {"posts": posts})


def _called(path: Path, scenario: str, name: str, params: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """What a strategy returns on SQLite, and the columns that each of its statements selects."""
    returned, statements = call_on_sqlite(path, SCENARIOS[scenario].strategies[name], params)
    return returned, [one.removeprefix("SELECT ").partition("FROM")[0].strip() for one in statements]


def _names(selected: str) -> list[str]:
    """Names of the columns that a statement selects, without their table."""
    return [part.strip().removeprefix("posts.").partition(" AS ")[0] for part in selected.split(",")]


def test_the_scenarios_and_their_strategies_are_these() -> None:
    """Names are an interface; beside these there is a demonstration."""
    assert {name: list(strategies) for name, strategies in STATEMENTS.items()} == {
        name: [one.name for one in scenario.strategies.values() if not one.demonstrates]
        for name, scenario in SCENARIOS.items()
    }


@pytest.mark.parametrize(("scenario", "name"), EVERY_STRATEGY)
def test_a_strategy_sends_as_many_statements_as_it_says(ten_posts: Path, scenario: str, name: str) -> None:
    """One for the list; then one for each body that is shown, or one for all of them."""
    _, selected = _called(ten_posts, scenario, name, FEW)

    assert STATEMENTS[scenario][name] == len(selected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("everything", [*LIGHT, "body"]),
        ("defer_option", LIGHT),
        ("mapped_deferred", LIGHT),
        ("only_shown", [column for column in LIGHT if column != "author_id"]),
        ("column_tuples", [column for column in LIGHT if column != "author_id"]),
    ],
)
def test_a_list_reads_these_columns(
    ten_posts: Path, posts: list[dict[str, Any]], name: str, expected: list[str]
) -> None:
    """Whether the body and the author's key are read or not, what is shown of each post is the same."""
    shown, (selected,) = _called(ten_posts, "list_view", name, FEW)

    assert sorted(expected) == sorted(_names(selected))
    assert [(row["id"], row["title"], row["status"], row["views"], row["created_at"]) for row in posts] == shown


@pytest.mark.parametrize("name", list(STATEMENTS["some_bodies"]))
def test_every_other_post_shows_its_body(ten_posts: Path, posts: list[dict[str, Any]], name: str) -> None:
    """With a share of 50 per cent the first post, the third and so on come with their body, the others without."""
    shown, _ = _called(ten_posts, "some_bodies", name, FEW)

    assert [row["body"] if place % 2 == 0 else None for place, row in enumerate(posts)] == [post[-1] for post in shown]


@pytest.mark.parametrize("name", ["second_select", "second_select_rows"])
def test_the_second_select_reads_the_keys_and_the_bodies(ten_posts: Path, name: str) -> None:
    """The first statement has all other columns, the second has those two."""
    _, (first, second) = _called(ten_posts, "some_bodies", name, FEW)

    assert sorted(LIGHT) == sorted(_names(first))
    assert ["body", "id"] == sorted(_names(second))


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_a_body_that_is_not_awaited_is_refused(ten_posts: Path) -> None:
    """The demonstration raises what everybody meets who reads a deferred column in async code."""
    with pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called"):
        _called(ten_posts, "some_bodies", "access_without_await", FEW)
    # The driver's coroutine that nobody awaits is collected here, and complains of it, rather than in another test.
    gc.collect()


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(10, 1, 1), (100, 1, 1), (100, 10, 10), (500, 50, 250), (1000, 100, 1000)]
)
def test_a_share_of_the_posts_shows_its_body(count: int, share: int, expected: int) -> None:
    """It is as many per cent of the posts as it says, one of them at least."""
    assert expected == len(columns.opened(range(count), share))


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_the_blog_has_enough_for_every_point(name: str) -> None:
    """At each point of the full grid there are as many posts with bodies of that kind as are asked for."""
    scenario = SCENARIOS[name]
    for point in points(scenario.params, scenario.typical, "full"):
        assert columns.BY_BODY[point.params["body"]].all_posts >= point.params["posts"]


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[str, Counted]:
    """What loading the body costs on PostgreSQL, and leaving it out, by the kind of body."""
    bodies = ["compressible", "out_of_line", "short"]
    found = points_on_postgresql("columns.list_view:mapped_deferred", body=bodies)["list_view"]
    return dict(zip(bodies, found, strict=True))


def test_bodies_lie_where_their_name_says(counted: dict[str, Counted]) -> None:
    """A body out of line costs blocks beside those of the post; a compressed or a short one is in the post's own."""
    more = {
        body: (one["everything"].counters.buffers or 0) - (one["mapped_deferred"].counters.buffers or 0)
        for body, one in counted.items()
    }

    assert (0, 0) == (more["compressible"], more["short"])
    assert more["out_of_line"] > 300


def test_a_body_is_sent_whole_wherever_it_lies(counted: dict[str, Counted]) -> None:
    """The server sends 4,000 bytes of a compressed body too: compression saves nothing on the wire."""
    more = {
        body: (one["everything"].counters.bytes_received or 0) - (one["mapped_deferred"].counters.bytes_received or 0)
        for body, one in counted.items()
    }

    assert 100 * 4000 < more["compressible"] < 100 * 4010
    assert 100 * 3000 < more["out_of_line"] < 100 * 7000
    assert more["short"] < 100 * 150
