"""What do several processes do of a load?"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from sqlalchemy import select

from bench import Database, Scenario

from .few import Thing, few

TASKS, UNITS = 4, 20
CALLS_BEFORE = 4
"""Calls that a process makes before what a case is about: it is opened and warm, and rounds have begun."""

_calls: dict[str, int] = {}


def is_time(name: str, db: Database) -> bool:
    """Whether the second of two processes has made its first calls of a strategy."""
    if (db.share.index, db.share.of) != (1, 2):
        return False
    _calls[name] = _calls.get(name, 0) + 1
    return _calls[name] > CALLS_BEFORE


async def drive(db: Database, *, units: int = UNITS, rate: float | None = None) -> int:
    """How many units there are, each of which reads a name."""

    async def unit(number: int) -> Any:
        async with db.session() as session:
            return await session.scalar(select(Thing.name).where(Thing.id == number % 10 + 1))

    return len(await db.load(unit, tasks=TASKS, units=units, rate=rate))


whole = Scenario(dataset=few)


@whole.strategy(baseline=True, engine_options={"pool_size": 2, "max_overflow": 0})
async def two(db: Database) -> int:
    """Two connections."""
    return await drive(db)


@whole.strategy(engine_options={"pool_size": 4, "max_overflow": 0})
async def on_rate(db: Database) -> int:
    """A hundred units a second."""
    return await drive(db, rate=100)


dying = Scenario(dataset=few)


@dying.strategy(baseline=True)
async def living(db: Database) -> int:
    """Kills nobody."""
    return await drive(db)


@dying.strategy()
async def deadly(db: Database) -> int:
    """Kills the second of two processes."""
    if is_time("deadly", db):
        os.kill(os.getpid(), signal.SIGKILL)
    return await drive(db)


late = Scenario(dataset=few)


@late.strategy(baseline=True)
async def prompt(db: Database) -> int:
    """Is late in no process."""
    return await drive(db)


@late.strategy()
async def hanging(db: Database) -> int:
    """Never ends in the second of two processes."""
    if is_time("hanging", db):
        await asyncio.Event().wait()
    return await drive(db)


ending = Scenario(dataset=few)


@ending.strategy(baseline=True)
async def kills_all(db: Database) -> int:
    """Kills every process of several."""
    if db.share.of > 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return await drive(db)


@ending.strategy()
async def kills_none(db: Database) -> int:
    """Is left without any."""
    return await drive(db)


ending_late = Scenario(dataset=few)


@ending_late.strategy(baseline=True)
async def kills_all_later(db: Database) -> int:
    """Kills every process of several, when some rounds are made."""
    _calls["later"] = _calls.get("later", 0) + (db.share.of > 1)
    if _calls["later"] > 2 * CALLS_BEFORE:
        os.kill(os.getpid(), signal.SIGKILL)
    return await drive(db)


@ending_late.strategy()
async def goes_on(db: Database) -> int:
    """Kills nobody."""
    return await drive(db)


raising = Scenario(dataset=few)


@raising.strategy(baseline=True)
async def calm(db: Database) -> int:
    """Raises nowhere."""
    return await drive(db)


@raising.strategy()
async def raises_in_one(db: Database) -> int:
    """Raises in the second of two processes."""
    if is_time("raises_in_one", db):
        raise LookupError("nothing in the second")
    return await drive(db)


mixed = Scenario(dataset=few)


@mixed.strategy(baseline=True)
async def loaded(db: Database) -> int:
    """Drives a load."""
    return await drive(db)


@mixed.strategy()
async def plain(db: Database) -> int:
    """Drives none."""
    async with db.session() as session:
        return len((await session.scalars(select(Thing.name))).all()) * 0 + UNITS


fewer = Scenario(dataset=few)


@fewer.strategy(baseline=True)
async def one_task(db: Database) -> int:
    """One task, which two processes cannot share."""
    return len(await db.load(nothing, tasks=1, units=50))


@fewer.strategy()
async def as_one_task(db: Database) -> int:
    """The same again."""
    return len(await db.load(nothing, tasks=1, units=50))


async def nothing(number: int) -> int:
    """A unit without any work."""
    return number
