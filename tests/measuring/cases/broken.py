"""Can a dataset be made whose rows contradict its own constraints?"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, UniqueConstraint

from bench import Database, Dataset, Scenario

metadata = MetaData()
pairs = Table("pairs", metadata, Column("one", Integer), Column("two", Integer), UniqueConstraint("one", "two"))


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """One pair, twice."""
    yield pairs, iter([(1, 2), (1, 2)])


twice = Scenario(dataset=Dataset("broken", metadata, rows))


@twice.strategy(baseline=True)
async def one(db: Database) -> int:
    """Return a number."""
    return 1


@twice.strategy()
async def other(db: Database) -> int:
    """Return a number."""
    return 1
