"""A dataset of many kinds of columns: what each type does to a value on its way into a database is the same on all."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Sequence,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)

from bench import Dataset


class Colour(enum.Enum):
    """Kept by its name."""

    RED = "r"
    GREEN = "g"


class Cents(TypeDecorator[Decimal]):
    """An amount kept as a number of cents."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("colour", Enum(Colour)),
    Column("other_colour", Enum(Colour)),
    Column("document", JSON(none_as_null=True)),
    Column("price", Numeric(10, 2)),
    Column("cost", Cents),
    Column("weight", Float),
    Column("big", BigInteger),
    Column("here", Boolean),
    Column("day", Date),
    Column("at", DateTime(timezone=False)),
    Column("code", Uuid),
    Column("content", LargeBinary),
    Column("note", Text, nullable=True),
    Column("doubled", Integer, Computed("id * 2")),
)
orders = Table(
    "Orders of things",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("thing id", ForeignKey("things.id"), index=True),
    Column("number", Integer, Sequence("order_numbers")),
    Column("key", String(10), unique=True),
)
empty = Table("empty", metadata, Column("id", Integer, primary_key=True))

START = datetime(2024, 2, 29, 12, 30, tzinfo=UTC).replace(tzinfo=None)


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Things with a value of each type, some of them NULL, and orders that refer to them."""
    yield things, (_thing(number, random) for number in range(1, 60 * scale + 1))
    yield orders, ((3 * number, number, 100 + number, f"order {number}") for number in range(1, 20 * scale + 1))
    yield empty, iter(())


def _thing(number: int, random: Random) -> tuple[Any, ...]:
    draw = random.randrange(10**6)
    if number % 7 == 0:
        return (number, *[None] * 13)
    return (
        number,
        Colour.RED if draw % 2 else Colour.GREEN,
        Colour.GREEN,
        {"draw": draw, "list": [1, "zwei", None], "ünïcode": "“quoted” \\ \t"},
        Decimal(draw) / 100,
        Decimal(draw) / 100,
        draw / 3,
        2**40 + draw,
        bool(draw % 3),
        date(2024, 1, 1) + timedelta(days=draw % 366),
        START + timedelta(seconds=draw),
        UUID(int=draw),
        draw.to_bytes(4, "big"),
        f"note\n{draw}",
    )


variety = Dataset("variety", metadata, rows)
