"""A dataset: tables, and the rows that fill them, the same for the same seed and scale on every database."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import MetaData

Rows = Callable[[int, Random], Iterator[tuple[Any, Iterable[tuple[Any, ...]]]]]
"""`rows(scale, random)` yields each table (or mapped class) with its rows: tuples in the order of its columns."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tables and the rows that fill them.

    Args:
        name: What it is called in results and in the name of its template database.
        metadata: The tables, as SQLAlchemy metadata; indexes and constraints included.
        rows: `rows(scale, random)`: yields `(table, rows)` in an order that foreign keys allow; `random` is seeded.
    """

    name: str
    metadata: MetaData
    rows: Rows

    def digest(self, *ingredients: object) -> str:
        """A short digest of the definition: the source of the module that makes the rows, the tables, and `ingredients`
        (scale, seed, server version). Equal definitions share a template, a changed one gets a new one.
        """
        module = sys.modules.get(self.rows.__module__)
        source = inspect.getsource(module) if module is not None else inspect.getsource(self.rows)
        tables = "\n".join(repr(table) for table in self.metadata.sorted_tables)
        content = "\0".join([self.name, source, tables, *map(str, ingredients)])
        return hashlib.sha256(content.encode()).hexdigest()[:16]
