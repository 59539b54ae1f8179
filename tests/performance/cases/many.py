"""What do a thousand strategies, and what do ten thousand rounds, take of the controller?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Database, Dataset, Scenario


class Base(DeclarativeBase):
    """One table."""


class Number(Base):
    """A row."""

    __tablename__ = "counted"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """A thousand rows."""
    yield Number, ((number, f"number {number}") for number in range(1, 1000 * scale + 1))


DATASET = Dataset("counted", Base.metadata, rows)
thousand = Scenario(dataset=DATASET, question="Which of a thousand is fastest?")
steady = Scenario(dataset=DATASET, question="Does anything grow?")


def _reading(last: int) -> Callable[[Database], Awaitable[list[str]]]:
    async def read(db: Database) -> list[str]:
        """Ten rows."""
        statement = select(Number.text).where(Number.id <= 10, Number.id != 1000 + last).order_by(Number.id)
        async with db.session() as session:
            return [*await session.scalars(statement)]

    return read


for number in range(1000):
    thousand.strategy(name=f"read_{number}", baseline=number == 0)(_reading(number))


@steady.strategy(baseline=True)
async def entities(db: Database) -> list[str]:
    """A hundred entities."""
    async with db.session() as session:
        return [one.text for one in await session.scalars(select(Number).where(Number.id <= 100).order_by(Number.id))]


@steady.strategy(returns="rows")
async def columns(db: Database) -> list[str]:
    """A hundred values."""
    async with db.session() as session:
        return [*await session.scalars(select(Number.text).where(Number.id <= 100).order_by(Number.id))]
