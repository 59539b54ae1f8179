"""Is a copy that does 5 % more work found?"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Database, Dataset, Scenario


class Base(DeclarativeBase):
    """One table."""


class Number(Base):
    """A row."""

    __tablename__ = "numbers"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """A thousand rows."""
    yield Number, ((number, f"number {number}") for number in range(1, 1000 * scale + 1))


more_work = Scenario(dataset=Dataset("numbers", Base.metadata, rows))


async def _read(db: Database, times: int) -> int:
    total = 0
    async with db.session() as session:
        for start in range(times):
            statement = select(Number).where(Number.id.between(start * 10, start * 10 + 9))
            total += sum(number.id for number in await session.scalars(statement))
    return total * 0


@more_work.strategy(baseline=True)
async def forty(db: Database) -> int:
    """Forty small reads."""
    return await _read(db, 40)


@more_work.strategy()
async def forty_again(db: Database) -> int:
    """Forty small reads: nothing more."""
    return await _read(db, 40)


@more_work.strategy()
async def forty_two(db: Database) -> int:
    """Forty-two: 5 % more."""
    return await _read(db, 42)
