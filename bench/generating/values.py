"""Values of a column by its type: as many as are asked for, all different where they must be."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
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
    SmallInteger,
    String,
    Text,
    Time,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects import postgresql

from bench.generating.limits import Limits

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

Source = Callable[[range, Random], list[Any]]
"""Values of a column for the rows of these numbers, which count from 0."""

NEWEST = datetime(2026, 1, 1)  # noqa: DTZ001 - columns without a time zone are given none
"""The end of the time that dates are spread over: the same on each day that rows are made."""
SPAN = timedelta(days=3 * 365)
USUAL_HIGH = 10_000
"""What a number without limits is below, where it can be chosen freely."""
# fmt: off
WORDS = (
    "amber", "birch", "canyon", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel",
    "lagoon", "meadow", "nectar", "orchid", "pepper", "quartz", "river", "saffron", "timber", "umber", "velvet",
    "willow", "yonder", "zephyr",
)
# fmt: on
LONG_TEXT = (200, 2_000)
"""Letters of what is mapped as Text and has no length, at least and at most."""
LONG_BYTES = (500, 4_000)
USUAL_TEXT = 24
"""Letters of other text, at most; twice as many where its column has no length."""


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
        low, high = _whole_bounds(kind, limits)
        return range(low, high + 1)
    return None


def capacity(column: Column[Any], limits: Limits) -> float:
    """How many different values a column can be given; 0 where nothing is known of its type."""
    few = domain(column, limits)
    if few is not None:
        return len(few)
    kind = _plain(column.type)
    if isinstance(kind, Integer):
        low, high = _whole_bounds(kind, limits)
        return high - low + 1
    if isinstance(kind, String):
        return float(len(string.ascii_uppercase) ** min(_lengths(kind, limits, distinct=True)[1], 20))
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


def _whole_bounds(kind: Any, limits: Limits, usual_high: int | None = None) -> tuple[int, int]:
    """The least and the greatest whole number that a column takes."""
    most = 2**15 - 1 if isinstance(kind, SmallInteger) else 2**63 - 1 if isinstance(kind, BigInteger) else 2**31 - 1
    low: Any = limits.low
    high: Any = limits.high
    least = 1 if low is None else _up(low) + (limits.low_open and _up(low) == low)
    if low is None and high is not None and high < 1:
        least = int(high) - USUAL_HIGH
    greatest = most if high is None else int(high // 1) - (limits.high_open and high // 1 == high)
    if high is None and usual_high is not None:
        greatest = min(greatest, max(usual_high, least + usual_high))
    return least, greatest


def _up(number: Any) -> int:
    return -int(-number // 1)


def _integer(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    low, high = _whole_bounds(kind, limits, None if distinct else USUAL_HIGH)
    if distinct:
        return lambda numbers, _: list(range(low + numbers.start, low + numbers.stop))
    possible = range(low, high + 1)
    if not limits.excluded:
        return lambda numbers, random: random.choices(possible, k=len(numbers))
    return lambda numbers, random: [_until_allowed(possible, limits.excluded, random) for _ in numbers]


def _until_allowed(possible: Sequence[Any], excluded: Sequence[Any], random: Random) -> Any:
    while (value := random.choice(possible)) in excluded:
        pass
    return value


def _number(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    # Of a float these are bits, and nothing that its values are held to.
    precision, scale = (None, None) if isinstance(kind, Float) else (kind.precision, kind.scale)
    scale = 2 if scale is None else scale
    unit = Decimal(1).scaleb(-scale)
    most = Decimal(10) ** (precision - scale) - unit if precision is not None else Decimal(USUAL_HIGH)
    low = unit * 0 if limits.low is None else Decimal(str(limits.low)) + (unit if limits.low_open else 0)
    high = most if limits.high is None else Decimal(str(limits.high)) - (unit if limits.high_open else 0)
    if limits.low is None and high < 0:
        low = high - USUAL_HIGH
    first, last = int((low / unit).to_integral_value()), int((high / unit).to_integral_value())
    if limits.high is None and not distinct:
        last = min(last, first + int(USUAL_HIGH / unit))
    exact = kind.asdecimal and not isinstance(kind, Float)

    def of(units: int) -> Any:
        return Decimal(units).scaleb(-scale) if exact else units / 10**scale

    if distinct:
        return lambda numbers, _: [of(first + number) for number in numbers]
    possible = range(first, last + 1)
    return lambda numbers, random: [of(units) for units in random.choices(possible, k=len(numbers))]


def _moments(limits: Limits, distinct: bool, step: timedelta, made: Callable[[datetime], Any]) -> Source:
    """Moments that are spread evenly at random, or follow each other by a step."""
    low, high = _moment(limits.low), _moment(limits.high)
    if low is not None and limits.low_open:
        low += step
    if high is not None and limits.high_open:
        high -= step
    last = high if high is not None else max(NEWEST, low + SPAN) if low is not None else NEWEST
    first = low if low is not None else last - SPAN
    if distinct:
        return lambda numbers, _: [made(first + number * step) for number in numbers]
    steps = range(int((last - first) / step) + 1)
    return lambda numbers, random: [made(first + at * step) for at in random.choices(steps, k=len(numbers))]


def _moment(bound: Any) -> datetime | None:
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None)
    return datetime.combine(bound, time()) if isinstance(bound, date) else None


def _date_time(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    zone = UTC if kind.timezone else None
    return _moments(limits, distinct, timedelta(seconds=1), lambda moment: moment.replace(tzinfo=zone))


def _date(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return _moments(limits, distinct, timedelta(days=1), datetime.date)


def _time(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    zone = UTC if kind.timezone else None
    midnight = NEWEST
    if distinct:
        return lambda numbers, _: [
            (midnight + timedelta(milliseconds=number)).time().replace(tzinfo=zone) for number in numbers
        ]
    return lambda numbers, random: [
        (midnight + timedelta(seconds=random.randrange(86_400))).time().replace(tzinfo=zone) for _ in numbers
    ]


def _interval(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    if distinct:
        return lambda numbers, _: [timedelta(seconds=number) for number in numbers]
    return lambda numbers, random: [timedelta(seconds=random.randrange(1, 86_400)) for _ in numbers]


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


def _text(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    least, most = _lengths(kind, limits, distinct)
    written = _written_as(name)
    shape = {"email": "{}@example.com", "url": "https://example.com/{}"}.get(written, "{}")
    if distinct or len(shape) > 2:
        roomy = min(2 * USUAL_TEXT, kind.length or 2 * USUAL_TEXT, limits.max_length or 2 * USUAL_TEXT)
        if roomy >= len(shape) + 12:
            return _numbered(shape, least, roomy)
        return lambda numbers, _: [_code(number, max(least, 1), most) for number in numbers]
    pool = _pool(most)
    return lambda numbers, random: [
        _cut(pool, random.randrange(len(pool) - most), random.randint(least, most)) for _ in numbers
    ]


def _lengths(kind: Any, limits: Limits, distinct: bool) -> tuple[int, int]:
    longest = [length for length in (kind.length, limits.max_length) if length is not None]
    if longest:
        most = min(longest)
        usual = min(most, max(USUAL_TEXT, limits.min_length))
        return max(limits.min_length, min(4, usual)), usual
    if distinct or not isinstance(kind, Text):
        return max(limits.min_length, 4), max(limits.min_length, 2 * USUAL_TEXT)
    return max(limits.min_length, LONG_TEXT[0]), max(limits.min_length, LONG_TEXT[1])


def _written_as(name: str) -> str:
    name = name.lower()
    return next((kind for kind in ("email", "url") if kind in name), "text")


def _numbered(shape: str, least: int, most: int) -> Source:
    """Words with the row's number behind, as long as is asked."""
    room = most - len(shape) + 2

    def made(number: int) -> str:
        word = f"{WORDS[number % len(WORDS)]}-{number}"[-room:]
        text = shape.format(word)
        return text if len(text) >= least else text + "x" * (least - len(text))

    return lambda numbers, _: [made(number) for number in numbers]


