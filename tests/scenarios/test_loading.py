"""The loading scenarios: what is declared, and what each strategy sends and reads on a small blog in SQLite."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import create_engine

from bench import Scenario
from bench.points import points
from bench.worker.calling import declines
from tests.scenarios.helpers import call_on_sqlite, scenarios_of, unordered

SCENARIOS = scenarios_of("loading")
loading: Any = sys.modules[SCENARIOS["one_to_many"].strategies["lazy"].function.__module__]
blog: Any = sys.modules[SCENARIOS["one_to_many"].dataset.rows.__module__]

SMALL = {
    "one_to_many": {"authors": 3, "posts": 10, "wide": False},
    "many_to_one": {"authors": 3, "posts": 10, "wide": False},
    "one_to_one": {"users": 3},
    "many_to_many": {"posts": 3, "tags": 3},
    "nested": {"authors": 3, "comments": 10},
    "two_collections": {"authors": 3, "comments": 10},
    "page": {"authors": 2, "posts": 10},
}
STATEMENTS = {
    "one_to_many": {
        "lazy": 4,
        "lazy_run_sync": 4,
        "selectin": 2,
        "selectin_chunksize": 2,
        "joined": 1,
        "subquery": 2,
        "immediate": 4,
        "two_queries": 2,
        "json_aggregation": 1,
    },
    "many_to_one": {
        "lazy": 4,
        "joined": 1,
        "joined_inner": 1,
        "selectin": 2,
        "subquery": 2,
        "immediate": 4,
        "two_queries": 2,
    },
    "one_to_one": {"lazy": 4, "joined": 1, "selectin": 2, "subquery": 2, "immediate": 4, "two_queries": 2},
    "many_to_many": {"lazy": 4, "selectin": 2, "joined": 1, "subquery": 2, "immediate": 4, "two_queries": 2},
    "nested": {
        "lazy": 34,
        "selectin_selectin": 3,
        "joined_selectin": 2,
        "selectin_joined": 2,
        "joined_joined": 1,
        "subquery_subquery": 3,
        "three_queries": 3,
    },
    "two_collections": {
        "lazy": 7,
        "selectin_selectin": 3,
        "joined_selectin": 2,
        "selectin_joined": 2,
        "joined_joined": 1,
        "subquery_subquery": 3,
    },
    "page": {"lazy": 3, "selectin": 2, "joined": 1, "subquery": 2},
}
NEEDS_2_1 = pytest.mark.skipif(sqlalchemy.__version__.startswith("2.0."), reason="chunksize came with SQLAlchemy 2.1")
EVERY_STRATEGY = [
    pytest.param(name, strategy, id=f"{name}:{strategy}", marks=NEEDS_2_1 if strategy == "selectin_chunksize" else ())
    for name, strategies in STATEMENTS.items()
    for strategy in strategies
]
WITH_WIDE_ROWS = [case for case in EVERY_STRATEGY if "wide" in SMALL[str(case.values[0])]]
EVERY_SCENARIO = list(SMALL)


@pytest.fixture(scope="module")
def small_blog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first three users of each cohort, with all that is theirs."""
    users = {cohort.first_user + place for cohort in blog.COHORTS for place in range(3)}
    posts: set[int] = set()
    mine: dict[str, Callable[[tuple[Any, ...]], bool]] = {
        "users": lambda row: row[0] in users,
        "profiles": lambda row: row[1] in users,
        "posts": lambda row: row[1] in users,
        "tags": lambda row: True,
        "post_tags": lambda row: row[0] in posts,
        "comments": lambda row: row[1] in posts or row[2] in users,
    }
    path = tmp_path_factory.mktemp("blog") / "small.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        blog.Base.metadata.create_all(connection)
        for target, rows in blog.rows(1, Random(1)):
            table = getattr(target, "__table__", target)
            kept = list(filter(mine[table.name], rows))
            if table.name == "posts":
                posts = {row[0] for row in kept}
            names = [column.name for column in table.columns]
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in kept])
    engine.dispose()
    return path


