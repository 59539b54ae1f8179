"""How should a result be read that is too large to hold?"""
# ruff: noqa: F811 - scenarios share names of strategies, which are kept by their decorators

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from sqlalchemy import Select, select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio.exc import AsyncMethodRequired
from sqlalchemy.orm import joinedload, selectinload, subqueryload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from bench import Claim, Database, Scenario

from .blog import HUNDREDS, QUIET, TENS, Post, User, blog

YIELD_PER = "SQLAlchemy documentation, ORM API Features for Querying, Fetching Large Result Sets with Yield Per"
CONNECTIONS = "SQLAlchemy documentation, Working with Engines and Connections"
SERVER_SIDE = f"{CONNECTIONS}, Using Server Side Cursors"
FIXED_BUFFER = f"{CONNECTIONS}, Streaming with a fixed buffer via yield_per"
RELATIONSHIPS = "SQLAlchemy documentation, Relationship Loading Techniques"
ASYNCPG = "asyncpg documentation, API Reference, Cursors"
PLPGSQL = "PostgreSQL documentation, PL/pgSQL, Cursors"

POSTS = {False: HUNDREDS, True: QUIET}
"""The posts that are read: with short rows, and `wide`, with a body of 4 KB each."""

MOST_STATEMENTS = 1000
"""Batches that are a statement each and that a reader would still wait for."""
MOST_ROWS = 5_000
"""Rows that are a batch each and that a reader would still wait for."""


class Reading:
    """What a strategy keeps of what it reads: a count, and a checksum over everything that is read of each row."""

    def __init__(self, wide: bool = False) -> None:
        self.count = 0
        self.checksum = 0
        self._wide = wide

    def take_values(self, *values: Any) -> None:
        """Read a row's values."""
        self.count += 1
        self.checksum = crc32(" ".join(map(str, values)).encode(), self.checksum)

    def take(self, post: Any) -> None:
        """Read an entity, or a row that has its columns as attributes."""
        if self._wide:
            self.take_values(post.id, post.title, post.views, post.body)
        else:
            self.take_values(post.id, post.title, post.views)

    def take_all(self, posts: Iterable[Any]) -> None:
        """Read one after the other."""
        for post in posts:
            self.take(post)

    @property
    def result(self) -> tuple[int, int]:
        """The number of rows, and their checksum, which depends on their order."""
        return self.count, self.checksum


def enough_posts(rows: int, wide: bool) -> bool | str:
    """Whether the blog has that many posts."""
    there = POSTS[wide].all_posts
    return rows <= there or f"the blog has {there:,} posts with a body of 4 KB"


def few_statements(rows: int, batch: int, wide: bool) -> bool | str:
    """Whether the posts are there, and a statement for each batch of them is bearable."""
    if rows > MOST_STATEMENTS * batch:
        return f"{rows // batch:,} batches are a statement each"
    return enough_posts(rows, wide)


def few_rows(rows: int, wide: bool) -> bool | str:
    """Whether the posts are there, and a batch for each of them is bearable."""
    if rows > MOST_ROWS:
        return f"{rows:,} rows are a batch each"
    return enough_posts(rows, wide)


# Entities.

entities = Scenario(
    dataset=blog,
    question="How should thousands of entities be read, one after the other, without holding them all?",
    params={"rows": (1_000, 5_000, 20_000), "batch": (10, 100, 1_000, 5_000), "wide": (False, True)},
    typical={"rows": 1_000, "batch": 100, "wide": False},
    size="rows",
    headline="peak_memory",
    claims=[
        Claim(
            "With yield_per, Python need not declare very large areas of memory",
            YIELD_PER,
            less="yield_per",
            than="all",
            counter="peak_memory",
        ),
        Claim(
            "Very large areas of memory are time consuming: yield_per is optimized for more than 10,000 rows",
            YIELD_PER,
            faster="partitions",
            than="all",
            where={"rows": 20_000},
        ),
        Claim(
            "all() defeats the purpose of yield_per",
            YIELD_PER,
            less="yield_per",
            than="yield_per_all",
            counter="peak_memory",
        ),
        Claim(
            "With yield_per, partitions() is optional: a result that is iterated directly is buffered in batches too",
            FIXED_BUFFER,
            as_fast="yield_per",
            than="partitions",
        ),
        Claim(
            "A server side cursor is more memory efficient for very large results",
            SERVER_SIDE,
            less="stream",
            than="all",
            counter="peak_memory",
        ),
        Claim(
            "A server side cursor is less efficient for small results, typically of less than 10,000 rows",
            SERVER_SIDE,
            faster="all",
            than="partitions",
            where={"rows": 1_000},
        ),
        Claim(
            "A server side cursor is less efficient for small results, typically of less than 10,000 rows",
            SERVER_SIDE,
            faster="all",
            than="partitions",
            where={"rows": 1_000},
        ),
        Claim(
            "A cursor that is read a few rows at a time avoids memory overrun",
            PLPGSQL,
            less="declare_fetch",
            than="all",
            counter="peak_memory",
        ),
    ],
)


