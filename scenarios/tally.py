"""A few rows that everybody counts up: what many transactions at once have to wait for each other for."""

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Dataset

ROWS = 5


class Base(DeclarativeBase):
    """The one table."""


class Tally(Base):
    """A number that is counted up, such as the stock of an article that everybody wants."""

    __tablename__ = "tallies"

    id: Mapped[int] = mapped_column(primary_key=True)
    counted: Mapped[int]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Five of them, at zero, whatever the scale."""
    yield Tally, ((number, 0) for number in range(1, ROWS + 1))


tally = Dataset("tally", Base.metadata, rows)
