"""How should rows be counted, grouped and summed up?"""
# ruff: noqa: F811 - strategies of several scenarios share a name: they are kept by their decorators

import json
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bench import Claim, Database, Scenario

from .blog import EPOCH, FIRST_ORGANIC_POST, HUNDREDS, Post, User, blog

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Advanced Query Patterns, Aggregation"
QUERY_COUNT = "SQLAlchemy documentation, Legacy Query API, Query.count"
EXISTS = "PostgreSQL documentation, Subquery Expressions, EXISTS"
ORDERING = "PostgreSQL documentation, Indexes and ORDER BY"
INDEX_ONLY = "PostgreSQL documentation, Index-Only Scans and Covering Indexes"


def by_authors(authors: int) -> ColumnElement[bool]:
    """Posts of that many authors, a hundred each."""
    return Post.author_id.between(*HUNDREDS.user_ids(authors))


def first_posts(posts: int) -> ColumnElement[bool]:
    """That many posts, the oldest ones; with 164,000 all there are at scale 1."""
    return Post.id <= posts


def organic_posts(posts: int) -> ColumnElement[bool]:
    """Posts outside the cohorts, of which few authors wrote most."""
    return Post.id.between(FIRST_ORGANIC_POST, FIRST_ORGANIC_POST + posts - 1)


# Count the rows that match.

counting = Scenario(
    dataset=blog,
    question="How should the posts of some authors be counted?",
    params={"authors": (1, 10, 100, 600)},
    typical={"authors": 100},
    size="authors",
    claims=[
        Claim("A count is func.count of the key", PATTERNS, as_fast="count_key", than="count_star"),
        Claim("A count is func.count of the key", PATTERNS, faster="count_key", than="len_entities"),
        Claim(
            "func.count of a column spares the subquery that Query.count() makes",
            QUERY_COUNT,
            as_fast="count_key",
            than="count_subquery",
        ),
        Claim(
            "A query that names only the columns of an index can be answered without the table",
            INDEX_ONLY,
            less="count_star",
            than="count_key",
            counter="buffers",
        ),
    ],
)


@counting.strategy(baseline=True)
async def count_key(db: Database, authors: int) -> int:
    """`func.count(Post.id)`: the server looks at each key, which is not in the authors' index."""
    async with db.session() as session:
        return await session.scalar(select(func.count(Post.id)).where(by_authors(authors)))


@counting.strategy()
async def count_star(db: Database, authors: int) -> int:
    """`func.count()`, rendered as `count(*)`: rows, whatever is in them."""
    async with db.session() as session:
        return await session.scalar(select(func.count()).select_from(Post).where(by_authors(authors)))


@counting.strategy()
async def count_one(db: Database, authors: int) -> int:
    """`func.count(1)`, the number sent as a parameter."""
    async with db.session() as session:
        return await session.scalar(select(func.count(1)).select_from(Post).where(by_authors(authors)))


@counting.strategy()
async def count_subquery(db: Database, authors: int) -> int:
    """`count(*)` over the whole SELECT as a subquery, as `Query.count()` and paginators do."""
    async with db.session() as session:
        found = select(Post).where(by_authors(authors)).subquery()
        return await session.scalar(select(func.count()).select_from(found))


@counting.strategy()
async def len_keys(db: Database, authors: int) -> int:
    """Fetch the keys and take the length of the list."""
    async with db.session() as session:
        return len((await session.scalars(select(Post.id).where(by_authors(authors)))).all())


@counting.strategy()
async def len_entities(db: Database, authors: int) -> int:
    """Load the posts and take the length of the list."""
    async with db.session() as session:
        return len((await session.scalars(select(Post).where(by_authors(authors)))).all())


# A page of rows with the number of all that match.

PAGE = 20
CAP = 100

page_and_total = Scenario(
    dataset=blog,
    question="How should a page of posts come with the number of all that match?",
    params={"authors": (1, 10, 100, 600)},
    typical={"authors": 10},
    size="authors",
    ordered=True,
)


def written_early(authors: int) -> ColumnElement[bool]:
    """Posts of that many authors up to the end of 2021: all they wrote, which the planner cannot know."""
    return by_authors(authors) & (Post.created_at < EPOCH + timedelta(days=731))


def first_page(authors: int) -> Select[tuple[Post]]:
    """The twenty posts that were viewed most."""
    return select(Post).where(written_early(authors)).order_by(Post.views.desc(), Post.id).limit(PAGE)


def cap_is_reached(authors: int) -> bool | str:
    """Whether more posts match than are counted at most."""
    return authors * HUNDREDS.posts > CAP or f"no more than {CAP} posts match, so all of them are counted"


