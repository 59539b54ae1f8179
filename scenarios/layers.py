"""What does each layer between a strategy and its driver cost?"""
# ruff: noqa: F811 - both scenarios have a `core`, an `orm_entities`, an `asyncpg`: they are kept by their decorators

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select

from bench import Claim, Database, Scenario, SyncDatabase

from .blog import HUNDREDS, Post, blog

ENGINES = "SQLAlchemy documentation, Working with Engines and Connections"
README = "asyncpg documentation, README, Performance"
FETCHING = "SQLAlchemy documentation, FAQ: Performance, Result Fetching Slowness - ORM"
RUNNING_SYNC = (
    "SQLAlchemy documentation, Asynchronous I/O (asyncio), Running Synchronous Methods and Functions under asyncio"
)

FIRST = HUNDREDS.first_post
IN_RANGE = Post.id.between(bindparam("first"), bindparam("last"))
ENTITIES = select(Post).where(IN_RANGE)
ORM_COLUMNS = select(Post.id, Post.author_id, Post.title, Post.status, Post.views, Post.created_at).where(IN_RANGE)
TABLE_COLUMNS = select(*(column for column in Post.__table__.columns if column.name != "body")).where(IN_RANGE)
SQL = "SELECT id, author_id, title, status, views, created_at FROM posts WHERE id BETWEEN {} AND {}"
"""The same SQL everywhere, and made beforehand, so that no layer pays for making it: `compilation` has what that costs.

With one row the range is one primary key.
"""

Row = tuple[Any, ...]


def arguments(rows: int) -> dict[str, int]:
    """The keys of that many posts, the first and the last."""
    return {"first": FIRST, "last": FIRST + rows - 1}


def plain(found: Iterable[Any]) -> list[Row]:
    """Each value of each row, of a driver or of SQLAlchemy."""
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in found]


def read(posts: Iterable[Post]) -> list[Row]:
    """The same of entities."""
    return [(post.id, post.author_id, post.title, post.status, post.views, post.created_at) for post in posts]


# In a transaction, as SQLAlchemy does it unless told otherwise.

in_transaction = Scenario(
    dataset=blog,
    question="What does each layer cost, from the driver alone to ORM entities, in a transaction for each call?",
    params={"rows": (1, 10, 100, 1000, 10_000)},
    typical={"rows": 100},
    size="rows",
    returns="rows",
    claims=[
        Claim(
            "Fetching columns in place of entities mitigates the ORM's slowness in making objects of rows",
            FETCHING,
            faster="orm_columns",
            than="orm_entities",
        ),
        Claim(
            "Functions of synchronous code run inside async code with virtually no performance penalty",
            RUNNING_SYNC,
            as_fast="core_run_sync",
            than="core",
        ),
        Claim(
            "asyncpg is, on average, five times as fast as psycopg 3", README, faster="asyncpg", than="psycopg", by=5
        ),
    ],
)


@in_transaction.strategy(requires="postgresql", driver="asyncpg")
async def asyncpg(db: Database, rows: int) -> list[Row]:
    """asyncpg alone: BEGIN, the statement, COMMIT."""
    async with db.driver() as connection, connection.transaction():
        return plain(await connection.fetch(SQL.format("$1", "$2"), *arguments(rows).values()))


@in_transaction.strategy(requires="postgresql", driver="psycopg")
async def psycopg(db: Database, rows: int) -> list[Row]:
    """psycopg's async connection alone: BEGIN, the statement, prepared at once, COMMIT."""
    async with db.driver() as connection, connection.transaction():
        cursor = await connection.execute(SQL.format("%s", "%s"), list(arguments(rows).values()), prepare=True)
        return plain(await cursor.fetchall())


@in_transaction.strategy()
async def core(db: Database, rows: int) -> list[Row]:
    """Core, a prebuilt select of table columns on an AsyncConnection."""
    async with db.connection() as connection:
        return plain(await connection.execute(TABLE_COLUMNS, arguments(rows)))


@in_transaction.strategy()
async def core_run_sync(db: Database, rows: int) -> list[Row]:
    """The same in a synchronous function, by `AsyncConnection.run_sync`."""
    async with db.connection() as connection:
        return await connection.run_sync(lambda connection: plain(connection.execute(TABLE_COLUMNS, arguments(rows))))


@in_transaction.strategy(baseline=True)
async def orm_columns(db: Database, rows: int) -> list[Row]:
    """An AsyncSession with a prebuilt select of mapped columns."""
    async with db.session() as session:
        return plain(await session.execute(ORM_COLUMNS, arguments(rows)))


