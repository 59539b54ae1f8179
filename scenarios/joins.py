"""How should rows be chosen and put together by a join?"""
# ruff: noqa: F811 - strategies of several scenarios share a name: they are kept by their decorators

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, except_, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from bench import Claim, Database, Scenario

from .blog import BUSY, FIRST_ORGANIC_POST, FIRST_ORGANIC_USER, HUNDREDS, ONES, QUIET, TENS, Comment, Post, User, blog

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Advanced Query Patterns, Joins"
ANY = "SQLAlchemy documentation, ORM Internals, RelationshipProperty.Comparator.any"
EXISTS_FORMS = "SQLAlchemy documentation, ORM Querying Guide, EXISTS forms: has() / any()"
CONTAINS_EAGER = (
    "SQLAlchemy documentation, Relationship Loading Techniques,"
    " Routing Explicit Joins/Statements into Eagerly Loaded Collections"
)
SLOW_FETCHES = "SQLAlchemy documentation, Frequently Asked Questions, Result Fetching Slowness - ORM"
MANY_QUERIES = "SQLAlchemy documentation, Frequently Asked Questions, Query Profiling"

BY_POSTS = {1: ONES, 10: TENS, 100: HUNDREDS}
BY_COMMENTS = {1: QUIET, 10: BUSY}


# Parents that have a child of a kind: each once.

with_children = Scenario(
    dataset=blog,
    question="How should the users be found who have a post with a thousand views or more?",
    params={"users": (10, 100, 600, 2_000), "posts": (1, 10, 100)},
    typical={"users": 600, "posts": 10},
    size="users",
    claims=[
        Claim(
            "any() uses a correlated subquery, which is not nearly as good on large tables as a join",
            ANY,
            faster="join_distinct",
            than="any",
        ),
        Claim(
            "any() uses a correlated subquery, which is not nearly as good on large tables as a join",
            ANY,
            faster="join_unique",
            than="any",
        ),
    ],
)


def enough_users(users: int, posts: int) -> bool | str:
    """Whether the blog has that many users with that many posts."""
    there = BY_POSTS[posts].users
    return users <= there or f"the blog has {there} users with {posts} posts each"


def some_users(users: int, posts: int) -> Select[tuple[User]]:
    """Users with the same number of posts each."""
    return select(User).where(User.id.between(*BY_POSTS[posts].user_ids(users)))


POPULAR = Post.views >= 1000
"""One post in fifty: of a hundred users with a post each two have one, of those with a hundred posts six in seven."""


async def names(db: Database, statement: Select[tuple[User]]) -> list[tuple[int, str]]:
    """Those users whom the statement finds."""
    async with db.session() as session:
        return [(user.id, user.username) for user in await session.scalars(statement)]


