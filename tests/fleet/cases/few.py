"""Ten things: what the scenarios of this folder are about."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Database, Dataset


class Base(DeclarativeBase):
    """The one table."""


class Thing(Base):
    """A thing."""

    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Ten things."""
    yield Thing, ((number, f"thing {number}") for number in range(1, 11))


few = Dataset("few", Base.metadata, rows)


async def names(db: Database) -> list[str]:
    """The name of each thing."""
    async with db.session() as session:
        return list(await session.scalars(select(Thing.name)))