async def titles(session: AsyncSession, authors: int) -> list[str]:
    """The titles on the page."""
    return [post.title for post in await session.scalars(first_page(authors))]


@page_and_total.strategy(baseline=True)
async def two_statements(db: Database, authors: int) -> dict[str, Any]:
    """One SELECT for the page, and a `count(*)` of all that match."""
    async with db.session() as session:
        page = await titles(session, authors)
        total = await session.scalar(select(func.count()).select_from(Post).where(written_early(authors)))
        return {"page": page, "total": total}


@page_and_total.strategy()
async def window(db: Database, authors: int) -> dict[str, Any]:
    """`count(*) OVER ()` beside each post of the page: one SELECT."""
    async with db.session() as session:
        found = await session.execute(first_page(authors).add_columns(func.count().over()))
        return page_with_total(found)


@page_and_total.strategy()
async def scalar_subquery(db: Database, authors: int) -> dict[str, Any]:
    """The count as a scalar subquery beside each post of the page: one SELECT."""
    async with db.session() as session:
        total = select(func.count()).select_from(Post).where(written_early(authors)).correlate(None).scalar_subquery()
        found = await session.execute(first_page(authors).add_columns(total))
        return page_with_total(found)


def page_with_total(found: Iterable[Row[Any]]) -> dict[str, Any]:
    """The page and the total that stands beside each of its posts."""
    rows = list(found)
    return {"page": [post.title for post, _ in rows], "total": rows[0][1]}


@page_and_total.strategy()
async def python(db: Database, authors: int) -> dict[str, Any]:
    """Load all that match; the page is cut from the list, and its length is the total."""
    async with db.session() as session:
        posts = (await session.scalars(first_page(authors).limit(None))).all()
        return {"page": [post.title for post in posts[:PAGE]], "total": len(posts)}


@page_and_total.strategy(differs=True, where=cap_is_reached)
async def capped(db: Database, authors: int) -> dict[str, Any]:
    """Count a hundred at most: “more than 100”, and another total."""
    async with db.session() as session:
        page = await titles(session, authors)
        some = select(Post.id).where(written_early(authors)).limit(CAP).subquery()
        return {"page": page, "total": await session.scalar(select(func.count()).select_from(some))}


@page_and_total.strategy(differs=True, requires="postgresql")
async def estimate(db: Database, authors: int) -> dict[str, Any]:
    """The planner's estimate by EXPLAIN in place of a count: another total."""
    matching = select(Post.id).where(written_early(authors))
    async with db.session() as session:
        page = await titles(session, authors)
        connection = await session.connection()
        sql = matching.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        plan = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}")).scalar_one()
        explained = json.loads(plan) if isinstance(plan, str) else plan
        return {"page": page, "total": explained[0]["Plan"]["Plan Rows"]}


# Does any row match?

existence = Scenario(
    dataset=blog,
    question="How should one ask whether any post has that many views, without an index on them?",
    params={"views": (20, 1_000, 10_000, 100_000)},
    typical={"views": 10_000},
    size="views",
    claims=[
        Claim("EXISTS runs only until a first row is found", EXISTS, faster="exists", than="count"),
        Claim(
            "EXISTS runs only until a first row is found",
            EXISTS,
            less="exists",
            than="count",
            counter="buffers",
            where={"views": 10_000},
        ),
    ],
)


def viewed(views: int) -> ColumnElement[bool]:
    """Posts with that many views or more: nearly all with 20, one in fifty with 1,000, none with 100,000."""
    return Post.views >= views


@existence.strategy(baseline=True)
async def count(db: Database, views: int) -> bool:
    """Count them, and compare with 0."""
    async with db.session() as session:
        return await session.scalar(select(func.count()).select_from(Post).where(viewed(views))) > 0


@existence.strategy()
async def exists(db: Database, views: int) -> bool:
    """`SELECT EXISTS (SELECT …)`."""
    async with db.session() as session:
        return await session.scalar(select(select(Post.id).where(viewed(views)).exists()))


@existence.strategy()
async def limit_one(db: Database, views: int) -> bool:
    """Select one key with LIMIT 1, and see whether there is one."""
    async with db.session() as session:
        return await session.scalar(select(Post.id).where(viewed(views)).limit(1)) is not None


@existence.strategy()
async def limited_count(db: Database, views: int) -> bool:
    """Count a subquery with LIMIT 1."""
    async with db.session() as session:
        one = select(Post.id).where(viewed(views)).limit(1).subquery()
        return await session.scalar(select(func.count()).select_from(one)) > 0


