"""The dataset of these tests: as many rows as the figures of FACTS were measured on."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench import Dataset

NUMBERS = 20_000
SHELVES = 2000
BOOKS = 2
AUTHORS = 200
POEMS = 10


class Base(AsyncAttrs, DeclarativeBase):
    """The tables of the library."""


class Number(Base):
    """One of 20,000, for what reads many rows."""

    __tablename__ = "numbers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Shelf(Base):
    """One of 2,000, with two books."""

    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="shelf")


class Book(Base):
    """One of two on its shelf: the first 2,000 stand on a shelf each."""

    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"), index=True)
    shelf: Mapped[Shelf] = relationship(back_populates="books")


class Author(Base):
    """One of 200, with ten poems and 500 bytes about them."""

    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str]
    poems: Mapped[list[Poem]] = relationship()


class Poem(Base):
    """One of ten of its author."""

    __tablename__ = "poems"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
    title: Mapped[str]


class Entry(Base):
    """Written by the tests; `word` is unique, and there is one entry, `taken`."""

    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Every table, with keys from 1 on."""
    yield Number, ((key, f"number {key}") for key in range(1, NUMBERS + 1))
    yield Shelf, ((key, f"shelf {key}") for key in range(1, SHELVES + 1))
    yield Book, ((key, 1 + (key - 1) % SHELVES) for key in range(1, SHELVES * BOOKS + 1))
    yield Author, ((key, f"{key:03}".ljust(500, ".")) for key in range(1, AUTHORS + 1))
    yield Poem, ((key, 1 + (key - 1) // POEMS, f"poem {key:04}") for key in range(1, AUTHORS * POEMS + 1))
    yield Entry, iter([(1, "taken")])


library = Dataset("library", Base.metadata, rows)