def test_the_scenarios_and_their_strategies_are_these() -> None:
    """Names are an interface: results of other versions are compared by them."""
    assert {name: list(strategies) for name, strategies in STATEMENTS.items()} == {
        name: list(scenario.strategies) for name, scenario in SCENARIOS.items()
    }


@pytest.mark.parametrize(("name", "strategy"), EVERY_STRATEGY)
def test_a_strategy_sends_as_many_statements_as_it_says(small_blog: Path, name: str, strategy: str) -> None:
    """For three parents: lazy one each, selectin and subquery one more for each collection, joined one in all."""
    _, statements = call_on_sqlite(small_blog, SCENARIOS[name].strategies[strategy], SMALL[name])

    assert STATEMENTS[name][strategy] == len(statements)


@pytest.mark.parametrize(("name", "strategy"), EVERY_STRATEGY)
def test_a_strategy_returns_what_the_baseline_returns(small_blog: Path, name: str, strategy: str) -> None:
    """Every strategy gives the same result, the order of lists apart where the scenario does not ask for it."""
    scenario = SCENARIOS[name]
    expected, _ = call_on_sqlite(small_blog, scenario.baseline, SMALL[name])
    actual, _ = call_on_sqlite(small_blog, scenario.strategies[strategy], SMALL[name])

    if scenario.ordered:
        assert expected == actual
    else:
        assert unordered(expected) == unordered(actual)


@pytest.mark.parametrize(("name", "strategy"), EVERY_STRATEGY)
def test_a_strategy_leaves_the_heavy_columns_out(small_blog: Path, name: str, strategy: str) -> None:
    """No statement reads the body of a post, nor a user's 500 bytes where they are not asked for."""
    _, statements = call_on_sqlite(small_blog, SCENARIOS[name].strategies[strategy], SMALL[name])

    assert [] == [statement for statement in statements if "body" in statement or "bio" in statement]


@pytest.mark.parametrize(("name", "strategy"), WITH_WIDE_ROWS)
def test_a_wide_row_is_read_by_every_strategy(small_blog: Path, name: str, strategy: str) -> None:
    """With `wide`, each strategy reads the same 500 bytes of each author, and sends no more statements for it."""
    wide = {**SMALL[name], "wide": True}
    expected, _ = call_on_sqlite(small_blog, SCENARIOS[name].baseline, wide)
    actual, statements = call_on_sqlite(small_blog, SCENARIOS[name].strategies[strategy], wide)

    assert unordered(expected) == unordered(actual)
    assert {500} == {
        len(part) for entry in actual.values() for part in entry if isinstance(part, str) and len(part) > 120
    }
    assert STATEMENTS[name][strategy] == len(statements)


def test_the_baseline_reads_the_posts_that_the_authors_wrote(small_blog: Path) -> None:
    """The result that all others are compared with holds the titles of the dataset's own rows."""
    posts = next(rows for target, rows in blog.rows(1, Random(1)) if target is blog.Post)
    titles = {key: sorted(row[2] for row in list_) for key, list_ in _by_author(posts).items()}
    found, _ = call_on_sqlite(small_blog, SCENARIOS["one_to_many"].baseline, SMALL["one_to_many"])

    assert titles == {key: sorted(shown) for key, (_, _, shown) in found.items()}


def _by_author(posts: Iterator[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in posts:
        if row[1] in (2001, 2002, 2003):
            found.setdefault(row[1], []).append(row)
    return found


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_every_strategy_has_its_line_in_the_table(name: str) -> None:
    """Each strategy's docstring is one sentence that ends with a full stop, and no two of a scenario are alike."""
    lines = [strategy.description for strategy in SCENARIOS[name].strategies.values()]

    assert [] == [line for line in lines if not line.endswith(".") or len(line) > 120]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_lazy_is_what_people_do_today(name: str) -> None:
    """The baseline of every scenario is lazy loading."""
    assert "lazy" == SCENARIOS[name].baseline.name


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("one_to_many", "authors"),
        ("many_to_one", "authors"),
        ("one_to_one", "users"),
        ("many_to_many", "posts"),
        ("nested", "authors"),
        ("two_collections", "authors"),
        ("page", "authors"),
    ],
)
def test_grids_have_both_sides_of_where_selectin_splits(name: str, parameter: str) -> None:
    """Every grid holds 500 and 501 parents, between which selectin sends one statement more; it is the size, too."""
    scenario = SCENARIOS[name]

    assert {500, 501} <= set(scenario.params[parameter])
    assert parameter == scenario.size


