"""How should a list leave out, or load, a heavy column?"""
# ruff: noqa: F811 - both scenarios have an `everything`: they are kept by their decorators

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, defer, load_only, undefer
from sqlalchemy.orm.attributes import set_committed_value

from bench import Claim, Database, Scenario

from .blog import ONES, QUIET, TENS, Post, blog

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Performance Optimization, Defer loading heavy columns"
DEFERRAL = "SQLAlchemy documentation, Column Loading Options, Limiting which Columns Load with Column Deferral"
LOAD_ONLY = "SQLAlchemy documentation, Column Loading Options, Using load_only() to reduce loaded columns"
DEFER = "SQLAlchemy documentation, Column Loading Options, Using defer() to omit specific columns"
SLOWNESS = "SQLAlchemy documentation, Performance, Result Fetching Slowness - ORM"
TOAST = "PostgreSQL documentation, TOAST, Out-of-Line, On-Disk TOAST Storage"

BY_BODY = {"compressible": QUIET, "out_of_line": ONES, "short": TENS}
BODIES = tuple(BY_BODY)
"""4 KB that are compressed in the row; 3 to 7 KB that lie in a table beside it; about 100 bytes."""


def posts_page(posts: int, body: str) -> Select[tuple[Post]]:
    """Posts whose bodies are of the same kind; the mapping leaves the body out, unless it is asked for."""
    return select(Post).where(Post.id.between(*BY_BODY[body].post_ids(posts)))


# A list that shows titles.

list_view = Scenario(
    dataset=blog,
    question="How should a list of posts that shows no body leave the body out?",
    params={"posts": (10, 100, 500, 2000), "body": BODIES},
    typical={"posts": 100, "body": "out_of_line"},
    size="posts",
    claims=[
        Claim("Defer loading heavy columns", PATTERNS, faster="defer_option", than="everything"),
        Claim(
            "Loading columns of large values on every query may be time intensive",
            DEFERRAL,
            faster="mapped_deferred",
            than="everything",
        ),
        Claim(
            "Loading columns of large values on every query may be memory intensive",
            DEFERRAL,
            less="mapped_deferred",
            than="everything",
            counter="traced_memory",
        ),
        Claim(
            "load_only is the most expedient where only a handful of columns will be accessed",
            LOAD_ONLY,
            faster="only_shown",
            than="everything",
        ),
        Claim(
            "To mitigate slow fetching by the ORM, fetch individual columns instead of full entities",
            SLOWNESS,
            faster="column_tuples",
            than="everything",
        ),
        Claim(
            "To mitigate slow fetching by the ORM, fetch individual columns instead of full entities",
            SLOWNESS,
            faster="column_tuples",
            than="only_shown",
        ),
        Claim(
            "Values out of line are only pulled out if they are selected",
            TOAST,
            less="defer_option",
            than="everything",
            counter="buffers",
            where={"body": "out_of_line"},
        ),
    ],
)

SHOWN = (Post.id, Post.title, Post.status, Post.views, Post.created_at)


def shown(post: Any) -> tuple[Any, ...]:
    """What the list shows of a post."""
    return post.id, post.title, post.status, post.views, post.created_at


async def listed(db: Database, statement: Select[tuple[Post]]) -> list[tuple[Any, ...]]:
    """What the list shows of the posts that a statement finds."""
    async with db.session() as session:
        return [shown(post) for post in await session.scalars(statement)]


@list_view.strategy(baseline=True)
async def everything(db: Database, posts: int, body: str) -> list[Any]:
    """Entities with all columns, the body too."""
    return await listed(db, posts_page(posts, body).options(undefer(Post.body)))


@list_view.strategy()
async def defer_option(db: Database, posts: int, body: str) -> list[Any]:
    """Entities without the body, by the option `defer`."""
    return await listed(db, posts_page(posts, body).options(defer(Post.body)))


@list_view.strategy()
async def mapped_deferred(db: Database, posts: int, body: str) -> list[Any]:
    """Entities without the body, by `deferred=True` in the mapping."""
    return await listed(db, posts_page(posts, body))


@list_view.strategy()
async def only_shown(db: Database, posts: int, body: str) -> list[Any]:
    """Entities with the columns that are shown, by the option `load_only`."""
    return await listed(db, posts_page(posts, body).options(load_only(*SHOWN)))


