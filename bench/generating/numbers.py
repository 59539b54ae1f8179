"""Numbers of a column, within what its type and its constraints allow."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import BigInteger, Float, SmallInteger

from bench.generating.limits import Limits
from bench.generating.source import Source

USUAL_HIGH = 10_000
"""What a number without limits is below, where it can be chosen freely."""


def whole_bounds(kind: Any, limits: Limits, usual_high: int | None = None) -> tuple[int, int]:
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


def integer(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
    low, high = whole_bounds(kind, limits, None if distinct else USUAL_HIGH)
    if distinct:
        return lambda numbers, _: list(range(low + numbers.start, low + numbers.stop))
    possible = range(low, high + 1)
    if not limits.excluded:
        return lambda numbers, random: random.choices(possible, k=len(numbers))
    return lambda numbers, random: [_until_allowed(possible, limits.excluded, random) for _ in numbers]


def number(kind: Any, name: str, limits: Limits, distinct: bool) -> Source:
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


def _until_allowed(possible: Sequence[Any], excluded: Sequence[Any], random: Random) -> Any:
    while (value := random.choice(possible)) in excluded:
        pass
    return value


def _up(number: Any) -> int:
    return -int(-number // 1)
