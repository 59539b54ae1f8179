"""Is a key sent beside the statement, or written into it?"""

from __future__ import annotations

from random import Random

from sqlalchemy import bindparam, select

from bench import Database, Scenario

from .few import Thing, few


def some_number(random: Random) -> int:
    """A number that no two calls have."""
    return random.randrange(2**30)


asking = Scenario(dataset=few, inputs=some_number)


@asking.strategy(baseline=True)
async def beside(db: Database, inputs: int) -> int | None:
    """The same statement at each call."""
    async with db.session() as session:
        return await session.scalar(select(Thing.id).where(Thing.id == bindparam("number")), {"number": inputs})


@asking.strategy()
async def written(db: Database, inputs: int) -> int | None:
    """Another statement at each call."""
    number = bindparam("number", inputs, literal_execute=True)
    async with db.session() as session:
        return await session.scalar(select(Thing.id).where(Thing.id == number))
