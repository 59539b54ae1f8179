"""What do loads lose to a fault?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bench import Database, Scenario

from .few import Thing, few

UNITS, RATE = 60, 100
SINGLE = {"pool_size": 1, "max_overflow": 0}

faults = Scenario(
    dataset=few,
    params={"fault": ("restart", "terminate", "cut", "stall")},
    typical={"fault": "terminate"},
    disturbed_by="fault",
)


async def read(db: Database) -> list[Any]:
    """A name for each unit."""

    async def unit(number: int) -> Any:
        async with db.session() as session:
            return await session.scalar(select(Thing.name).where(Thing.id == number % 10 + 1))

    return await db.load(unit, tasks=4, units=UNITS, rate=RATE, bears=Exception)


@faults.strategy(baseline=True, engine_options=SINGLE, requires="postgresql")
async def trusted(db: Database) -> list[Any]:
    """One connection, which is trusted."""
    return await read(db)


@faults.strategy(engine_options={**SINGLE, "pool_pre_ping": True}, requires="postgresql")
async def tested(db: Database) -> list[Any]:
    """One connection, which is tested before each use."""
    return await read(db)


impossible = Scenario(dataset=few, params={"fault": ("cut",)}, typical={"fault": "cut"}, disturbed_by="fault")


@impossible.strategy(baseline=True, engine_options=SINGLE, requires="postgresql")
async def no_load(db: Database) -> int:
    """It drives none."""
    return 1


@impossible.strategy(engine_options=SINGLE, requires="postgresql")
async def bears_nothing(db: Database) -> list[Any]:
    """A load that ends with the first unit that raises."""

    async def unit(number: int) -> None:
        async with db.connection():
            pass
        if number == UNITS - 1:
            raise ValueError("the last of them")

    return await db.load(unit, tasks=4, units=UNITS, rate=RATE)
