"""Values of a column by its type: as many as are asked for, all different where they must be."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects import postgresql

from bench.generating.limits import Limits
from bench.generating.moments import SPAN, bounds, date_time, day, interval, time_of_day
from bench.generating.numbers import integer, number, whole_bounds
from bench.generating.source import Source
from bench.generating.texts import WORDS, lengths, text

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


LONG_BYTES = (500, 4_000)


def source_of(column: Column[Any], limits: Limits, *, distinct: bool) -> Source | None:
    """What makes a column's values; None where nothing is known of its type.

    Args:
        column: Whose.
        limits: What its table's constraints allow.
        distinct: Whether no two rows may have the same: the value hangs on the row's number alone.
    """
    if limits.choices is not None:
        return _chosen(_allowed(limits.choices, limits), distinct=distinct)
    return _of_type(column.type, column.name, limits, distinct)


def domain(column: Column[Any], limits: Limits) -> Sequence[Any] | None:
    """All values that a column can have, where they are few."""
    kind = _plain(column.type)
    if limits.choices is not None:
        return _allowed(limits.choices, limits)
    if isinstance(kind, Enum):
        return _allowed(kind.enum_class or kind.enums, limits)
    if isinstance(kind, Boolean):
        return _allowed((False, True), limits)
    if isinstance(kind, Integer) and limits.low is not None and limits.high is not None:
        low, high = whole_bounds(kind, limits)
        return range(low, high + 1)
    return None


def capacity(column: Column[Any], limits: Limits) -> float:
    """How many different values a column can be given; 0 where nothing is known of its type."""
    few = domain(column, limits)
    if few is not None:
        return len(few)
    kind = _plain(column.type)
    if isinstance(kind, Integer):
        low, high = whole_bounds(kind, limits)
        return high - low + 1
    if isinstance(kind, String):
        return float(len(string.ascii_uppercase) ** min(lengths(kind, limits, distinct=True)[1], 20))
    if isinstance(kind, JSON | ARRAY) or _of_type(kind, column.name, limits, distinct=True) is None:
        return 0
    if isinstance(kind, Date):
        return float(SPAN.days)
    return float("inf")


def _allowed(choices: Any, limits: Limits) -> Sequence[Any]:
    return [one for one in choices if one not in limits.excluded]


def _of_type(kind: TypeEngine[Any], name: str, limits: Limits, distinct: bool) -> Source | None:
    kind = _plain(kind)
    # An enumeration is text too, a date-time no date, and a small integer an integer.
    for types, maker in _MAKERS:
        if isinstance(kind, types):
            return maker(kind, name, limits, distinct)
    return None


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type without what an application has wrapped it in, or what a domain is made of."""
    while True:
        if isinstance(kind, TypeDecorator):
            kind = kind.impl_instance
        elif isinstance(kind, postgresql.DOMAIN):
            kind = kind.data_type
        else:
            return kind


def _chosen(choices: Sequence[Any], *, distinct: bool) -> Source:
    if distinct:
        return lambda numbers, _: [choices[number] for number in numbers]
    return lambda numbers, random: random.choices(choices, k=len(numbers))


def _boolean(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return _chosen((False, True), distinct=distinct)


def _enumeration(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return _chosen(_allowed(kind.enum_class or kind.enums, limits), distinct=distinct)


def _uuid(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    def made(random: Random) -> Any:
        uuid = UUID(int=random.getrandbits(128), version=4)
        return uuid if kind.as_uuid else str(uuid)

    return lambda numbers, random: [made(random) for _ in numbers]


def _bytes(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    least, most = LONG_BYTES
    if kind.length is not None:
        least, most = min(least, kind.length), min(most, kind.length)
    return lambda numbers, random: [
        number.to_bytes(8, "big")[-most:] + random.randbytes(max(0, random.randint(least, most) - 8))
        for number in numbers
    ]


def _json(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, random: [
        {"number": number, "kind": random.choice(WORDS), "words": random.choices(WORDS, k=random.randrange(40))}
        for number in numbers
    ]


def _array(kind: Any, name: str, limits: Limits, distinct: bool) -> Source | None:
    items = _of_type(kind.item_type, name, Limits(), distinct=False)
    if items is None:
        return None
    depth = kind.dimensions or 1

    def made(number: int, random: Random) -> list[Any]:
        found: list[Any] = items(range(random.randrange(1, 6)), random)
        for _ in range(depth - 1):
            found = [found]
        return found

    return lambda numbers, random: [made(number, random) for number in numbers]


def _address(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, _: [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in numbers]


def _network(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, _: [f"10.{number >> 8 & 255}.{number & 255}.0/24" for number in numbers]


def _hardware_address(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, _: ["08:00:2b:" + number.to_bytes(3, "big").hex(":") for number in numbers]


_MAKERS: Sequence[tuple[Any, Callable[[Any, str, Limits, bool], Source | None]]] = (
    (Enum, _enumeration),
    (Boolean, _boolean),
    (Integer, integer),
    ((Numeric, Float), number),
    (DateTime, date_time),
    (Date, day),
    (Time, time_of_day),
    ((Interval, postgresql.INTERVAL), interval),
    (Uuid, _uuid),
    (LargeBinary, _bytes),
    (JSON, _json),
    (ARRAY, _array),
    (String, text),
    (postgresql.INET, _address),
    (postgresql.CIDR, _network),
    (postgresql.MACADDR, _hardware_address),
    (postgresql.ranges.AbstractSingleRange, bounds),
)


def is_moment(column: Column[Any]) -> bool:
    """Whether a column holds a date or a time of day: those that a server would fill in are all the same."""
    return isinstance(_plain(column.type), DateTime | Date | Uuid)