def feed(rows: int, wide: bool) -> Select[tuple[Post]]:
    """That many posts in the order of their keys; `wide` reads the 4 KB of their bodies too."""
    statement = select(Post).where(Post.id.between(*POSTS[wide].post_ids(rows))).order_by(Post.id)
    return statement.options(undefer(Post.body)) if wide else statement


@entities.strategy(name="all", baseline=True, where=enough_posts)
async def all_at_once(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """One SELECT and `all()`: a list of every entity."""
    reading = Reading(wide)
    async with db.session() as session:
        reading.take_all((await session.scalars(feed(rows, wide))).all())
    return reading.result


@entities.strategy(where=enough_posts)
async def iterated(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """The same SELECT, its result iterated without `all()`."""
    reading = Reading(wide)
    async with db.session() as session:
        reading.take_all(await session.scalars(feed(rows, wide)))
    return reading.result


@entities.strategy(where=enough_posts)
async def stream(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`stream_scalars` and `async for`, without `yield_per`."""
    reading = Reading(wide)
    async with db.session() as session:
        async for post in await session.stream_scalars(feed(rows, wide)):
            reading.take(post)
    return reading.result


@entities.strategy(where=enough_posts)
async def yield_per(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`stream_scalars` with `yield_per`, and `async for` over the entities."""
    reading = Reading(wide)
    async with db.session() as session:
        async for post in await session.stream_scalars(feed(rows, wide).execution_options(yield_per=batch)):
            reading.take(post)
    return reading.result


@entities.strategy(where=enough_posts)
async def partitions(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`stream_scalars` with `yield_per`, and `async for` over `partitions()`, a list for each batch."""
    reading = Reading(wide)
    async with db.session() as session:
        result = await session.stream_scalars(feed(rows, wide).execution_options(yield_per=batch))
        async for partition in result.partitions():
            reading.take_all(partition)
    return reading.result


@entities.strategy(where=enough_posts)
async def run_sync(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`scalars` with `yield_per`, and `for` over the entities, inside one `session.run_sync`."""
    reading = Reading(wide)
    statement = feed(rows, wide).execution_options(yield_per=batch)
    async with db.session() as session:
        await session.run_sync(lambda session: reading.take_all(session.scalars(statement)))
    return reading.result


@entities.strategy(where=enough_posts)
async def yield_per_all(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`stream_scalars` with `yield_per`, and then `all()`: read in batches, into a list of every entity."""
    reading = Reading(wide)
    async with db.session() as session:
        result = await session.stream_scalars(feed(rows, wide).execution_options(yield_per=batch))
        reading.take_all(await result.all())
    return reading.result


@entities.strategy(raises=AsyncMethodRequired, where=enough_posts)
async def yield_per_scalars(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`yield_per` with `AsyncSession.scalars`, which has no server side cursors: AsyncMethodRequired."""
    reading = Reading(wide)
    async with db.session() as session:
        reading.take_all(await session.scalars(feed(rows, wide).execution_options(yield_per=batch)))
    return reading.result


@entities.strategy(where=enough_posts, requires="postgresql")
async def declare_fetch(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """A cursor in SQL: DECLARE, and a FETCH for each batch, whose rows become entities."""
    reading = Reading(wide)
    options = (undefer(Post.body),) if wide else ()
    fetch = select(Post).from_statement(text(f"FETCH {batch} FROM feed")).options(*options)
    async with db.session() as session:
        await session.execute(text(declaration(db, feed(rows, wide))))
        while posts := (await session.scalars(fetch)).all():
            reading.take_all(posts)
    return reading.result


def declaration(db: Database, statement: Select[Any]) -> str:
    """A DECLARE of the cursor `feed`; it ends with its transaction."""
    query = statement.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True})
    return f"DECLARE feed NO SCROLL CURSOR FOR {query}"


@entities.strategy(where=few_statements)
async def keyset(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """A SELECT for each batch, from the last key on: `WHERE id > last ORDER BY id LIMIT batch`."""
    reading = Reading(wide)
    page, last = feed(rows, wide).limit(batch), 0
    async with db.session() as session:
        while posts := (await session.scalars(page.where(Post.id > last))).all():
            reading.take_all(posts)
            last = posts[-1].id
    return reading.result


@entities.strategy(where=few_statements)
async def keyset_sessions(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """The same with a session for each batch, so that no transaction stays open and no entity is left."""
    reading = Reading(wide)
    page, last = feed(rows, wide).limit(batch), 0
    while True:
        async with db.session() as session:
            posts = (await session.scalars(page.where(Post.id > last))).all()
        if not posts:
            return reading.result
        reading.take_all(posts)
        last = posts[-1].id


@entities.strategy(where=few_statements)
async def offset(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """A SELECT for each batch by `LIMIT` and `OFFSET`, which reads what it skips."""
    reading = Reading(wide)
    page = feed(rows, wide).limit(batch)
    async with db.session() as session:
        while posts := (await session.scalars(page.offset(reading.count))).all():
            reading.take_all(posts)
    return reading.result


# Rows of columns.

core_rows = Scenario(
    dataset=blog,
    question="How should thousands of rows be read, one after the other, without holding them all?",
    params={"rows": (1_000, 5_000, 20_000), "batch": (10, 100, 1_000, 5_000), "wide": (False, True)},
    typical={"rows": 1_000, "batch": 100, "wide": False},
    size="rows",
    returns="rows",
    headline="peak_memory",
    claims=[
        Claim(
            "A server side cursor is more memory efficient for very large results",
            SERVER_SIDE,
            less="stream",
            than="all",
            counter="peak_memory",
        ),
        Claim(
            "By default, drivers of PostgreSQL fetch all rows into memory before the first is returned",
            SERVER_SIDE,
            less="partitions",
            than="iterated",
            counter="peak_memory",
        ),
        Claim(
            "A server side cursor is less efficient for small results, typically of less than 10,000 rows",
            SERVER_SIDE,
            faster="all",
            than="stream",
            where={"rows": 1_000},
        ),
        Claim(
            "A server side cursor is less efficient for small results, typically of less than 10,000 rows",
            SERVER_SIDE,
            faster="all",
            than="partitions",
            where={"rows": 1_000},
        ),
        Claim(
            "With yield_per, partitions() is optional: a result that is iterated directly is buffered in batches too",
            FIXED_BUFFER,
            as_fast="yield_per",
            than="partitions",
        ),
        Claim(
            "Cursors are useful to iterate over a large query without fetching all rows at once",
            ASYNCPG,
            less="asyncpg_cursor",
            than="asyncpg_fetch",
            counter="peak_memory",
        ),
        Claim(
            "Fetching rows one by one from a server side cursor is more expensive than fetching them in batches",
            FIXED_BUFFER,
            faster="asyncpg_cursor",
            than="asyncpg_cursor_1",
        ),
        Claim(
            "A cursor that is read a few rows at a time avoids memory overrun",
            PLPGSQL,
            less="declare_fetch",
            than="all",
            counter="peak_memory",
        ),
    ],
)


def columns(rows: int, wide: bool) -> Select[Any]:
    """The columns that are read of that many posts, in the order of their keys."""
    heavy = (Post.body,) if wide else ()
    statement = select(Post.id, Post.title, Post.views, *heavy)
    return statement.where(Post.id.between(*POSTS[wide].post_ids(rows))).order_by(Post.id)


@core_rows.strategy(name="all", baseline=True, where=enough_posts)
async def all_at_once(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """One SELECT and `all()`: a list of every row."""
    reading = Reading(wide)
    async with db.connection() as connection:
        reading.take_all((await connection.execute(columns(rows, wide))).all())
    return reading.result


@core_rows.strategy(where=enough_posts)
async def iterated(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """The same SELECT, its result iterated without `all()`."""
    reading = Reading(wide)
    async with db.connection() as connection:
        reading.take_all(await connection.execute(columns(rows, wide)))
    return reading.result


@core_rows.strategy(where=enough_posts)
async def stream(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`stream` and `async for`: batches that grow to 1,000 rows."""
    reading = Reading(wide)
    async with db.connection() as connection:
        async for row in await connection.stream(columns(rows, wide)):
            reading.take(row)
    return reading.result


@core_rows.strategy(where=enough_posts)
async def yield_per(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`stream` with `yield_per`, and `async for` over the rows."""
    reading = Reading(wide)
    async with db.connection() as connection:
        async for row in await connection.stream(columns(rows, wide).execution_options(yield_per=batch)):
            reading.take(row)
    return reading.result


@core_rows.strategy(where=enough_posts)
async def partitions(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`stream` with `yield_per`, and `async for` over `partitions()`, a list for each batch."""
    reading = Reading(wide)
    async with db.connection() as connection:
        result = await connection.stream(columns(rows, wide).execution_options(yield_per=batch))
        async for partition in result.partitions():
            reading.take_all(partition)
    return reading.result


@core_rows.strategy(where=enough_posts)
async def run_sync(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """`execute` with `yield_per`, and `for` over the rows, inside one `connection.run_sync`."""
    reading = Reading(wide)
    statement = columns(rows, wide).execution_options(yield_per=batch)
    async with db.connection() as connection:
        await connection.run_sync(lambda connection: reading.take_all(connection.execute(statement)))
    return reading.result


@core_rows.strategy(where=enough_posts, requires="postgresql")
async def declare_fetch(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """A cursor in SQL: DECLARE, and a FETCH for each batch."""
    reading = Reading(wide)
    fetch = text(f"FETCH {batch} FROM feed")
    async with db.connection() as connection:
        await connection.execute(text(declaration(db, columns(rows, wide))))
        while posts := (await connection.execute(fetch)).all():
            reading.take_all(posts)
    return reading.result


@core_rows.strategy(where=few_statements)
async def keyset(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """A SELECT for each batch, from the last key on: `WHERE id > last ORDER BY id LIMIT batch`."""
    reading = Reading(wide)
    page, last = columns(rows, wide).limit(batch), 0
    async with db.connection() as connection:
        while posts := (await connection.execute(page.where(Post.id > last))).all():
            reading.take_all(posts)
            last = posts[-1].id
    return reading.result


def driver_query(rows: int, wide: bool) -> str:
    """The same query for asyncpg's own methods, with its keys written out: COPY takes no arguments."""
    first, last = POSTS[wide].post_ids(rows)
    heavy = ", body" if wide else ""
    return f"SELECT id, title, views{heavy} FROM posts WHERE id BETWEEN {first} AND {last} ORDER BY id"  # noqa: S608 - our own numbers


@core_rows.strategy(where=enough_posts, requires="postgresql", driver="asyncpg")
async def asyncpg_fetch(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """asyncpg alone: `fetch`, a list of every record."""
    reading = Reading()
    async with db.driver() as connection:
        for record in await connection.fetch(driver_query(rows, wide)):
            reading.take_values(*record)
    return reading.result


@core_rows.strategy(where=enough_posts, requires="postgresql", driver="asyncpg")
async def asyncpg_cursor(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """asyncpg alone: `async for` over a cursor that prefetches a batch at a time."""
    reading = Reading()
    async with db.driver() as connection, connection.transaction():
        async for record in connection.cursor(driver_query(rows, wide), prefetch=batch):
            reading.take_values(*record)
    return reading.result


@core_rows.strategy(where=few_rows, requires="postgresql", driver="asyncpg")
async def asyncpg_cursor_1(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """The same with `prefetch=1`: a fetch for each row."""
    return await asyncpg_cursor(db, rows, 1, wide)


@core_rows.strategy(where=enough_posts, requires="postgresql", driver="asyncpg")
async def asyncpg_cursor_fetch(db: Database, rows: int, batch: int, wide: bool) -> tuple[int, int]:
    """asyncpg alone: a cursor's `fetch(batch)`, until it is empty."""
    reading = Reading()
    async with db.driver() as connection, connection.transaction():
        cursor = await connection.cursor(driver_query(rows, wide))
        while records := await cursor.fetch(batch):
            for record in records:
                reading.take_values(*record)
    return reading.result


@core_rows.strategy(where=enough_posts, requires="postgresql", driver="asyncpg")
async def asyncpg_copy(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """asyncpg alone: COPY TO STDOUT, its text taken apart as it arrives."""
    reading = Reading()
    rest = b""

    async def take(data: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            # Nothing here needs COPY's escapes: no text in the blog has a tab, a backslash or the end of a line.
            reading.take_values(*line.decode().split("\t"))

    async with db.driver() as connection:
        await connection.copy_from_query(driver_query(rows, wide), output=take)
    return reading.result


# The size of a batch. SQLAlchemy's cursor on asyncpg fetches fifty rows whenever it has none left, and then what the
# batch lacks: up to fifty, yield_per changes what is made of the rows, and nothing on the wire.

batch_size = Scenario(
    dataset=blog,
    question="How many entities should yield_per read at a time?",
    params={"rows": (1_000, 5_000, 20_000), "wide": (False, True)},
    typical={"rows": 1_000, "wide": False},
    size="rows",
    headline="peak_memory",
    claims=[
        Claim(
            "With yield_per, Python need not declare very large areas of memory",
            YIELD_PER,
            less="yield_per_100",
            than="all",
            counter="peak_memory",
        ),
        Claim(
            "With yield_per, rows are fetched in batches of that size",
            FIXED_BUFFER,
            less="yield_per_100",
            than="yield_per_10",
            counter="round_trips",
        ),
        Claim(
            "With yield_per, rows are fetched in batches of that size",
            FIXED_BUFFER,
            less="yield_per_1000",
            than="yield_per_100",
            counter="round_trips",
        ),
    ],
)


@batch_size.strategy(name="all", baseline=True, where=enough_posts)
async def all_at_once(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """One SELECT and `all()`: a list of every entity."""
    reading = Reading(wide)
    async with db.session() as session:
        reading.take_all((await session.scalars(feed(rows, wide))).all())
    return reading.result


async def in_partitions(db: Database, rows: int, wide: bool, size: int) -> tuple[int, int]:
    """The posts read by `partitions()` with `yield_per`."""
    reading = Reading(wide)
    async with db.session() as session:
        result = await session.stream_scalars(feed(rows, wide).execution_options(yield_per=size))
        async for partition in result.partitions():
            reading.take_all(partition)
    return reading.result


@batch_size.strategy(where=few_rows)
async def yield_per_1(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`partitions()` with `yield_per=1`: each entity on its own; asyncpg's rows are fetched by fifties all the same."""
    return await in_partitions(db, rows, wide, 1)


@batch_size.strategy(where=enough_posts)
async def yield_per_10(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`partitions()` with `yield_per=10`; asyncpg's rows are fetched by fifties all the same."""
    return await in_partitions(db, rows, wide, 10)


@batch_size.strategy(where=enough_posts)
async def yield_per_100(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`partitions()` with `yield_per=100`: on asyncpg two fetches of fifty rows each."""
    return await in_partitions(db, rows, wide, 100)


@batch_size.strategy(where=enough_posts)
async def yield_per_1000(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`partitions()` with `yield_per=1000`: on asyncpg a fetch of fifty rows, and one of the other 950."""
    return await in_partitions(db, rows, wide, 1_000)


@batch_size.strategy(where=enough_posts)
async def yield_per_10000(db: Database, rows: int, wide: bool) -> tuple[int, int]:
    """`partitions()` with `yield_per=10000`: on asyncpg a fetch of fifty rows, and one of the others."""
    return await in_partitions(db, rows, wide, 10_000)


# Entities with a collection each: authors and their posts.

collections = Scenario(
    dataset=blog,
    question="How should hundreds of authors with their posts, ten each, be read without holding them all?",
    params={"authors": (50, 200, 1_000, 2_000), "batch": (10, 50, 200)},
    typical={"authors": 200, "batch": 50},
    size="authors",
    headline="peak_memory",
    claims=[
        Claim(
            "selectinload is the eager loader that is flexible with features such as yield_per",
            f"{RELATIONSHIPS}, Subquery Eager Loading",
            less="partitions",
            than="selectin",
            counter="peak_memory",
        ),
        Claim(
            "yield_per is compatible with selectinload where the driver supports independent cursors",
            YIELD_PER,
            strategy="partitions",
            counter="statements",
            equals=5,
            where={"authors": 200, "batch": 50},
        ),
    ],
)


def authors_feed(authors: int, *options: ORMOption) -> Select[tuple[User]]:
    """Authors with ten posts each, in the order of their keys."""
    return select(User).where(User.id.between(*TENS.user_ids(authors))).order_by(User.id).options(*options)


def take_authors(reading: Reading, page: Iterable[User]) -> None:
    """Read authors and their posts, whose order within a collection does not matter."""
    for author in page:
        reading.take_values(author.username, *sorted(post.title for post in author.posts))


@collections.strategy(baseline=True)
async def selectin(db: Database, authors: int) -> tuple[int, int]:
    """`selectinload` and `all()`: every author and every post in memory."""
    reading = Reading()
    async with db.session() as session:
        take_authors(reading, (await session.scalars(authors_feed(authors, selectinload(User.posts)))).all())
    return reading.result


@collections.strategy()
async def joined(db: Database, authors: int) -> tuple[int, int]:
    """`joinedload` and `all()`: every author and every post in memory, by one SELECT."""
    reading = Reading()
    async with db.session() as session:
        result = await session.scalars(authors_feed(authors, joinedload(User.posts)))
        take_authors(reading, result.unique().all())
    return reading.result


# Before 2.0.50 a listener for do_orm_execute, such as the one that counts here, has selectinload raise under yield_per.
@collections.strategy(requires="sqlalchemy>=2.0.50")
async def partitions(db: Database, authors: int, batch: int) -> tuple[int, int]:
    """`selectinload` with `yield_per`, by `partitions()`: a SELECT of posts, or more, for each batch."""
    reading = Reading()
    statement = authors_feed(authors, selectinload(User.posts)).execution_options(yield_per=batch)
    async with db.session() as session:
        async for partition in (await session.stream_scalars(statement)).partitions():
            take_authors(reading, partition)
    return reading.result


@collections.strategy()
async def keyset(db: Database, authors: int, batch: int) -> tuple[int, int]:
    """`selectinload` on keyset batches: two SELECTs, or more, for each."""
    reading = Reading()
    page, last = authors_feed(authors, selectinload(User.posts)).limit(batch), 0
    async with db.session() as session:
        while found := (await session.scalars(page.where(User.id > last))).all():
            take_authors(reading, found)
            last = found[-1].id
    return reading.result


@collections.strategy()
async def keyset_joined(db: Database, authors: int, batch: int) -> tuple[int, int]:
    """`joinedload` on keyset batches: one SELECT for each, its page in a subquery."""
    reading = Reading()
    page, last = authors_feed(authors, joinedload(User.posts)).limit(batch), 0
    async with db.session() as session:
        while found := (await session.scalars(page.where(User.id > last))).unique().all():
            take_authors(reading, found)
            last = found[-1].id
    return reading.result


@collections.strategy(raises=InvalidRequestError)
async def yield_per_joined(db: Database, authors: int, batch: int) -> tuple[int, int]:
    """`joinedload` with `yield_per`, whose batches could cut a collection in two: InvalidRequestError."""
    reading = Reading()
    statement = authors_feed(authors, joinedload(User.posts)).execution_options(yield_per=batch)
    async with db.session() as session:
        async for partition in (await session.stream_scalars(statement)).partitions():
            take_authors(reading, partition)
    return reading.result


@collections.strategy(raises=InvalidRequestError)
async def yield_per_subquery(db: Database, authors: int, batch: int) -> tuple[int, int]:
    """`subqueryload` with `yield_per`, which would load every collection at once: InvalidRequestError."""
    reading = Reading()
    statement = authors_feed(authors, subqueryload(User.posts)).execution_options(yield_per=batch)
    async with db.session() as session:
        async for partition in (await session.stream_scalars(statement)).partitions():
            take_authors(reading, partition)
    return reading.result