@existence.strategy()
async def first_entity(db: Database, views: int) -> bool:
    """Load a post with LIMIT 1, and see whether there is one."""
    async with db.session() as session:
        return (await session.scalars(select(Post).where(viewed(views)).limit(1))).first() is not None


@existence.strategy()
async def first_without_limit(db: Database, views: int) -> bool:
    """`.first()` on the keys without a LIMIT: the server sends all of them."""
    async with db.session() as session:
        return (await session.scalars(select(Post.id).where(viewed(views)))).first() is not None


# GROUP BY with HAVING, over few groups.

few_groups = Scenario(
    dataset=blog,
    question="How should the countries with more than five users be found?",
    params={"users": (100, 1_000, 10_000, 20_000)},
    typical={"users": 1_000},
    size="users",
    claims=[
        Claim("Group rows and choose the groups with HAVING", PATTERNS, faster="having", than="counter"),
        Claim("Group rows and choose the groups with HAVING", PATTERNS, as_fast="having", than="chosen_in_python"),
    ],
)


def first_users(users: int) -> ColumnElement[bool]:
    """That many users, from 18 countries at most."""
    return User.id <= users


def by_country(users: int) -> Select[tuple[str, int]]:
    """Countries with their number of users."""
    return select(User.country, func.count(User.id)).where(first_users(users)).group_by(User.country)


@few_groups.strategy(baseline=True)
async def having(db: Database, users: int) -> dict[str, int]:
    """GROUP BY with HAVING: the groups that are wanted come back."""
    async with db.session() as session:
        return dict((await session.execute(by_country(users).having(func.count(User.id) > 5))).all())


@few_groups.strategy()
async def filtered_subquery(db: Database, users: int) -> dict[str, int]:
    """GROUP BY in a subquery, and WHERE around it."""
    async with db.session() as session:
        groups = by_country(users).subquery()
        country, number = groups.c
        return dict((await session.execute(select(country, number).where(number > 5))).all())


@few_groups.strategy()
async def chosen_in_python(db: Database, users: int) -> dict[str, int]:
    """GROUP BY in SQL; all groups come back, and Python chooses."""
    async with db.session() as session:
        groups = await session.execute(by_country(users))
        return {country: number for country, number in groups if number > 5}


@few_groups.strategy()
async def counter(db: Database, users: int) -> dict[str, int]:
    """Fetch each user's country, and count them with a Counter."""
    async with db.session() as session:
        countries = Counter(await session.scalars(select(User.country).where(first_users(users))))
        return {country: number for country, number in countries.items() if number > 5}


@few_groups.strategy()
async def counter_of_entities(db: Database, users: int) -> dict[str, int]:
    """Load the users, and count their countries with a Counter."""
    async with db.session() as session:
        countries = Counter(user.country for user in await session.scalars(select(User).where(first_users(users))))
        return {country: number for country, number in countries.items() if number > 5}


# GROUP BY with HAVING, over many groups.

many_groups = Scenario(
    dataset=blog,
    question="How should the authors with so many of some posts be found, where most authors have few?",
    params={"posts": (1_000, 10_000, 70_000), "at_least": (2, 5, 50)},
    typical={"posts": 10_000, "at_least": 5},
    size="posts",
    claims=[
        Claim("Group rows and choose the groups with HAVING", PATTERNS, faster="having", than="counter"),
        Claim("Group rows and choose the groups with HAVING", PATTERNS, faster="having", than="chosen_in_python"),
    ],
)


def by_author(posts: int) -> Select[tuple[int, int]]:
    """Authors with their number of posts."""
    return select(Post.author_id, func.count(Post.id)).where(organic_posts(posts)).group_by(Post.author_id)


@many_groups.strategy(baseline=True)
async def having(db: Database, posts: int, at_least: int) -> dict[int, int]:
    """GROUP BY with HAVING: the groups that are wanted come back."""
    async with db.session() as session:
        return dict((await session.execute(by_author(posts).having(func.count(Post.id) >= at_least))).all())


@many_groups.strategy()
async def chosen_in_python(db: Database, posts: int, at_least: int) -> dict[int, int]:
    """GROUP BY in SQL; all groups come back, and Python chooses."""
    async with db.session() as session:
        groups = await session.execute(by_author(posts))
        return {author: number for author, number in groups if number >= at_least}


@many_groups.strategy()
async def counter(db: Database, posts: int, at_least: int) -> dict[int, int]:
    """Fetch each post's author, and count them with a Counter."""
    async with db.session() as session:
        authors = Counter(await session.scalars(select(Post.author_id).where(organic_posts(posts))))
        return {author: number for author, number in authors.items() if number >= at_least}