@list_view.strategy(returns="rows")
async def column_tuples(db: Database, posts: int, body: str) -> list[Any]:
    """Rows with the columns that are shown."""
    statement = posts_page(posts, body).with_only_columns(*SHOWN)
    async with db.session() as session:
        return [shown(row) for row in await session.execute(statement)]


# A list that shows the body of some posts. Which ones, the view decides once it has them.

some_bodies = Scenario(
    dataset=blog,
    question="How should a list of posts load the body that only some of them show?",
    params={"posts": (10, 100, 500, 1000), "share": (1, 10, 50, 100), "body": BODIES},
    typical={"posts": 100, "share": 10, "body": "out_of_line"},
    size="share",
    claims=[
        Claim("Defer loading heavy columns", PATTERNS, faster="later_access", than="everything"),
        Claim("Defer loading heavy columns", PATTERNS, faster="second_select", than="everything"),
        *(
            Claim(
                "A deferred column loads itself when it is accessed, by a SELECT each",
                DEFER,
                strategy="later_access",
                counter="statements",
                equals=1 + share,
                where={"posts": 100, "share": share},
            )
            for share in (10, 100)
        ),
    ],
)


def opened(page: Iterable[Post], share: int) -> list[Post]:
    """The posts that show their body: `share` per cent of them, evenly spread, one at least."""
    return [post for place, post in enumerate(page) if place * share % 100 < share]


def read(page: Iterable[Post], share: int) -> list[tuple[Any, ...]]:
    """What the list shows of each post, and the bodies of those that show it."""
    bodies = {post.id: post.body for post in opened(page, share)}
    return [(*shown(post), bodies.get(post.id)) for post in page]


def whole_page(posts: int, body: str) -> Select[tuple[Post]]:
    """Posts in the order of the list."""
    return posts_page(posts, body).order_by(Post.id)


@some_bodies.strategy(baseline=True)
async def everything(db: Database, posts: int, share: int, body: str) -> list[Any]:
    """Every post with its body, in one SELECT."""
    async with db.session() as session:
        page = (await session.scalars(whole_page(posts, body).options(undefer(Post.body)))).all()
        return read(page, share)


@some_bodies.strategy()
async def later_access(db: Database, posts: int, share: int, body: str) -> list[Any]:
    """Posts without their body; it is awaited where it is shown, one SELECT each."""
    async with db.session() as session:
        page = (await session.scalars(whole_page(posts, body))).all()
        for post in opened(page, share):
            await post.awaitable_attrs.body
        return read(page, share)


@some_bodies.strategy()
async def later_access_run_sync(db: Database, posts: int, share: int, body: str) -> list[Any]:
    """The same in one `session.run_sync`, one SELECT each."""

    def view(session: Session) -> list[Any]:
        return read(session.scalars(whole_page(posts, body)).all(), share)

    async with db.session() as session:
        return await session.run_sync(view)


@some_bodies.strategy()
async def second_select(db: Database, posts: int, share: int, body: str) -> list[Any]:
    """Posts without their body, and one SELECT more, with IN, which loads it into those that show it."""
    async with db.session() as session:
        page = (await session.scalars(whole_page(posts, body))).all()
        keys = [post.id for post in opened(page, share)]
        await session.execute(select(Post).where(Post.id.in_(keys)).options(load_only(Post.body)))
        return read(page, share)


@some_bodies.strategy()
async def second_select_rows(db: Database, posts: int, share: int, body: str) -> list[Any]:
    """The same, but the second SELECT gives rows, whose bodies are put into the posts by hand."""
    async with db.session() as session:
        page = (await session.scalars(whole_page(posts, body))).all()
        by_id = {post.id: post for post in opened(page, share)}
        for key, text in await session.execute(select(Post.id, Post.body).where(Post.id.in_(list(by_id)))):
            set_committed_value(by_id[key], "body", text)
        return read(page, share)


# It is a MissingGreenlet, which the cursors of some drivers wrap in a StatementError.
@some_bodies.strategy(raises=SQLAlchemyError)
async def access_without_await(db: Database, posts: int, share: int, body: str) -> list[Any]:
    """Posts without their body; it is read where it is shown, without await: refused."""
    async with db.session() as session:
        page = (await session.scalars(whole_page(posts, body))).all()
        return read(page, share)