def _code(number: int, least: int, most: int) -> str:
    """A number in few letters, such as a country's code has."""
    letters = string.ascii_uppercase
    text = ""
    while number or not text:
        number, place = divmod(number, len(letters))
        text = letters[place] + text
    return text[-most:].rjust(least, letters[0])


def _pool(most: int) -> str:
    """Text to cut from, the same each time."""
    random = Random(0)
    return " ".join(random.choices(WORDS, k=2_000 + most // 2))


def _cut(pool: str, start: int, length: int) -> str:
    cut = pool[start : start + length]
    # A space at an end would be another value where a column is trimmed.
    return cut.strip().ljust(length, "x") if cut[:1] == " " or cut[-1:] == " " else cut


def _address(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, _: [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in numbers]


def _network(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, _: [f"10.{number >> 8 & 255}.{number & 255}.0/24" for number in numbers]


def _hardware_address(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return lambda numbers, _: ["08:00:2b:" + number.to_bytes(3, "big").hex(":") for number in numbers]


def _range(kind: Any, name: str, limits: Limits, distinct: bool) -> Source | None:
    from sqlalchemy.dialects.postgresql import Range

    bounds: Any = {
        postgresql.INT4RANGE: lambda number: (number, number + 10),
        postgresql.INT8RANGE: lambda number: (number, number + 10),
        postgresql.NUMRANGE: lambda number: (Decimal(number), Decimal(number + 10)),
        postgresql.DATERANGE: lambda number: (_day(number), _day(number + 10)),
        postgresql.TSRANGE: lambda number: (_hour(number), _hour(number + 10)),
        postgresql.TSTZRANGE: lambda number: (_hour(number, UTC), _hour(number + 10, UTC)),
    }.get(type(kind))
    # Each begins where the one before it ended, so that no two overlap.
    return bounds and (lambda numbers, _: [Range(*bounds(10 * number), bounds="[)") for number in numbers])


def _day(number: int) -> date:
    return (NEWEST - SPAN + timedelta(days=number)).date()


def _hour(number: int, zone: Any = None) -> datetime:
    return (NEWEST - SPAN + timedelta(hours=number)).replace(tzinfo=zone)


_MAKERS: Sequence[tuple[Any, Callable[[Any, str, Limits, bool], Source | None]]] = (
    (Enum, _enumeration),
    (Boolean, _boolean),
    (Integer, _integer),
    ((Numeric, Float), _number),
    (DateTime, _date_time),
    (Date, _date),
    (Time, _time),
    ((Interval, postgresql.INTERVAL), _interval),
    (Uuid, _uuid),
    (LargeBinary, _bytes),
    (JSON, _json),
    (ARRAY, _array),
    (String, _text),
    (postgresql.INET, _address),
    (postgresql.CIDR, _network),
    (postgresql.MACADDR, _hardware_address),
    (postgresql.ranges.AbstractSingleRange, _range),
)


def is_moment(column: Column[Any]) -> bool:
    """Whether a column holds a date or a time of day: those that a server would fill in are all the same."""
    return isinstance(_plain(column.type), DateTime | Date | Uuid)