# Several counts of the same rows.

STATUSES = ("archived", "draft", "published")

conditional_counts = Scenario(
    dataset=blog,
    question="How should the same posts be counted by several conditions?",
    params={"posts": (100, 1_000, 10_000, 94_000)},
    typical={"posts": 10_000},
    size="posts",
)


@conditional_counts.strategy(baseline=True)
async def several_statements(db: Database, posts: int) -> dict[str, int]:
    """A SELECT with `count(*)` for each condition."""
    async with db.session() as session:
        counts = {}
        for status in STATUSES:
            matching = select(func.count()).select_from(Post).where(first_posts(posts), Post.status == status)
            counts[status] = await session.scalar(matching)
        return counts


@conditional_counts.strategy(name="filter")
async def filter_clause(db: Database, posts: int) -> dict[str, int]:
    """`count(*) FILTER (WHERE …)` for each condition, in one SELECT."""
    counts = [func.count().filter(Post.status == status) for status in STATUSES]
    return await one_row(db, posts, counts)


@conditional_counts.strategy(name="case")
async def case_expression(db: Database, posts: int) -> dict[str, int]:
    """`count(CASE WHEN … THEN 1 END)` for each condition, in one SELECT."""
    counts = [func.count(case((Post.status == status, 1))) for status in STATUSES]
    return await one_row(db, posts, counts)


@conditional_counts.strategy()
async def sum_of_case(db: Database, posts: int) -> dict[str, int]:
    """`sum(CASE WHEN … THEN 1 ELSE 0 END)` for each condition, in one SELECT."""
    counts = [func.sum(case((Post.status == status, 1), else_=0)) for status in STATUSES]
    return await one_row(db, posts, counts)


async def one_row(db: Database, posts: int, counts: list[Any]) -> dict[str, int]:
    """The counts of one SELECT by status."""
    async with db.session() as session:
        row = (await session.execute(select(*counts).select_from(Post).where(first_posts(posts)))).one()
        return dict(zip(STATUSES, row, strict=True))


@conditional_counts.strategy()
async def group_by(db: Database, posts: int) -> dict[str, int]:
    """GROUP BY, which serves as long as the conditions are values of one column."""
    async with db.session() as session:
        groups = select(Post.status, func.count()).where(first_posts(posts)).group_by(Post.status)
        return dict.fromkeys(STATUSES, 0) | dict((await session.execute(groups)).all())


@conditional_counts.strategy()
async def counter(db: Database, posts: int) -> dict[str, int]:
    """Fetch each post's status, and count them with a Counter."""
    async with db.session() as session:
        statuses = Counter(await session.scalars(select(Post.status).where(first_posts(posts))))
        return {status: statuses[status] for status in STATUSES}


# The greatest value of a column, with and without an index on it.

ALL_POSTS = 164_000
"""At scale 1."""

maximum = Scenario(
    dataset=blog,
    question="How should the greatest value be found among the first posts, in a column with an index or without?",
    params={"posts": (1_000, 10_000, ALL_POSTS), "column": ("created_at", "views")},
    typical={"posts": 10_000, "column": "created_at"},
    size="posts",
    claims=[
        Claim("func.max finds the newest", PATTERNS, faster="max", than="python"),
        Claim(
            "An index that matches ORDER BY gives the first rows without scanning the others",
            ORDERING,
            faster="order_by_limit",
            than="max_of_materialized",
            # The newest of fewer posts, the oldest ones, is far from the end of the index: the others are scanned.
            where={"posts": ALL_POSTS, "column": "created_at"},
        ),
    ],
)


@maximum.strategy(baseline=True, name="max")
async def max_of_column(db: Database, posts: int, column: str) -> Any:
    """`func.max` of the column; the server may walk its index from the end to the first match."""
    async with db.session() as session:
        return await session.scalar(select(func.max(getattr(Post, column))).where(first_posts(posts)))


@maximum.strategy()
async def order_by_limit(db: Database, posts: int, column: str) -> Any:
    """ORDER BY the column, descending, with LIMIT 1."""
    value = getattr(Post, column)
    async with db.session() as session:
        return await session.scalar(select(value).where(first_posts(posts)).order_by(value.desc()).limit(1))


@maximum.strategy()
async def max_of_materialized(db: Database, posts: int, column: str) -> Any:
    """`max` over the matching rows in a MATERIALIZED CTE, where no index can be walked."""
    matching = select(getattr(Post, column).label("value")).where(first_posts(posts)).cte().prefix_with("MATERIALIZED")
    async with db.session() as session:
        return await session.scalar(select(func.max(matching.c.value)))


