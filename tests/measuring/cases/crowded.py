"""What is told of strategies that drive loads?"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bench import Database, Scenario

from .few import Thing, few

TASKS, UNITS = 8, 40

loads = Scenario(dataset=few)


async def drive(db: Database, rate: float | None = None) -> list[Any]:
    """A name for each unit."""

    async def unit(number: int) -> Any:
        async with db.session() as session:
            return await session.scalar(select(Thing.name).where(Thing.id == number % 10 + 1))

    return await db.load(unit, tasks=TASKS, units=UNITS, rate=rate)


@loads.strategy(baseline=True, engine_options={"pool_size": 2, "max_overflow": 0})
async def two(db: Database) -> list[Any]:
    """Two connections for eight tasks."""
    return await drive(db)


@loads.strategy(engine_options={"pool_size": 2, "max_overflow": 2})
async def two_and_two(db: Database) -> list[Any]:
    """Two more at need."""
    return await drive(db)


@loads.strategy(engine_options={"pool_size": 8, "max_overflow": 0})
async def on_rate(db: Database) -> list[Any]:
    """Two hundred a second."""
    return await drive(db, rate=200)


@loads.strategy(engine_options={"pool_size": 1, "max_overflow": 0}, requires="postgresql")
async def behind(db: Database) -> list[Any]:
    """Four hundred a second, of which one connection does fewer than two hundred; a task waits for each."""

    async def unit(number: int) -> Any:
        async with db.session() as session:
            await session.execute(select(func.pg_sleep(0.005)))
            return await session.scalar(select(Thing.name).where(Thing.id == number % 10 + 1))

    return await db.load(unit, tasks=UNITS, units=UNITS, rate=400)


@loads.strategy(engine_options={"pool_size": 300, "max_overflow": 301})
async def too_many(db: Database) -> list[Any]:
    """More than the server takes."""
    raise AssertionError("it is refused before")


pools = Scenario(dataset=few)
WIDE = {"pool_size": 90, "max_overflow": 0}
OTHERS = (
    select(func.count())
    .select_from(text("pg_stat_activity"))
    .where(text("datname = current_database() AND application_name = current_setting('application_name')"))
)


async def see_who_is_there(db: Database) -> list[Any]:
    """Names from eight connections, the last of which sees that those of the other strategies' pools are not there."""

    async def unit(number: int) -> Any:
        async with db.session() as session:
            if number == UNITS - 1:
                there = await session.scalar(OTHERS)
                if there > 2 * TASKS:
                    raise RuntimeError(f"{there} connections")
            return await session.scalar(select(Thing.name).where(Thing.id == number % 10 + 1))

    return await db.load(unit, tasks=TASKS, units=UNITS)


@pools.strategy(baseline=True, engine_options=WIDE, requires="postgresql")
async def first(db: Database) -> list[Any]:
    """Ninety connections at most, as the others: 450 together, and the server takes 400."""
    return await see_who_is_there(db)


for number in range(2, 6):
    pools.strategy(name=f"pool_{number}", engine_options=WIDE, requires="postgresql")(see_who_is_there)


giving_up = Scenario(dataset=few)


@giving_up.strategy(baseline=True)
async def plain(db: Database) -> int:
    """As many, of which none gives up."""

    async def unit(number: int) -> None:
        async with db.connection():
            pass

    return len(await db.load(unit, tasks=2, units=2))


@giving_up.strategy(engine_options={"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01})
async def bears(db: Database) -> int:
    """One connection, which one task keeps until the other has given up."""
    gave_up = asyncio.Event()

    async def unit(number: int) -> None:
        try:
            async with db.connection():
                await gave_up.wait()
        except PoolTimeoutError:
            gave_up.set()
            raise

    return len(await db.load(unit, tasks=2, units=2, bears=PoolTimeoutError))


never = Scenario(dataset=few)


async def nothing(number: int) -> int:
    """A unit without any work."""
    return number


@never.strategy(baseline=True)
async def as_they_come(db: Database) -> int:
    """One unit after the other."""
    return sum(await db.load(nothing, tasks=4, units=20_000))


@never.strategy()
async def unproducible(db: Database) -> int:
    """A billion a second, which no process starts."""
    return sum(await db.load(nothing, tasks=4, units=20_000, rate=1e9))
