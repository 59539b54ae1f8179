"""What is seen of strategies that go through PgBouncer?"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import NullPool, select
from sqlalchemy.exc import DBAPIError

from bench import Database, Scenario

from .few import Base, Thing, few, names

SETTINGS = {
    "prepared_statement_cache_size": 0,
    "statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}
TWO = {"pool_size": 2, "max_overflow": 0}

behind = Scenario(dataset=few)


@behind.strategy(baseline=True, driver="asyncpg")
async def straight(db: Database) -> list[str]:
    """To the server itself."""
    return await names(db)


@behind.strategy(through="pgbouncer", driver="asyncpg", engine_options={"connect_args": SETTINGS})
async def by_asyncpg(db: Database) -> list[str]:
    """Through it, with nothing prepared under a name."""
    return await names(db)


@behind.strategy(
    through="pgbouncer", driver="asyncpg", engine_options={"poolclass": NullPool, "connect_args": SETTINGS}
)
async def connecting(db: Database) -> list[str]:
    """Through it, with a connection for each call."""
    return await names(db)


@behind.strategy(through="pgbouncer", driver="psycopg", engine_options={"connect_args": {"prepare_threshold": None}})
async def by_psycopg(db: Database) -> list[str]:
    """Through it, by the other driver."""
    return await names(db)


@behind.strategy(through="pgbouncer", engine_options={"connect_args": {"prepare_threshold": None}})
def plainly(db: Any) -> list[str]:
    """Through it, in a plain function."""
    with db.session() as session:
        return list(session.scalars(select(Thing.name)))


@behind.strategy(through="pgbouncer", requires="pgbouncer>=99")
async def of_the_future(db: Database) -> list[str]:
    """Through one that is not there yet."""
    return await names(db)


@behind.strategy(through="pgbouncer", driver="asyncpg", engine_options={"connect_args": SETTINGS}, raises=DBAPIError)
async def writing(db: Database) -> None:
    """Through it, to write."""
    async with db.connection() as connection:
        await connection.execute(Base.metadata.tables["things"].delete())


crowd = Scenario(dataset=few)


async def drive(db: Database) -> list[Any]:
    """A name for each of sixty units, from thirty tasks, whose transactions last a while."""

    async def unit(number: int) -> list[str]:
        async with db.connection() as connection:
            found = list(await connection.scalars(select(Thing.name).where(Thing.id == number % 10 + 1)))
            await asyncio.sleep(0.01)
            return found

    return await db.load(unit, tasks=30, units=60)


@crowd.strategy(baseline=True, engine_options={"pool_size": 30, "max_overflow": 0}, driver="asyncpg")
async def thirty(db: Database) -> list[Any]:
    """Thirty connections to the server."""
    return await drive(db)


@crowd.strategy(
    through="pgbouncer",
    engine_options={"pool_size": 30, "max_overflow": 970, "connect_args": SETTINGS},
    driver="asyncpg",
)
async def thirty_to_ten(db: Database) -> list[Any]:
    """Thirty to PgBouncer, which has ten."""
    return await drive(db)
