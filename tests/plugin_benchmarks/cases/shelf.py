"""The dataset of the scenarios beside it: books on a shelf. It has no scenario."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Dataset


class Base(DeclarativeBase):
    """The table."""


class Book(Base):
    """A book."""

    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Fifty books."""
    yield Book, ((number, f"book {number}") for number in range(1, 50 * scale + 1))


shelf = Dataset("shelf", Base.metadata, rows)
