"""Numbers of a column, within what its type and its constraints allow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Float, SmallInteger

from bench.generating.limits import Limits
from bench.generating.source import Domain, Made

USUAL_HIGH = 10_000
"""What a number without limits is below, where it can be chosen freely."""


def whole_bounds(kind: Any, limits: Limits, usual_high: int | None = None) -> tuple[int, int]:
    """The least and the greatest whole number that a column takes."""
    most = 2**15 - 1 if isinstance(kind, SmallInteger) else 2**63 - 1 if isinstance(kind, BigInteger) else 2**31 - 1
    low: Any = limits.low
    high: Any = limits.high
    least = 1 if low is None else _up(low) + (limits.low_open and _up(low) == low)
    if low is None and high is not None and high <= 1:
        least = int(high) - USUAL_HIGH
    greatest = most if high is None else min(most, int(high // 1) - (limits.high_open and high // 1 == high))
    if high is None and usual_high is not None:
        greatest = min(greatest, max(usual_high, least + usual_high))
    return least, greatest


def integer(kind: Any, name: str, limits: Limits) -> Made:
    all_of, usual = (_whole(*whole_bounds(kind, limits, high), limits) for high in (None, USUAL_HIGH))
    return Made(usual.at_random(), all_of)


def _whole(low: int, high: int, limits: Limits) -> Domain:
    return Domain(high - low + 1, low.__add__, lambda value: value - low).without(
        int(value) for value in limits.excluded if _is_number(value) and value == int(value)
    )


def number(kind: Any, name: str, limits: Limits) -> Made:
    # Of a float these are bits, and nothing that its values are held to.
    precision, scale = (None, None) if isinstance(kind, Float) else (kind.precision, kind.scale)
    # PostgreSQL takes a precision without a scale for whole numbers.
    scale = (2 if precision is None else 0) if scale is None else scale
    exact = kind.asdecimal and not isinstance(kind, Float)
    # A float tells fifteen digits apart: a large one's stand before the point.
    if precision is None and not exact and limits.low is not None and limits.low >= 10 ** (15 - scale):
        scale = 0
    unit = Decimal(1).scaleb(-scale)
    widest = 15 if exact else 15 - scale
    most = Decimal(10) ** (precision - scale) - unit if precision is not None else Decimal(10) ** widest
    low = unit * 0 if limits.low is None else Decimal(str(limits.low)) + (unit if limits.low_open else 0)
    high = most if limits.high is None else Decimal(str(limits.high)) - (unit if limits.high_open else 0)
    if limits.low is None and high <= 0:
        low = max(-most, high - USUAL_HIGH)
    first, last = (int(bound.to_integral_value()) for bound in (low / unit, min(high, most) / unit))
    divisor = 10**scale

    def of(units: int) -> Any:
        return Decimal(units).scaleb(-scale) if exact else units / divisor

    def spread(last: int) -> Domain:
        all_of = Domain(last - first + 1, lambda place: of(first + place), lambda value: _place(value) - first)
        return all_of.without(value for value in limits.excluded if _is_number(value))

    def _place(value: Any) -> int:
        units = Decimal(str(value)) / unit
        # What lies between two of ours is left out without a place of its own.
        return int(units) if units == int(units) else first - 1

    usual = last if limits.high is not None else min(last, first + int(USUAL_HIGH / unit))
    return Made(spread(usual).at_random(), spread(last))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal)


def _up(number: Any) -> int:
    return -int(-number // 1)
