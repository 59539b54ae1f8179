"""Dates, times and what lies between them, spread over the same years whenever rows are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import postgresql

from bench.generating.limits import Limits
from bench.generating.source import Source

NEWEST = datetime(2026, 1, 1)  # noqa: DTZ001 - columns without a time zone are given none
"""The end of the time that dates are spread over: the same on each day that rows are made."""
SPAN = timedelta(days=3 * 365)


def date_time(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    zone = UTC if kind.timezone else None
    return _moments(limits, distinct, timedelta(seconds=1), lambda moment: moment.replace(tzinfo=zone))


def day(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    return _moments(limits, distinct, timedelta(days=1), datetime.date)


def time_of_day(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    zone = UTC if kind.timezone else None
    midnight = NEWEST
    if distinct:
        return lambda numbers, _: [
            (midnight + timedelta(milliseconds=number)).time().replace(tzinfo=zone) for number in numbers
        ]
    return lambda numbers, random: [
        (midnight + timedelta(seconds=random.randrange(86_400))).time().replace(tzinfo=zone) for _ in numbers
    ]


def interval(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    if distinct:
        return lambda numbers, _: [timedelta(seconds=number) for number in numbers]
    return lambda numbers, random: [timedelta(seconds=random.randrange(1, 86_400)) for _ in numbers]


def bounds(kind: Any, name: str, limits: Limits, distinct: bool) -> Source | None:
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


def _day(number: int) -> date:
    return (NEWEST - SPAN + timedelta(days=number)).date()


def _hour(number: int, zone: Any = None) -> datetime:
    return (NEWEST - SPAN + timedelta(hours=number)).replace(tzinfo=zone)