@with_children.strategy(baseline=True, where=enough_users)
async def join_distinct(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """JOIN the posts, and DISTINCT over all columns of the user."""
    return await names(db, some_users(users, posts).join(User.posts).where(POPULAR).distinct())


@with_children.strategy(where=enough_users)
async def join_group_by(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """JOIN the posts, and GROUP BY the user's key."""
    return await names(db, some_users(users, posts).join(User.posts).where(POPULAR).group_by(User.id))


@with_children.strategy(where=enough_users)
async def join_unique(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """JOIN the posts; a user comes once for each, and `unique()` drops what is repeated."""
    async with db.session() as session:
        found = await session.scalars(some_users(users, posts).join(User.posts).where(POPULAR))
        return [(user.id, user.username) for user in found.unique()]


@with_children.strategy(name="any", where=enough_users)
async def relationship_any(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """`User.posts.any(…)`: a correlated EXISTS."""
    return await names(db, some_users(users, posts).where(User.posts.any(POPULAR)))


@with_children.strategy(where=enough_users)
async def in_subquery(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """`User.id IN (SELECT posts.author_id …)`."""
    return await names(db, some_users(users, posts).where(User.id.in_(select(Post.author_id).where(POPULAR))))


@with_children.strategy(where=enough_users)
async def join_distinct_subquery(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """JOIN a subquery of the DISTINCT authors of such posts."""
    authors = select(Post.author_id).where(POPULAR).distinct().subquery()
    return await names(db, some_users(users, posts).join(authors, authors.c.author_id == User.id))


@with_children.strategy(where=enough_users)
async def count_above_zero(db: Database, users: int, posts: int) -> list[tuple[int, str]]:
    """A correlated count of such posts, compared with 0."""
    number = select(func.count(Post.id)).where(Post.author_id == User.id, POPULAR).scalar_subquery()
    return await names(db, some_users(users, posts).where(number > 0))


# Parents without a child.

without_children = Scenario(
    dataset=blog,
    question="How should the users be found who have written no post, about one in three?",
    params={"users": (10, 100, 1_000, 14_000)},
    typical={"users": 1_000},
    size="users",
    claims=[
        Claim("EXISTS tends to be more efficient for negative look-ups", EXISTS_FORMS, faster="not_any", than="not_in"),
        Claim(
            "EXISTS tends to be more efficient for negative look-ups",
            EXISTS_FORMS,
            faster="not_any",
            than="outer_join_key",
        ),
    ],
)


def organic(users: int) -> ColumnElement[bool]:
    """Users outside the cohorts, save the first, who wrote more than the next hundreds together."""
    return User.id.between(*organic_keys(users))


def organic_keys(users: int) -> tuple[int, int]:
    """The first and the last key of that many users."""
    return FIRST_ORGANIC_USER + 1, FIRST_ORGANIC_USER + users


def organic_users(users: int) -> Select[tuple[User]]:
    """That many users: most have few posts, and many none."""
    return select(User).where(organic(users))


@without_children.strategy(baseline=True)
async def outer_join_key(db: Database, users: int) -> list[tuple[int, str]]:
    """LEFT OUTER JOIN the posts, and keep the rows where the post's key is NULL."""
    return await names(db, organic_users(users).outerjoin(User.posts).where(Post.id.is_(None)))


@without_children.strategy()
async def outer_join_joined_column(db: Database, users: int) -> list[tuple[int, str]]:
    """The same where `posts.author_id`, which the join compares, is NULL: a planner can tell what is meant."""
    return await names(db, organic_users(users).outerjoin(User.posts).where(Post.author_id.is_(None)))


@without_children.strategy()
async def not_any(db: Database, users: int) -> list[tuple[int, str]]:
    """`~User.posts.any()`: a correlated NOT EXISTS."""
    return await names(db, organic_users(users).where(~User.posts.any()))


@without_children.strategy()
async def not_in(db: Database, users: int) -> list[tuple[int, str]]:
    """`User.id NOT IN (SELECT posts.author_id …)`."""
    return await names(db, organic_users(users).where(User.id.not_in(select(Post.author_id))))


@without_children.strategy(name="except")
async def except_operator(db: Database, users: int) -> list[tuple[int, str]]:
    """`User.id IN (SELECT their keys EXCEPT SELECT the authors)`."""
    lonely = except_(select(User.id).where(organic(users)), select(Post.author_id))
    return await names(db, select(User).where(User.id.in_(lonely)))


@without_children.strategy()
async def count_is_zero(db: Database, users: int) -> list[tuple[int, str]]:
    """A correlated count of the posts, compared with 0."""
    number = select(func.count(Post.id)).where(Post.author_id == User.id).scalar_subquery()
    return await names(db, organic_users(users).where(number == 0))


@without_children.strategy()
async def python(db: Database, users: int) -> list[tuple[int, str]]:
    """Load the users, fetch which of them are authors, and compare in Python."""
    async with db.session() as session:
        loaded = (await session.scalars(organic_users(users))).all()
        wrote = select(Post.author_id).where(Post.author_id.between(*organic_keys(users))).distinct()
        authors = set(await session.scalars(wrote))
        return [(user.id, user.username) for user in loaded if user.id not in authors]


@without_children.strategy(differs=True)
async def not_in_with_null(db: Database, users: int) -> list[tuple[int, str]]:
    """NOT IN over authors who come with a NULL among them, as from an outer join: nobody is found."""
    authors = select(Post.author_id).select_from(User).outerjoin(User.posts)
    return await names(db, organic_users(users).where(User.id.not_in(authors)))


# Parents with their children, or without any.

outer_join = Scenario(
    dataset=blog,
    question="How should users come with the titles of their posts, those without posts too?",
    params={"users": (10, 100, 1_000, 5_000)},
    typical={"users": 100},
    size="users",
    claims=[
        Claim("An outer join selects users and their posts", PATTERNS, faster="pairs", than="two_statements"),
        Claim("An outer join selects users and their posts", PATTERNS, faster="pairs", than="selectin"),
        Claim("Fetch columns in place of entities", SLOW_FETCHES, faster="columns", than="pairs"),
    ],
)

Titles = dict[int, tuple[str, list[str]]]


def titles_by_user(rows: Iterable[tuple[int, str, str | None]]) -> Titles:
    """Users and the titles of their posts, from rows of key, name and title."""
    found: Titles = {}
    for key, name, title in rows:
        _, titles = found.setdefault(key, (name, []))
        if title is not None:
            titles.append(title)
    return found


@outer_join.strategy(baseline=True)
async def pairs(db: Database, users: int) -> Titles:
    """`select(User, Post)` with an outer join: pairs of entities, the post None where there is none."""
    statement = select(User, Post).outerjoin(Post, User.id == Post.author_id).where(organic(users))
    async with db.session() as session:
        found = await session.execute(statement)
        return titles_by_user((user.id, user.username, post and post.title) for user, post in found)


@outer_join.strategy(returns="rows")
async def columns(db: Database, users: int) -> Titles:
    """The same outer join of the three columns that are read."""
    statement = select(User.id, User.username, Post.title).outerjoin(User.posts).where(organic(users))
    async with db.session() as session:
        return titles_by_user(await session.execute(statement))


@outer_join.strategy(name="contains_eager")
async def routed_outer_join(db: Database, users: int) -> Titles:
    """The same outer join, put into each user's collection by `contains_eager`."""
    statement = organic_users(users).outerjoin(User.posts).options(contains_eager(User.posts))
    async with db.session() as session:
        return collections((await session.scalars(statement)).unique())


@outer_join.strategy()
async def joined(db: Database, users: int) -> Titles:
    """The outer join that `joinedload` makes."""
    async with db.session() as session:
        return collections((await session.scalars(organic_users(users).options(joinedload(User.posts)))).unique())


@outer_join.strategy()
async def selectin(db: Database, users: int) -> Titles:
    """`selectinload`: one more SELECT for every 500 users."""
    async with db.session() as session:
        return collections(await session.scalars(organic_users(users).options(selectinload(User.posts))))


def collections(users: Iterable[User]) -> Titles:
    """Users and the titles of their posts, which are loaded."""
    return {user.id: (user.username, [post.title for post in user.posts]) for user in users}


@outer_join.strategy()
async def two_statements(db: Database, users: int) -> Titles:
    """A SELECT of the users, a SELECT of their posts by an inner join, and a dictionary."""
    titles = defaultdict(list)
    async with db.session() as session:
        loaded = (await session.scalars(organic_users(users))).all()
        for post in await session.scalars(select(Post).join(Post.author).where(organic(users))):
            titles[post.author_id].append(post.title)
        return {user.id: (user.username, titles[user.id]) for user in loaded}


# Children with their parent, chosen by the parent.

inner_join = Scenario(
    dataset=blog,
    question="How should posts by the users of one country come with their authors?",
    params={"posts": (100, 1_000, 10_000, 70_000)},
    typical={"posts": 10_000},
    size="posts",
    claims=[
        Claim("An inner join selects posts and their authors", PATTERNS, faster="pairs", than="two_statements"),
        Claim("Fetch columns in place of entities", SLOW_FETCHES, faster="columns", than="pairs"),
        Claim(
            "Where a query has the join already, contains_eager spares the redundant one of joinedload",
            CONTAINS_EAGER,
            faster="contains_eager",
            than="joined",
        ),
    ],
)


def of_germans(statement: Select[Any], posts: int) -> Select[Any]:
    """What the statement selects, of that many posts those by users in Germany; it has joined the users."""
    return statement.where(organic_posts(posts), User.country == "DE")


def organic_posts(posts: int) -> ColumnElement[bool]:
    """Posts outside the cohorts."""
    return Post.id.between(FIRST_ORGANIC_POST, FIRST_ORGANIC_POST + posts - 1)


Bylines = dict[int, tuple[str, str]]


async def bylines(db: Database, statement: Select[tuple[Post]]) -> Bylines:
    """Posts with the names of their authors, who are loaded with them."""
    async with db.session() as session:
        return {post.id: (post.title, post.author.username) for post in await session.scalars(statement)}


@inner_join.strategy(baseline=True)
async def pairs(db: Database, posts: int) -> Bylines:
    """`select(Post, User)` with a join: pairs of entities."""
    statement = of_germans(select(Post, User).join(User, Post.author_id == User.id), posts)
    async with db.session() as session:
        found = await session.execute(statement)
        return {post.id: (post.title, user.username) for post, user in found}


@inner_join.strategy(returns="rows")
async def columns(db: Database, posts: int) -> Bylines:
    """The same join of the three columns that are read."""
    statement = of_germans(select(Post.id, Post.title, User.username).join(Post.author), posts)
    async with db.session() as session:
        return {key: (title, name) for key, title, name in await session.execute(statement)}


@inner_join.strategy(name="contains_eager")
async def routed_join(db: Database, posts: int) -> Bylines:
    """The same join, put into each post's author by `contains_eager`."""
    return await bylines(db, of_germans(select(Post).join(Post.author), posts).options(contains_eager(Post.author)))


@inner_join.strategy()
async def joined(db: Database, posts: int) -> Bylines:
    """A join to choose the posts, and another one by `joinedload` to load their authors."""
    return await bylines(db, of_germans(select(Post).join(Post.author), posts).options(joinedload(Post.author)))


@inner_join.strategy()
async def has_joined(db: Database, posts: int) -> Bylines:
    """`Post.author.has(…)`, a correlated EXISTS, to choose the posts, and `joinedload`."""
    chosen = select(Post).where(organic_posts(posts), Post.author.has(User.country == "DE"))
    return await bylines(db, chosen.options(joinedload(Post.author, innerjoin=True)))


@inner_join.strategy()
async def selectin(db: Database, posts: int) -> Bylines:
    """A join to choose the posts, and `selectinload`: one more SELECT for every 500 authors."""
    return await bylines(db, of_germans(select(Post).join(Post.author), posts).options(selectinload(Post.author)))


@inner_join.strategy()
async def two_statements(db: Database, posts: int) -> Bylines:
    """A join to choose the posts, and a SELECT of their authors, with all keys in an IN."""
    async with db.session() as session:
        chosen = (await session.scalars(of_germans(select(Post).join(Post.author), posts))).all()
        keys = list({post.author_id for post in chosen})
        authors = {user.id: user for user in await session.scalars(select(User).where(User.id.in_(keys)))}
        return {post.id: (post.title, authors[post.author_id].username) for post in chosen}


# Three tables.

three_tables = Scenario(
    dataset=blog,
    question="How should comments come with their post and its author?",
    params={"posts": (10, 100, 1_000), "comments": (1, 10)},
    typical={"posts": 100, "comments": 10},
    size="posts",
    claims=[
        Claim("Join comments, posts and users in one SELECT", PATTERNS, faster="triples", than="three_statements"),
        Claim("Join comments, posts and users in one SELECT", PATTERNS, faster="triples", than="selectin"),
        Claim(
            "Joins load several tables in one result set where queries multiply without them",
            MANY_QUERIES,
            faster="triples",
            than="three_statements",
        ),
        Claim("Fetch columns in place of entities", SLOW_FETCHES, faster="columns", than="triples"),
    ],
)


def discussed(statement: Select[Any], posts: int, comments: int) -> Select[Any]:
    """What the statement selects, of the comments on that many posts, which have the same number each."""
    return statement.where(Comment.post_id.between(*BY_COMMENTS[comments].post_ids(posts)))


Threads = dict[int, tuple[str, str, str]]


async def threads(db: Database, statement: Select[tuple[Comment]]) -> Threads:
    """Comments with the post's title and its author's name, which are loaded with them."""
    async with db.session() as session:
        return {
            comment.id: (comment.text, comment.post.title, comment.post.author.username)
            for comment in await session.scalars(statement)
        }


@three_tables.strategy(baseline=True)
async def triples(db: Database, posts: int, comments: int) -> Threads:
    """`select(Comment, Post, User)` with two joins: triples of entities."""
    joined = select(Comment, Post, User).join(Post, Comment.post_id == Post.id).join(User, Post.author_id == User.id)
    async with db.session() as session:
        found = await session.execute(discussed(joined, posts, comments))
        return {comment.id: (comment.text, post.title, user.username) for comment, post, user in found}


@three_tables.strategy(returns="rows")
async def columns(db: Database, posts: int, comments: int) -> Threads:
    """The same joins of the four columns that are read."""
    joined = select(Comment.id, Comment.text, Post.title, User.username).join(Comment.post).join(Post.author)
    async with db.session() as session:
        found = await session.execute(discussed(joined, posts, comments))
        return {key: (text, title, name) for key, text, title, name in found}


@three_tables.strategy(name="contains_eager")
async def routed_joins(db: Database, posts: int, comments: int) -> Threads:
    """The same joins, put into each comment's post and its author by `contains_eager`."""
    eager = contains_eager(Comment.post).contains_eager(Post.author)
    joined = select(Comment).join(Comment.post).join(Post.author).options(eager)
    return await threads(db, discussed(joined, posts, comments))


@three_tables.strategy()
async def joined(db: Database, posts: int, comments: int) -> Threads:
    """The two joins that `joinedload` makes, inner ones."""
    eager = joinedload(Comment.post, innerjoin=True).joinedload(Post.author, innerjoin=True)
    return await threads(db, discussed(select(Comment).options(eager), posts, comments))


@three_tables.strategy()
async def selectin(db: Database, posts: int, comments: int) -> Threads:
    """`selectinload` of the posts, and of their authors: one more SELECT each for every 500."""
    eager = selectinload(Comment.post).selectinload(Post.author)
    return await threads(db, discussed(select(Comment).options(eager), posts, comments))


@three_tables.strategy()
async def three_statements(db: Database, posts: int, comments: int) -> Threads:
    """A SELECT for each table, the keys of the one before in an IN, and dictionaries."""
    async with db.session() as session:
        page = (await session.scalars(discussed(select(Comment), posts, comments))).all()
        post_keys = list({comment.post_id for comment in page})
        post_by_key = {post.id: post for post in await session.scalars(select(Post).where(Post.id.in_(post_keys)))}
        user_keys = list({post.author_id for post in post_by_key.values()})
        name_by_key = {
            user.id: user.username for user in await session.scalars(select(User).where(User.id.in_(user_keys)))
        }
        return {
            comment.id: (comment.text, post.title, name_by_key[post.author_id])
            for comment in page
            for post in [post_by_key[comment.post_id]]
        }