@in_transaction.strategy(returns="entities")
async def orm_entities(db: Database, rows: int) -> list[Row]:
    """An AsyncSession with a prebuilt select of entities, each attribute read."""
    async with db.session() as session:
        return read(await session.scalars(ENTITIES, arguments(rows)))


@in_transaction.strategy(requires="postgresql", driver="psycopg")
async def psycopg_core(db: Database, rows: int) -> list[Row]:
    """Core on psycopg's async connection in place of asyncpg's."""
    async with db.connection() as connection:
        return plain(await connection.execute(TABLE_COLUMNS, arguments(rows)))


@in_transaction.strategy(requires="postgresql", driver="psycopg", returns="entities")
async def psycopg_orm_entities(db: Database, rows: int) -> list[Row]:
    """An AsyncSession on psycopg's async connection, entities."""
    async with db.session() as session:
        return read(await session.scalars(ENTITIES, arguments(rows)))


@in_transaction.strategy()
def sync_core(db: SyncDatabase, rows: int) -> list[Row]:
    """Synchronous Core: no event loop at all; psycopg on PostgreSQL, sqlite3 on SQLite."""
    with db.connection() as connection:
        return plain(connection.execute(TABLE_COLUMNS, arguments(rows)))


@in_transaction.strategy(returns="entities")
def sync_orm_entities(db: SyncDatabase, rows: int) -> list[Row]:
    """A synchronous Session: no event loop at all, entities."""
    with db.session() as session:
        return read(session.scalars(ENTITIES, arguments(rows)))


# Without a transaction: one round trip, where the transaction has three.

AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}

autocommit = Scenario(
    dataset=blog,
    question="What does each layer cost without a transaction, a call with a single round trip?",
    params={"rows": (1, 10, 100, 1000, 10_000)},
    typical={"rows": 1},
    size="rows",
    returns="rows",
    claims=[
        Claim(
            "An isolation level of the whole engine saves the penalty of setting it at each checkout",
            f"{ENGINES}, Maintaining Multiple Isolation Levels for a Single Engine",
            faster="core",
            than="core_option",
        ),
        Claim(
            "asyncpg is, on average, five times as fast as psycopg 3", README, faster="asyncpg", than="psycopg", by=5
        ),
    ],
)


@autocommit.strategy(requires="postgresql", driver="asyncpg")
async def asyncpg(db: Database, rows: int) -> list[Row]:
    """asyncpg alone, `fetch` without a transaction."""
    async with db.driver() as connection:
        return plain(await connection.fetch(SQL.format("$1", "$2"), *arguments(rows).values()))


@autocommit.strategy(requires="postgresql", driver="psycopg")
async def psycopg(db: Database, rows: int) -> list[Row]:
    """psycopg's async connection alone, in autocommit, the statement prepared at once."""
    async with db.driver() as connection:
        cursor = await connection.execute(SQL.format("%s", "%s"), list(arguments(rows).values()), prepare=True)
        return plain(await cursor.fetchall())


@autocommit.strategy(engine_options=AUTOCOMMIT)
async def core(db: Database, rows: int) -> list[Row]:
    """Core, on an engine that is in AUTOCOMMIT altogether."""
    async with db.connection() as connection:
        return plain(await connection.execute(TABLE_COLUMNS, arguments(rows)))


@autocommit.strategy()
async def core_option(db: Database, rows: int) -> list[Row]:
    """Core, each connection put into AUTOCOMMIT by an execution option and taken out of it again."""
    async with db.connection(isolation_level="AUTOCOMMIT") as connection:
        return plain(await connection.execute(TABLE_COLUMNS, arguments(rows)))


@autocommit.strategy(baseline=True, engine_options=AUTOCOMMIT)
async def orm_columns(db: Database, rows: int) -> list[Row]:
    """An AsyncSession with a prebuilt select of mapped columns, on an engine in AUTOCOMMIT."""
    async with db.session() as session:
        return plain(await session.execute(ORM_COLUMNS, arguments(rows)))


@autocommit.strategy(returns="entities", engine_options=AUTOCOMMIT)
async def orm_entities(db: Database, rows: int) -> list[Row]:
    """An AsyncSession with a prebuilt select of entities, on an engine in AUTOCOMMIT."""
    async with db.session() as session:
        return read(await session.scalars(ENTITIES, arguments(rows)))


@autocommit.strategy(engine_options=AUTOCOMMIT)
def sync_core(db: SyncDatabase, rows: int) -> list[Row]:
    """Synchronous Core, on an engine in AUTOCOMMIT."""
    with db.connection() as connection:
        return plain(connection.execute(TABLE_COLUMNS, arguments(rows)))