def test_the_nested_grid_has_both_sides_of_where_the_second_level_splits() -> None:
    """50 authors have 500 posts, 51 have more: selectin sends one statement more for their comments."""
    assert {50, 51} <= set(SCENARIOS["nested"].params["authors"])
    assert {10} == {loading.BY_COMMENTS[comments].posts for comments in SCENARIOS["nested"].params["comments"]}


@pytest.mark.parametrize("name", ["one_to_many", "many_to_one", "page"])
def test_grids_have_fan_outs_of_one_ten_and_a_hundred(name: str) -> None:
    """The fan-out is what decides between a join and a second statement."""
    assert (1, 10, 100) == SCENARIOS[name].params["posts"]


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_grids_ascend_and_hold_the_typical_value(name: str) -> None:
    """A grid's values are in ascending order, and the typical point is one of its points."""
    scenario = SCENARIOS[name]

    for parameter, values in scenario.params.items():
        assert sorted(set(values)) == list(values)
        assert scenario.typical[parameter] in values


PAGES: dict[str, Callable[..., Any]] = {
    "one_to_many": loading.authors_page,
    "many_to_one": lambda authors, posts, wide: loading.posts_page(authors, posts),
    "one_to_one": loading.users_page,
    "many_to_many": loading.tagged_page,
    "nested": loading.discussed_page,
    "two_collections": loading.productive_page,
    "page": loading.limited_page,
}


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_the_blog_has_enough_for_every_point(name: str) -> None:
    """At each point of the full grid that some strategy takes, the cohort has the rows that are asked for."""
    scenario = SCENARIOS[name]
    taken = [
        point.params for point in points(scenario.params, scenario.typical, "full") if _applies(scenario, point.params)
    ]

    assert [] == [params for params in taken if not str(PAGES[name](**params)).startswith("SELECT")]
    assert dict(scenario.typical) in [dict(params) for params in taken]


def _applies(scenario: Scenario, params: Any) -> bool:
    return any(declines(strategy, params) is None for strategy in scenario.strategies.values())


def test_authors_that_the_blog_does_not_have_are_declined() -> None:
    """600 authors have a hundred posts each: a page of more says so in place of a shorter page."""
    assert True is loading.enough_authors(501, 100)
    assert "the blog has 600 authors with 100 posts each" == loading.enough_authors(1000, 100)


def test_thousands_of_statements_are_declined() -> None:
    """Lazy loading reads 350 authors with their posts, one by one, and says how many statements more would be."""
    assert [True, True] == [loading.few_authors(authors) for authors in (10, 350)]
    assert "5,512 statements, one after the other, take it more than two seconds" == loading.few_authors(501)


def test_a_product_that_nobody_would_wait_for_is_declined() -> None:
    """Two joined collections multiply: past 100,000 rows the strategy says how many it would read, and for what."""
    assert True is loading.bearable_product(100, 100)
    assert "the product has 501,000 rows, of which 55,110 are wanted" == loading.bearable_product(501, 100)


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_claims_say_where_they_come_from_and_can_be_met(name: str) -> None:
    """Each claim names its source, and holds at a value that the grid measures."""
    scenario = SCENARIOS[name]

    assert [] == [
        claim for claim in scenario.claims if not claim.source.startswith(("SQLAlchemy 2.0 Async", "SQLAlchemy doc"))
    ]
    assert [] == [
        claim for claim in scenario.claims for key, value in claim.where.items() if value not in scenario.params[key]
    ]
    assert len(scenario.claims) > 0
