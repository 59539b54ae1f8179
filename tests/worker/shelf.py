"""A small dataset for the worker's tests: parents with two children each, and a table of items to be written."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench import Dataset

PARENTS = 2000
CHILDREN = 2
ITEMS = 5


class Base(AsyncAttrs, DeclarativeBase):
    """The tables of the shelf."""


class Parent(Base):
    """One of 2,000."""

    __tablename__ = "parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    children: Mapped[list[Child]] = relationship()


class Child(Base):
    """One of two of its parent."""

    __tablename__ = "children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"), index=True)


class Item(Base):
    """One of the few rows that are written."""

    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Mark(Base):
    """A mark on an item, by its key."""

    __tablename__ = "marks"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Parents 1 to 2,000, children in the order of their parents, items 1 to 5 with a mark each."""
    yield Parent, ((number, f"parent {number}") for number in range(1, PARENTS + 1))
    yield Child, ((number, 1 + (number - 1) // CHILDREN) for number in range(1, PARENTS * CHILDREN + 1))
    yield Item, ((number, f"item {number}") for number in range(1, ITEMS + 1))
    yield Mark, ((number, number) for number in range(1, ITEMS + 1))


shelf = Dataset("shelf", Base.metadata, rows)
