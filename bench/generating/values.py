"""Values of a column by its type: as many as are asked for, all different where they must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import md5
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
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.exc import SQLAlchemyError

from bench.generating.errors import GeneratingError
from bench.generating.kinds import enumerated, plain
from bench.generating.limits import Limits
from bench.generating.moments import bounds, date_time, day, interval, time_of_day
from bench.generating.numbers import integer, number
from bench.generating.source import LARGE, Domain, Made, listed, some_of
from bench.generating.texts import WORDS, text

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


LONG_BYTES = (500, 4_000)


def made_for(column: Column[Any], limits: Limits) -> Made | None:
    """What makes a column's values; None where nothing is known of its type, or it does not take what is.

    Args:
        column: Whose.
        limits: What its table's constraints allow.

    Raises:
        GeneratingError: They allow nothing.
    """
    made = _chosen(column, limits) if limits.choices is not None else _of_type(column.type, column.name, limits)
    if made is not None and made.all is not None and made.all.size <= 0:
        raise GeneratingError(
            f"{column.table.fullname}.{column.name}: its constraints allow no value that bench knows: give some"
        )
    return made if made is None or not isinstance(column.type, TypeDecorator) else _taken(column, made)


def _taken(column: Column[Any], made: Made) -> Made | None:
    """What an application's own type takes: what is made for it, or moments with a zone; None where it is neither."""
    dialect = asyncpg_dialect.dialect(dbapi=asyncpg_dialect.dialect.import_dbapi())
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    example = made.some(range(1), Random(0))[0]
    if process is None or example is None:
        return made
    if _takes(process, example):
        return made
    if isinstance(example, datetime) and _takes(process, example.replace(tzinfo=UTC)):
        return made.changed(lambda moment: moment.replace(tzinfo=UTC))
    return None


def _takes(process: Callable[[Any], Any], value: Any) -> bool:
    """Whether what a type does to values that are sent works for one."""
    try:
        process(value)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, SQLAlchemyError):
        return False
    return True


def _chosen(column: Column[Any], limits: Limits) -> Made:
    members = dict(enumerated(column.type))
    allowed = [one for one in limits.choices or () if one not in limits.excluded]
    allowed = [members.get(one, one) for one in allowed]
    return Made(some_of(allowed), listed(allowed))


def _of_type(kind: TypeEngine[Any], name: str, limits: Limits) -> Made | None:
    kind = plain(kind)
    # An enumeration is text too, a date-time no date, and a small integer an integer.
    for types, maker in _MAKERS:
        if isinstance(kind, types):
            return maker(kind, name, limits)
    return None


def _boolean(kind: Any, name: str, limits: Limits) -> Made:
    allowed = [one for one in (False, True) if one not in limits.excluded]
    return Made(some_of(allowed), listed(allowed))


def _enumeration(kind: Any, name: str, limits: Limits) -> Made:
    allowed = [member for written, member in enumerated(kind) if written not in limits.excluded]
    return Made(some_of(allowed), listed(allowed))


def _uuid(kind: Any, name: str, limits: Limits) -> Made:
    def of(uuid: UUID) -> Any:
        return uuid if kind.as_uuid else str(uuid)

    def at(number: int) -> Any:
        # In no order, as they are in life, and others in another column.
        mixed = md5(f"{name}|{number}".encode(), usedforsecurity=False).digest()
        return of(UUID(bytes=mixed, version=4))

    return Made(
        lambda numbers, random: [of(UUID(int=random.getrandbits(128), version=4)) for _ in numbers], Domain(LARGE, at)
    )


def _bytes(kind: Any, name: str, limits: Limits) -> Made:
    least, most = LONG_BYTES
    if kind.length is not None:
        least, most = min(least, kind.length), min(most, kind.length)

    def some(numbers: range, random: Random) -> list[bytes]:
        return [
            number.to_bytes(8, "big")[-most:] + random.randbytes(max(0, random.randint(least, most) - 8))
            for number in numbers
        ]

    return Made(some, Domain(min(256**most, LARGE), lambda number: number.to_bytes(8, "big")[-most:]))


def _json(kind: Any, name: str, limits: Limits) -> Made:
    return Made(
        lambda numbers, random: [
            {"number": number, "kind": random.choice(WORDS), "words": random.choices(WORDS, k=random.randrange(40))}
            for number in numbers
        ],
        None,
    )


def _array(kind: Any, name: str, limits: Limits) -> Made | None:
    items = _of_type(kind.item_type, name, Limits())
    if items is None:
        return None
    depth, some = kind.dimensions or 1, items.some

    def made(random: Random) -> list[Any]:
        found: list[Any] = some(range(random.randrange(1, 6)), random)
        for _ in range(depth - 1):
            found = [found]
        return found

    return Made(lambda numbers, random: [made(random) for _ in numbers], None)


def _spelled(domain: Domain) -> Made:
    return Made(lambda numbers, _: domain.values(number % domain.size for number in numbers), domain)


def _address(kind: Any, name: str, limits: Limits) -> Made:
    return _spelled(Domain(2**24, lambda number: f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"))


def _network(kind: Any, name: str, limits: Limits) -> Made:
    return _spelled(Domain(2**16, lambda number: f"10.{number >> 8 & 255}.{number & 255}.0/24"))


def _hardware_address(kind: Any, name: str, limits: Limits) -> Made:
    return _spelled(Domain(2**24, lambda number: "08:00:2b:" + number.to_bytes(3, "big").hex(":")))


_MAKERS: Sequence[tuple[Any, Callable[[Any, str, Limits], Made | None]]] = (
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
    return isinstance(plain(column.type), DateTime | Date | Uuid)
