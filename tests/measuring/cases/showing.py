"""What does a demonstration of another answer show, and by which driver does a strategy go?"""

from __future__ import annotations

from typing import Any

from bench import Database, Scenario

from .few import few, names

another = Scenario(dataset=few, question="Does it answer something else?")


@another.strategy(baseline=True)
async def right(db: Database) -> list[str]:
    """Read all."""
    return await names(db)


@another.strategy(differs=True)
async def short_of_one(db: Database) -> list[str]:
    """Forget the last, as was said beforehand."""
    return (await names(db))[:-1]


@another.strategy(differs=True)
async def right_after_all(db: Database) -> list[str]:
    """Give the answer that it should not."""
    return await names(db)


drivers = Scenario(dataset=few, question="Which driver is it?")


def _is(db: Any, name: str) -> bool:
    return db.dialect == "sqlite" or db.engine.dialect.driver == name


@drivers.strategy(baseline=True)
async def either(db: Database) -> bool:
    """By the driver of the run."""
    return _is(db, db.engine.dialect.driver)


@drivers.strategy(driver="asyncpg")
async def by_asyncpg(db: Database) -> bool:
    """By asyncpg."""
    return _is(db, "asyncpg")


@drivers.strategy(driver="psycopg")
async def by_psycopg(db: Database) -> bool:
    """By psycopg."""
    return _is(db, "psycopg")


@drivers.strategy(requires="extension pg_stat_statements")
async def with_statistics(db: Database) -> bool:
    """Where the server has its statistics."""
    return True


@drivers.strategy(requires="extension of_our_dreams")
async def with_a_dream(db: Database) -> bool:
    """Where the server has what does not exist."""
    return True