@maximum.strategy()
async def python(db: Database, posts: int, column: str) -> Any:
    """Fetch all values, and take their `max` in Python."""
    async with db.session() as session:
        return max(await session.scalars(select(getattr(Post, column)).where(first_posts(posts))))


# Two aggregates of the same rows, one of which an index can answer.

maximum_and_count = Scenario(
    dataset=blog,
    question="How should the greatest value of a column and the number of rows be asked for?",
    params={"posts": (1_000, 10_000, ALL_POSTS), "column": ("created_at", "views")},
    typical={"posts": ALL_POSTS, "column": "created_at"},
    size="posts",
    claims=[
        Claim("Select the maximum and the count together", PATTERNS, as_fast="together", than="two_statements"),
        Claim("Select the maximum and the count together", PATTERNS, as_fast="together", than="two_subqueries"),
    ],
)


def greatest(posts: int, column: str) -> Select[tuple[Any]]:
    """The greatest value of the column among the first posts."""
    return select(func.max(getattr(Post, column))).where(first_posts(posts))


def number(posts: int) -> Select[tuple[int]]:
    """How many posts the first ones are."""
    return select(func.count(Post.id)).where(first_posts(posts))


@maximum_and_count.strategy(baseline=True)
async def together(db: Database, posts: int, column: str) -> tuple[Any, int]:
    """Both aggregates in one SELECT: one scan, which sees every row."""
    async with db.session() as session:
        found = await session.execute(greatest(posts, column).add_columns(func.count(Post.id)))
        return tuple(found.one())


@maximum_and_count.strategy()
async def two_statements(db: Database, posts: int, column: str) -> tuple[Any, int]:
    """A SELECT each, for each of which the server may take another index."""
    async with db.session() as session:
        return await session.scalar(greatest(posts, column)), await session.scalar(number(posts))


@maximum_and_count.strategy()
async def two_subqueries(db: Database, posts: int, column: str) -> tuple[Any, int]:
    """One SELECT with a scalar subquery each."""
    async with db.session() as session:
        both = select(greatest(posts, column).scalar_subquery(), number(posts).scalar_subquery())
        return tuple((await session.execute(both)).one())


# Each group beside the whole: window functions over aggregates.

share = Scenario(
    dataset=blog,
    question="How should each author's posts be set beside the number of all posts?",
    params={"posts": (100, 1_000, 10_000, 70_000)},
    typical={"posts": 10_000},
    size="posts",
)


@share.strategy(baseline=True)
async def two_statements(db: Database, posts: int) -> dict[int, tuple[int, int]]:
    """GROUP BY in one SELECT, and the total in another."""
    async with db.session() as session:
        total = await session.scalar(select(func.count()).select_from(Post).where(organic_posts(posts)))
        groups = await session.execute(by_author(posts))
        return {author: (number, total) for author, number in groups}


@share.strategy()
async def window(db: Database, posts: int) -> dict[int, tuple[int, int]]:
    """`sum(count(*)) OVER ()` beside each group: one SELECT."""
    # A sum of bigints is a numeric, which arrives as Decimal.
    total = cast(func.sum(func.count(Post.id)).over(), BigInteger)
    async with db.session() as session:
        groups = await session.execute(by_author(posts).add_columns(total))
        return {author: (number, total) for author, number, total in groups}


@share.strategy()
async def scalar_subquery(db: Database, posts: int) -> dict[int, tuple[int, int]]:
    """The total as a scalar subquery beside each group: one SELECT."""
    total = select(func.count()).select_from(Post).where(organic_posts(posts)).correlate(None).scalar_subquery()
    async with db.session() as session:
        groups = await session.execute(by_author(posts).add_columns(total))
        return {author: (number, total) for author, number, total in groups}


@share.strategy()
async def summed_in_python(db: Database, posts: int) -> dict[int, tuple[int, int]]:
    """GROUP BY in SQL; Python adds the groups up."""
    async with db.session() as session:
        groups = dict((await session.execute(by_author(posts))).all())
        total = sum(groups.values())
        return {author: (number, total) for author, number in groups.items()}


@share.strategy()
async def counter(db: Database, posts: int) -> dict[int, tuple[int, int]]:
    """Fetch each post's author, and count them with a Counter."""
    async with db.session() as session:
        authors = Counter(await session.scalars(select(Post.author_id).where(organic_posts(posts))))
        total = authors.total()
        return {author: (number, total) for author, number in authors.items()}
