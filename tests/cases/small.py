"""How should a few numbers be read?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Claim, Database, Dataset, Scenario


class Base(DeclarativeBase):
    """The table of the small scenarios."""


class Number(Base):
    """A number and its square."""

    __tablename__ = "numbers"
    id: Mapped[int] = mapped_column(primary_key=True)
    square: Mapped[int]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """A hundred numbers."""
    yield Number, ((number, number**2) for number in range(1, 100 * scale + 1))


numbers = Dataset("small", Base.metadata, rows)


async def _at_once(db: Database, count: int) -> dict[int, int]:
    async with db.connection() as connection:
        found = await connection.execute(select(Number.id, Number.square).where(Number.id <= count))
        return {row.id: row.square for row in found}


async def _apart(db: Database, count: int) -> dict[int, int]:
    async with db.connection() as connection:
        squares = {}
        for number in range(1, count + 1):
            squares[number] = (await connection.execute(select(Number.square).where(Number.id == number))).scalar_one()
    return squares


reading = Scenario(
    dataset=numbers,
    params={"count": (1, 5, 20), "twice": (False, True)},
    typical={"count": 5, "twice": False},
    size="count",
    claims=[Claim("one statement beats many", source="common sense", faster="at_once", than="apart")],
)


@reading.strategy(baseline=True)
async def apart(db: Database, count: int, twice: bool) -> dict[int, int]:
    """One SELECT a number."""
    for _ in range(1 + twice):
        squares = await _apart(db, count)
    return squares


@reading.strategy()
async def at_once(db: Database, count: int, twice: bool) -> dict[int, int]:
    """One SELECT for all."""
    for _ in range(1 + twice):
        squares = await _at_once(db, count)
    return squares


held = Scenario(
    dataset=numbers,
    question="What becomes of a run that is cut off?",
    params={"count": (1, 2)},
    typical={"count": 1},
)


@held.strategy(baseline=True)
async def plain(db: Database, count: int) -> dict[int, int]:
    """Read."""
    return await _at_once(db, count)


@held.strategy()
async def held_up(db: Database, count: int) -> dict[int, int]:
    """Read two numbers only when there is no file `hold` in the directory of the run any more."""
    while count == 2 and Path("hold").exists():  # noqa: ASYNC110, ASYNC240 - nothing here is timed
        await asyncio.sleep(0.01)
    return await _at_once(db, count)


failing = Scenario(dataset=numbers, question="What becomes of a run in which a strategy fails?")


@failing.strategy(baseline=True)
async def sound(db: Database) -> dict[int, int]:
    """Read."""
    return await _at_once(db, 1)


@failing.strategy()
async def unsound(db: Database) -> dict[int, int]:
    """Raise."""
    raise LookupError("nothing to be found")
