"""How should each parent come with a count of its children, or with its newest ones?"""
# ruff: noqa: F811 - strategies of several scenarios share a name: they are kept by their decorators

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, func, select, true
from sqlalchemy.orm import aliased, selectinload

from bench import Claim, Database, Scenario

from .blog import FIRST_ORGANIC_POST, FIRST_ORGANIC_USER, HUNDREDS, TENS, Post, User, blog

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Advanced Query Patterns, Subqueries"
HYBRID = "SQLAlchemy documentation, Hybrid Attributes, Correlated Subquery Relationship Hybrid"
MATERIALIZATION = "PostgreSQL documentation, WITH Queries, Common Table Expression Materialization"
ORDERING = "PostgreSQL documentation, Indexes and ORDER BY"


# How many children each parent has.

counts = Scenario(
    dataset=blog,
    question="How should users come with the number of their posts, 0 for those without?",
    params={"users": (10, 100, 1_000, 10_000)},
    typical={"users": 100},
    size="users",
    claims=[
        Claim(
            "Count children by an outer join to a grouped subquery",
            PATTERNS,
            faster="joined_subquery",
            than="correlated",
        ),
        Claim(
            "Count children by an outer join to a grouped subquery",
            PATTERNS,
            faster="joined_subquery",
            than="selectin",
        ),
        Claim(
            "A correlated subquery is more portable, but often performs more poorly",
            HYBRID,
            faster="joined_subquery",
            than="correlated",
        ),
        Claim(
            "A WITH query that is referred to once is folded into its parent, and planned with it",
            MATERIALIZATION,
            as_fast="cte",
            than="limited_subquery",
        ),
        Claim(
            "A materialized WITH query is evaluated as written, with rows that the parent then discards",
            MATERIALIZATION,
            faster="cte",
            than="cte_materialized",
        ),
    ],
)


def keys(users: int) -> tuple[int, int]:
    """First and last key of users outside the cohorts, save the first, who wrote more than the next hundreds."""
    return FIRST_ORGANIC_USER + 1, FIRST_ORGANIC_USER + users


def page(users: int) -> Select[tuple[User]]:
    """That many users, one in three of them without a post."""
    return select(User).where(User.id.between(*keys(users)))


def number_by_author() -> Select[tuple[int, int]]:
    """The number of posts of every author in the table."""
    return select(Post.author_id, func.count(Post.id).label("number")).group_by(Post.author_id)


Counts = dict[int, tuple[str, int]]


async def counted(db: Database, statement: Select[tuple[User, int | None]]) -> Counts:
    """Users and the numbers beside them."""
    async with db.session() as session:
        found = await session.execute(statement)
        return {user.id: (user.username, number or 0) for user, number in found}


@counts.strategy(baseline=True)
async def joined_subquery(db: Database, users: int) -> Counts:
    """Outer join to a subquery that groups the posts of all users."""
    numbers = number_by_author().subquery()
    joined = page(users).add_columns(numbers.c.number).outerjoin(numbers, User.id == numbers.c.author_id)
    return await counted(db, joined)


@counts.strategy()
async def limited_subquery(db: Database, users: int) -> Counts:
    """The same, with the page's condition inside the subquery too."""
    numbers = number_by_author().where(Post.author_id.between(*keys(users))).subquery()
    joined = page(users).add_columns(numbers.c.number).outerjoin(numbers, User.id == numbers.c.author_id)
    return await counted(db, joined)


def joined_to_cte(users: int, numbers: CTE) -> Select[tuple[User, int | None]]:
    """The page, joined to the numbers of those authors who are on it."""
    on_page = (User.id == numbers.c.author_id) & numbers.c.author_id.between(*keys(users))
    return page(users).add_columns(numbers.c.number).outerjoin(numbers, on_page)


@counts.strategy()
async def cte(db: Database, users: int) -> Counts:
    """A CTE that groups the posts of all users, and the page's condition where it is joined."""
    return await counted(db, joined_to_cte(users, number_by_author().cte()))


@counts.strategy()
async def cte_materialized(db: Database, users: int) -> Counts:
    """The same CTE, MATERIALIZED: no condition is taken into it."""
    return await counted(db, joined_to_cte(users, number_by_author().cte().prefix_with("MATERIALIZED")))


@counts.strategy()
async def correlated(db: Database, users: int) -> Counts:
    """A correlated scalar subquery beside each user."""
    number = select(func.count(Post.id)).where(Post.author_id == User.id).scalar_subquery()
    return await counted(db, page(users).add_columns(number))


@counts.strategy(requires="postgresql")
async def lateral(db: Database, users: int) -> Counts:
    """JOIN LATERAL to a subquery that counts each user's posts."""
    number = select(func.count(Post.id).label("number")).where(Post.author_id == User.id).lateral()
    return await counted(db, page(users).add_columns(number.c.number).join(number, true()))


