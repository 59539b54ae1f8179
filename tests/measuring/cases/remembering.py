"""What does a call keep in memory, and what becomes of a process that is measured aside?"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bench import Claim, Database, Scenario

from .few import Thing, few, names

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MEGABYTES = 32

keeping = Scenario(
    dataset=few,
    headline="peak_memory",
    claims=[Claim("less is less", "common sense", less="a_little", than="much", counter="peak_memory")],
)


@keeping.strategy(baseline=True)
async def much(db: Database) -> list[str]:
    """Hold 32 MiB that were written to while reading."""
    held = b"x" * (MEGABYTES << 20)
    return await names(db) if held else []


@keeping.strategy()
async def a_little(db: Database) -> list[str]:
    """Hold nothing."""
    return await names(db)


aside = Scenario(dataset=few, question="What if the process of its own fails?")
ours = os.getpid()


@aside.strategy(baseline=True)
async def sound(db: Database) -> list[str]:
    """Read."""
    return await names(db)


@aside.strategy()
async def raising_aside(db: Database) -> list[str]:
    """Raise in any process but the one that imported the module."""
    if os.getpid() != ours:
        raise LookupError("not here")
    return await names(db)


@aside.strategy()
async def ending_aside(db: Database) -> list[str]:
    """End any process but the one that imported the module."""
    if os.getpid() != ours:
        os._exit(7)
    return await names(db)


@asynccontextmanager
async def state(db: Database) -> AsyncIterator[int]:
    """The process that the setup was entered in."""
    yield os.getpid()


@aside.strategy(setup=state)
async def with_state(db: Database, state: int) -> list[str]:
    """Read in the process of its setup alone."""
    return await names(db) if state == os.getpid() else []


@aside.strategy()
def plain(db) -> list[str]:
    """Read by the synchronous session."""
    with db.session() as session:
        return sorted(session.scalars(Thing.__table__.select().with_only_columns(Thing.name)))


clearing = Scenario(dataset=few, writes=[Thing], question="Is what a process of its own writes put back?")


@clearing.strategy(baseline=True)
async def all_at_once(db: Database) -> int:
    """Delete every row; how many there were."""
    async with db.session() as session:
        deleted = await session.execute(delete(Thing))
        await session.commit()
        return deleted.rowcount


@clearing.strategy()
async def twice(db: Database) -> int:
    """Delete every row, and see that none is left."""
    async with db.session() as session:
        deleted = await session.execute(delete(Thing))
        left = await session.execute(delete(Thing))
        await session.commit()
        return deleted.rowcount + left.rowcount


warm = Scenario(dataset=few, question="What of a setup that holds the only connection?")


@warm.strategy(baseline=True)
async def fresh(db: Database) -> list[str]:
    """In a session of its own."""
    return await names(db)


@asynccontextmanager
async def open_session(db: Database) -> AsyncIterator[AsyncSession]:
    """A session whose transaction is open."""
    async with db.session() as session:
        await session.scalar(select(1))
        yield session


@warm.strategy(setup=open_session, engine_options={"pool_size": 1, "max_overflow": 0})
async def held(db: Database, state: AsyncSession) -> list[str]:
    """In the session that was there before."""
    return list(await state.scalars(select(Thing.name)))
