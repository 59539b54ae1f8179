"""What is done for each call?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from sqlalchemy import func, insert, select

from bench import Database, Scenario, SyncDatabase

from .shelf import Book, shelf

LOOPS: list[asyncio.AbstractEventLoop] = []
"""The event loops that this process has seen."""

writing = Scenario(
    dataset=shelf,
    params={"books": (3,)},
    typical={"books": 3},
    writes=[Book],
    inputs=lambda random, books: [f"new {random.randrange(10**6)}" for _ in range(books)],
)


async def _books(db: Database) -> int:
    async with db.session() as session:
        return (await session.execute(select(func.count()).select_from(Book))).scalar_one()


@writing.strategy(baseline=True)
async def at_once(db: Database, inputs: list[str]) -> int:
    """Insert all, under keys that are free only where the last call's rows are gone."""
    async with db.session() as session:
        await session.execute(insert(Book), [{"id": 51 + place, "title": title} for place, title in enumerate(inputs)])
        await session.commit()
    return await _books(db)


@writing.strategy()
async def one_by_one(db: Database, inputs: list[str]) -> int:
    """Insert one at a time."""
    async with db.session() as session:
        for place, title in enumerate(inputs):
            await session.execute(insert(Book).values(id=51 + place, title=title))
        await session.commit()
    return await _books(db)


@writing.strategy()
def plainly(db: SyncDatabase, inputs: list[str]) -> int:
    """Insert all from a plain function."""
    with db.session() as session:
        session.execute(insert(Book), [{"id": 51 + place, "title": title} for place, title in enumerate(inputs)])
        session.commit()
        return session.execute(select(func.count()).select_from(Book)).scalar_one()


def _keys(random: Random) -> list[int]:
    return random.sample(range(1, 51), 4)


asking = Scenario(dataset=shelf, inputs=_keys)


@asking.strategy(baseline=True)
async def all_at_once(db: Database, inputs: list[int]) -> list[str]:
    """Ask for all."""
    async with db.session() as session:
        return sorted(await session.scalars(select(Book.title).where(Book.id.in_(inputs))))


@asking.strategy()
async def until_none_is_left(db: Database, inputs: list[int]) -> list[str]:
    """Ask for one after the other, and use the inputs up: a second call with the same would return nothing."""
    if not inputs:
        raise ValueError("these inputs were used before")
    titles = []
    async with db.session() as session:
        while inputs:
            titles.append((await session.execute(select(Book.title).where(Book.id == inputs.pop()))).scalar_one())
    return sorted(titles)


looping = Scenario(dataset=shelf)


@asynccontextmanager
async def _a_future(db: Database) -> AsyncIterator[asyncio.Future[int]]:
    future = asyncio.get_running_loop().create_future()
    future.set_result(50)
    yield future


@looping.strategy(baseline=True)
async def counting(db: Database) -> int:
    """Count, on the loop of every other call."""
    if asyncio.get_running_loop() not in LOOPS:
        LOOPS.append(asyncio.get_running_loop())
    if len(LOOPS) > 1:
        raise RuntimeError("another event loop")
    return await _books(db)


@looping.strategy(setup=_a_future)
async def awaiting(db: Database, state: Any) -> int:
    """Count, with what the setup made on the same loop."""
    await counting(db)
    return int(await state)
