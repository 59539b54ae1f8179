"""What is said of a strategy that writes and does not let go?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from bench import Database, Scenario

from .few import Thing, few

held: list[Any] = []

holding = Scenario(dataset=few, params={"round": (1, 2)}, typical={"round": 1}, writes=[Thing])


async def add(db: Database) -> str:
    """Add a thing and say so."""
    async with db.session() as session:
        await session.execute(insert(Thing).values(name="new"))
        await session.commit()
    return "new"


@holding.strategy(baseline=True)
async def tidy(db: Database, round: int) -> str:  # noqa: A002 - a parameter may be named as its author likes
    """Add a thing."""
    return await add(db)


@holding.strategy()
async def greedy(db: Database, round: int) -> str:  # noqa: A002 - the same
    """Add a thing, and begin to add another."""
    added = await add(db)
    connection = await db.engine.connect()
    await connection.execute(insert(Thing).values(name="never to be"))
    held.append(connection)
    return added


@holding.strategy()
async def tidy_too(db: Database, round: int) -> str:  # noqa: A002 - the same
    """Add a thing."""
    return await add(db)
