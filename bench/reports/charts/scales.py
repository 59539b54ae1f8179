"""From values to places on a chart: domains, ticks, and where a logarithmic axis is called for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

DECADE = 10.0
"""The range, as a factor, from which on an axis is logarithmic."""
MOST_TICKS = 8
_ROOM = 1.12
"""How far beyond the values the axis goes, as a factor of them."""


@dataclass(frozen=True)
class Scale:
    """An axis of `length` pixels from `low` to `high`, with ticks."""

    low: float
    high: float
    length: float
    logarithmic: bool
    ticks: tuple[float, ...]

    @property
    def kind(self) -> str:
        """What Vega-Lite calls it."""
        return "log" if self.logarithmic else "linear"

    def at(self, value: float) -> float:
        """Pixels from the low end to a value."""
        if self.logarithmic:
            # A time of nothing has no place on such an axis, and lies at its end.
            return self.length * math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.length * (value - self.low) / (self.high - self.low)


MISSED = 0.25
"""Pixels by which straight pieces may miss the curve that they stand for."""
MOST_PIECES = 24
"""Of a curve from one measured point to the next."""


def of_times(values: Sequence[float], length: float) -> Scale:
    """For times: from 0, or logarithmic where they range over a decade or more."""
    if _is_wide(values):
        low, high = min(values) / _ROOM, max(values) * _ROOM
        return Scale(low, high, length, True, _logarithmic_ticks(low, high))
    return from_zero(values, length)


def from_zero(values: Sequence[float], length: float) -> Scale:
    """For lengths of bars, which begin at 0 whatever their range."""
    high = (max(values, default=0.0) or 1.0) * 1.06
    return Scale(0.0, high, length, False, _linear_ticks(high))


def of_places(values: Sequence[float], length: float, logarithmic: bool | None = None) -> Scale:
    """For what was chosen to be measured: a tick at each value, the first and the last at a little from the ends.

    Args:
        values: The measured ones, at least one.
        length: Of the axis, in pixels.
        logarithmic: None where the range decides.
    """
    wide = _is_wide(values) if logarithmic is None else logarithmic
    low, high = min(values), max(values)
    if wide:
        room = (high / low) ** 0.02
        return Scale(low / room, high * room, length, True, tuple(values))
    room = (high - low or abs(high) or 1.0) * 0.02
    return Scale(low - room, high + room, length, False, tuple(values))


def between(low: tuple[float, float], high: tuple[float, float], steps: int, power: bool) -> list[tuple[float, float]]:
    """Places on the way from one measured point to the next, the first left out and the last in.

    Args:
        low: Where it was measured and the time there.
        high: The next of them.
        steps: How many places.
        power: Whether the logarithm of the time is linear in that of the place, rather than the time in the place.
    """
    (start, _), (end, _) = low, high
    parts = (step / steps for step in range(1, steps + 1))
    places = [start * (end / start) ** part if power else start + (end - start) * part for part in parts]
    return [(place, time_between(low, high, place, power)) for place in places]


def pieces(first: float, last: float, axis: Scale) -> int:
    """How many straight pieces draw what is linear from one time to another on a logarithmic axis, as good as a curve.

    A piece of 1/n of the way misses a logarithm by at most an eighth of its second derivative over n squared (the error
    of linear interpolation), which is largest at the lesser time, the square of the relative rise.
    """
    lesser = max(min(first, last), axis.low)
    pixels = axis.length / math.log(axis.high / axis.low)
    exact = abs(last - first) / lesser * math.sqrt(pixels / (8 * MISSED))
    return max(1, math.ceil(min(exact, MOST_PIECES)))


def time_between(low: tuple[float, float], high: tuple[float, float], place: float, power: bool) -> float:
    """The time at a place between two measured points, under the same conditions as those of `between`."""
    (start, first), (end, last) = low, high
    if start == end:  # whole numbers too large to be told apart as broken ones
        return first
    if power and first > 0 and last > 0:
        return float(first * (last / first) ** (math.log(place / start) / math.log(end / start)))
    return first + (last - first) * (place - start) / (end - start)


def apart(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Places that are `least` or more from each other, each as near to where it is wanted as the others let it.

    Neighbours that would overlap are put side by side around the middle of what they want (pool adjacent violators,
    Ayer et al. 1955, doi:10.1214/aoms/1177728423).

    Args:
        wanted: In any order.
        least: The distance to be kept.
        low: No place is less, if there is room.
        high: No place is more, if there is room.

    Returns:
        The places, in the order of `wanted`.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[list[float]] = []
    for rank, index in enumerate(order):
        blocks.append([wanted[index] - rank * least])
        while len(blocks) > 1 and _mean(blocks[-2]) >= _mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    levels = [_mean(block) for block in blocks for _ in block]
    most = high - (len(order) - 1) * least
    places = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        places[index] = max(min(levels[rank], most), low) + rank * least
    return places


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _is_wide(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) / min(values) >= DECADE


def _linear_ticks(high: float) -> tuple[float, ...]:
    step = 10.0 ** math.floor(math.log10(high / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if high / (step * factor) <= 6)
    return tuple(round(number * step, 12) for number in range(int(high / step) + 1))


def _logarithmic_ticks(low: float, high: float) -> tuple[float, ...]:
    """Those of 1, 2, 5 that are not too many; else of 1 and 3, or 1 alone."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3)):
        ticks = [round(factor * 10.0**decade, 12) for decade in decades for factor in factors]
        within = tuple(tick for tick in ticks if low <= tick <= high)
        if len(within) <= MOST_TICKS:
            return within
    powers = [round(10.0**decade, 12) for decade in decades if low <= 10.0**decade <= high]
    return tuple(powers[:: 1 + len(powers) // (MOST_TICKS + 1)])


def runs(present: Sequence[bool]) -> list[range]:
    """The stretches of a line over which it was measured without a gap."""
    edges = [index for index, (one, other) in enumerate(pairwise([False, *present, False])) if one != other]
    return [range(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
