"""What does a number cost, and is that within its budget?"""

from __future__ import annotations

from sqlalchemy import select

from bench import Database, Scenario

from .small import Number, numbers

frugal = Scenario(dataset=numbers, params={"count": (1, 2)}, typical={"count": 2}, max_statements=1, max_round_trips=4)


async def _squares(db: Database, count: int) -> list[int]:
    async with db.connection() as connection:
        found = [await connection.scalar(select(Number.square).where(Number.id == one + 1)) for one in range(count)]
        return [square for square in found if square is not None]


@frugal.strategy(baseline=True, max_statements=5)
async def apart(db: Database, count: int) -> list[int]:
    """One SELECT a number, which it may."""
    return await _squares(db, count)


@frugal.strategy()
async def apart_again(db: Database, count: int) -> list[int]:
    """One SELECT a number, which it may not."""
    return await _squares(db, count)


@frugal.strategy(raises=LookupError)
async def shown(db: Database, count: int) -> list[int]:
    """Raise, whatever it costs."""
    await _squares(db, count)
    raise LookupError("nothing to be found")