@counts.strategy()
async def group_by(db: Database, users: int) -> Counts:
    """Outer join to the posts, and GROUP BY the user's key."""
    return await counted(db, page(users).add_columns(func.count(Post.id)).outerjoin(User.posts).group_by(User.id))


@counts.strategy()
async def window(db: Database, users: int) -> Counts:
    """Outer join to the posts, `count() OVER (PARTITION BY …)`, and DISTINCT."""
    number = func.count(Post.id).over(partition_by=User.id)
    return await counted(db, page(users).add_columns(number).outerjoin(User.posts).distinct())


@counts.strategy()
async def two_statements(db: Database, users: int) -> Counts:
    """A SELECT of the users, a SELECT of the numbers by author, and a dictionary."""
    async with db.session() as session:
        loaded = (await session.scalars(page(users))).all()
        theirs = await session.execute(number_by_author().where(Post.author_id.between(*keys(users))))
        numbers = dict(theirs.all())
        return {user.id: (user.username, numbers.get(user.id, 0)) for user in loaded}


@counts.strategy()
async def selectin(db: Database, users: int) -> Counts:
    """Load each user's posts by `selectinload`, and take the length of the list."""
    async with db.session() as session:
        found = await session.scalars(page(users).options(selectinload(User.posts)))
        return {user.id: (user.username, len(user.posts)) for user in found}


# The newest children of each parent.

BY_POSTS = {10: TENS, 100: HUNDREDS}

newest_each = Scenario(
    dataset=blog,
    question="How should the newest posts of each author be loaded?",
    params={"authors": (1, 10, 100, 600), "posts": (10, 100), "newest": (1, 3, 10)},
    typical={"authors": 100, "posts": 10, "newest": 3},
    size="authors",
    ordered=True,
)


def authors_keys(authors: int, posts: int) -> tuple[int, int]:
    """First and last key of that many authors with the same number of posts each."""
    return BY_POSTS[posts].user_ids(authors)


def of_authors(authors: int, posts: int) -> ColumnElement[bool]:
    """Posts by that many authors."""
    return Post.author_id.between(*authors_keys(authors, posts))


def newest_first(statement: Select[tuple[Post]]) -> Select[tuple[Post]]:
    """An author's posts, the newest first."""
    return statement.order_by(Post.author_id, Post.created_at.desc(), Post.id.desc())


Titles = dict[int, list[str]]


def by_author(posts: Iterable[Post]) -> Titles:
    """The posts' titles by author, in the order that they come in."""
    titles: Titles = defaultdict(list)
    for post in posts:
        titles[post.author_id].append(post.title)
    return dict(titles)


@newest_each.strategy(baseline=True)
async def python(db: Database, authors: int, posts: int, newest: int) -> Titles:
    """Load all posts of the authors, the newest first, and keep the first of each."""
    async with db.session() as session:
        found = await session.scalars(newest_first(select(Post).where(of_authors(authors, posts))))
        return {author: titles[:newest] for author, titles in by_author(found).items()}


@newest_each.strategy()
async def one_each(db: Database, authors: int, posts: int, newest: int) -> Titles:
    """A SELECT with LIMIT for each author."""
    first, last = authors_keys(authors, posts)
    titles = {}
    async with db.session() as session:
        for author in range(first, last + 1):
            theirs = newest_first(select(Post).where(Post.author_id == author)).limit(newest)
            titles[author] = [post.title for post in await session.scalars(theirs)]
        return titles


@newest_each.strategy()
async def window(db: Database, authors: int, posts: int, newest: int) -> Titles:
    """`row_number() OVER (PARTITION BY …)` in a subquery, and the first numbers of each."""
    age = func.row_number().over(partition_by=Post.author_id, order_by=(Post.created_at.desc(), Post.id.desc()))
    numbered = select(Post, age.label("age")).where(of_authors(authors, posts)).subquery()
    found = aliased(Post, numbered)
    young = select(found).where(numbered.c.age <= newest).order_by(numbered.c.author_id, numbered.c.age)
    async with db.session() as session:
        return by_author(await session.scalars(young))


@newest_each.strategy(requires="postgresql")
async def lateral(db: Database, authors: int, posts: int, newest: int) -> Titles:
    """JOIN LATERAL to a subquery with LIMIT, which runs for each author."""
    theirs = newest_first(select(Post).where(Post.author_id == User.id)).limit(newest).lateral()
    found = aliased(Post, theirs)
    joined = select(found).select_from(User).join(theirs, true())
    young = joined.where(User.id.between(*authors_keys(authors, posts)))
    ordered = young.order_by(found.author_id, found.created_at.desc(), found.id.desc())
    async with db.session() as session:
        return by_author(await session.scalars(ordered))


MANY_SORTS = 20_000


