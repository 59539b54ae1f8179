"""Dates, times and what lies between them, spread over the same years whenever rows are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import postgresql

from bench.generating.limits import Limits
from bench.generating.source import Domain, Made

NEWEST = datetime(2026, 1, 1)  # noqa: DTZ001 - columns without a time zone are given none
"""The end of the time that dates are spread over: the same on each day that rows are made."""
SPAN = timedelta(days=3 * 365)
LAST = datetime(9999, 12, 1)  # noqa: DTZ001 - the same
"""No moment is made that is later: Python knows none after that year."""


def date_time(kind: Any, name: str, limits: Limits) -> Made:
    made = (lambda moment: moment.replace(tzinfo=UTC)) if kind.timezone else None
    return _moments(limits, timedelta(seconds=1), LAST, made)


def day(kind: Any, name: str, limits: Limits) -> Made:
    return _moments(limits, timedelta(days=1), None, datetime.date)


def time_of_day(kind: Any, name: str, limits: Limits) -> Made:
    zone = UTC if kind.timezone else None

    def after(milliseconds: int) -> time:
        return (NEWEST + timedelta(milliseconds=milliseconds)).time().replace(tzinfo=zone)

    seconds = Domain(86_400, lambda second: after(1000 * second))
    return Made(seconds.at_random(), Domain(86_400_000, after))


def interval(kind: Any, name: str, limits: Limits) -> Made:
    def seconds(size: int) -> Domain:
        return Domain(size, lambda number: timedelta(seconds=number + 1))

    return Made(seconds(86_399).at_random(), seconds(10**9))


def bounds(kind: Any, name: str, limits: Limits) -> Made | None:
    from sqlalchemy.dialects.postgresql import Range

    bounds: Any = {
        postgresql.INT4RANGE: lambda number: (number, number + 10),
        postgresql.INT8RANGE: lambda number: (number, number + 10),
        postgresql.NUMRANGE: lambda number: (Decimal(number), Decimal(number + 10)),
        postgresql.DATERANGE: lambda number: (_day(number), _day(number + 10)),
        postgresql.TSRANGE: lambda number: (_hour(number), _hour(number + 10)),
        postgresql.TSTZRANGE: lambda number: (_hour(number, UTC), _hour(number + 10, UTC)),
    }.get(type(kind))
    if bounds is None:
        return None
    step = {"DATERANGE": timedelta(days=10), "TSRANGE": timedelta(hours=10), "TSTZRANGE": timedelta(hours=10)}
    name = type(kind).__name__
    size = int((LAST - NEWEST) / step[name]) if name in step else 2 * 10**8
    # Each begins where the one before it ended, so that no two overlap.
    ranges = Domain(size, lambda number: Range(*bounds(10 * number), bounds="[)"))
    return Made(lambda numbers, _: ranges.values(number % size for number in numbers), ranges)


def _moments(limits: Limits, step: timedelta, end: datetime | None, made: Callable[[datetime], Any] | None) -> Made:
    """Moments that are spread evenly at random; different ones follow each other by a step, until an end."""
    low, high = _moment(limits.low), _moment(limits.high)
    if low is not None and limits.low_open:
        low += step
    if high is not None and limits.high_open:
        high -= step
    last = high if high is not None else max(NEWEST, low + SPAN) if low is not None else NEWEST
    first = low if low is not None else last - SPAN
    excluded = [moment for one in limits.excluded if (moment := _moment(one)) is not None]

    def until(end: datetime) -> Domain:
        all_of = Domain(
            int((end - first) / step) + 1,
            lambda place: first + place * step,
            lambda moment: None if (moment - first) % step else (moment - first) // step,
        ).without(excluded)
        return all_of if made is None else Domain(all_of.size, lambda place: made(all_of.at(place)))

    return Made(until(last).at_random(), until(end if end is not None and high is None else last))


def _moment(bound: Any) -> datetime | None:
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None)
    return datetime.combine(bound, time()) if isinstance(bound, date) else None


def _day(number: int) -> date:
    return (NEWEST - SPAN + timedelta(days=number)).date()


def _hour(number: int, zone: Any = None) -> datetime:
    return (NEWEST - SPAN + timedelta(hours=number)).replace(tzinfo=zone)