def bearable_sorts(authors: int, posts: int) -> bool | str:
    """Whether the authors' posts can be sorted once for each of them."""
    sorts = authors * posts
    return sorts <= MANY_SORTS or f"for each of {sorts:,} posts it would sort the posts of its author again"


@newest_each.strategy(where=bearable_sorts)
async def correlated_in(db: Database, authors: int, posts: int, newest: int) -> Titles:
    """`Post.id IN (…)` a correlated subquery with LIMIT, which runs for each post."""
    other = aliased(Post)
    theirs = select(other.id).where(other.author_id == Post.author_id)
    young = theirs.order_by(other.created_at.desc(), other.id.desc()).limit(newest)
    async with db.session() as session:
        chosen = select(Post).where(of_authors(authors, posts), Post.id.in_(young))
        return by_author(await session.scalars(newest_first(chosen)))


def only_one(newest: int) -> bool | str:
    """Whether one post of each author is asked for."""
    return newest == 1 or "DISTINCT ON keeps one row of each group"


@newest_each.strategy(requires="postgresql", where=only_one)
async def distinct_on(db: Database, authors: int, posts: int) -> Titles:
    """DISTINCT ON the author, of the posts in order: the first of each."""
    async with db.session() as session:
        found = newest_first(select(Post).where(of_authors(authors, posts)).distinct(Post.author_id))
        return by_author(await session.scalars(found))


# A grouping that is needed in two places.

used_twice = Scenario(
    dataset=blog,
    question="How should the authors be found who wrote more than five times the average of all authors?",
    params={"posts": (1_000, 10_000, 70_000)},
    typical={"posts": 10_000},
    size="posts",
    claims=[
        Claim(
            "A calculation that is needed in several places is done once in a WITH query",
            MATERIALIZATION,
            faster="cte",
            than="two_subqueries",
        ),
        Claim(
            "NOT MATERIALIZED risks that a WITH query is computed twice",
            MATERIALIZATION,
            faster="cte",
            than="cte_not_materialized",
        ),
    ],
)


def grouped(posts: int) -> Select[tuple[int, int]]:
    """Authors of the first posts outside the cohorts, with their number of these."""
    some = Post.id.between(FIRST_ORGANIC_POST, FIRST_ORGANIC_POST + posts - 1)
    return select(Post.author_id, func.count(Post.id).label("number")).where(some).group_by(Post.author_id)


def above_average(authors: Subquery | CTE, same: Subquery | CTE) -> Select[Any]:
    """Those of the authors who are above the average of the same authors."""
    average = select(func.avg(same.c.number)).scalar_subquery()
    return select(authors.c.author_id, authors.c.number).where(authors.c.number > 5 * average)


async def found_by(db: Database, statement: Select[Any]) -> dict[int, int]:
    """Authors with their number of posts."""
    async with db.session() as session:
        return dict((await session.execute(statement)).all())


@used_twice.strategy(baseline=True)
async def two_subqueries(db: Database, posts: int) -> dict[int, int]:
    """The grouping as a subquery in both places."""
    return await found_by(db, above_average(grouped(posts).subquery(), grouped(posts).subquery()))


@used_twice.strategy(name="cte")
async def cte_twice(db: Database, posts: int) -> dict[int, int]:
    """The grouping as a CTE that both places refer to, which the server computes once."""
    authors = grouped(posts).cte()
    return await found_by(db, above_average(authors, authors))


@used_twice.strategy()
async def cte_not_materialized(db: Database, posts: int) -> dict[int, int]:
    """The same CTE, NOT MATERIALIZED: both places compute it."""
    authors = grouped(posts).cte().prefix_with("NOT MATERIALIZED")
    return await found_by(db, above_average(authors, authors))


@used_twice.strategy()
async def window(db: Database, posts: int) -> dict[int, int]:
    """`avg(count()) OVER ()` beside each group, in a subquery."""
    average = func.avg(func.count(Post.id)).over().label("average")
    authors = grouped(posts).add_columns(average).subquery()
    return await found_by(
        db, select(authors.c.author_id, authors.c.number).where(authors.c.number > 5 * authors.c.average)
    )


@used_twice.strategy()
async def two_statements(db: Database, posts: int) -> dict[int, int]:
    """A SELECT of the average, and a SELECT with HAVING."""
    async with db.session() as session:
        average = await session.scalar(select(func.avg(grouped(posts).subquery().c.number)))
        found = await session.execute(grouped(posts).having(func.count(Post.id) > 5 * average))
        return dict(found.all())


@used_twice.strategy(name="python")
async def chosen_in_python(db: Database, posts: int) -> dict[int, int]:
    """A SELECT of all groups; Python takes the average and chooses."""
    everyone = await found_by(db, grouped(posts))
    total = sum(everyone.values())
    return {author: number for author, number in everyone.items() if number * len(everyone) > 5 * total}
