"""How a strategy is sampled in a round: by how many calls in a row, and whether an untimed one comes before them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

ALIKE_BELOW_NS: Final = 5e6
"""Reads that take less are called the same number of times in a row, whatever each takes."""
PRIMED_BELOW_NS: Final = 20e6
"""Reads that take less are called once, untimed, before each sample: of one that takes longer, what a first call takes
more than the next is a hundredth or so.
"""


@dataclass(frozen=True)
class Sampling:
    """How a strategy is sampled: by so many calls in a row, and whether one that is not timed comes before them."""

    in_a_row: int = 1
    primed: bool = False

    def sample_ns(self, call_ns: float) -> float:
        """Nanoseconds of a sample, by those of a call."""
        return call_ns * (self.in_a_row + self.primed)


def sampling_of(calls_ns: Collection[float], writes: bool) -> Callable[[float], Sampling]:
    """How strategies that are compared with each other are sampled, by what a call of each takes.

    A call that follows those of others finds nothing of its own in the processor's caches: it takes some tenths of a
    millisecond longer than the next one. So reads that this would show in are primed by a call that is not timed, and
    those of a few milliseconds have the same number of calls in a row, which also grow faster from one to the next.

    Args:
        calls_ns: Nanoseconds of a call of each strategy.
        writes: Whether they write: then each call needs tables that were put back, and none is primed.
    """
    short = max((taken for taken in calls_ns if taken < ALIKE_BELOW_NS), default=0.0)
    in_a_row = calls_in_a_row(short, writes)

    def sampling(call_ns: float) -> Sampling:
        return Sampling(in_a_row if call_ns < ALIKE_BELOW_NS else 1, not writes and call_ns < PRIMED_BELOW_NS)

    return sampling


def rehearsal_of(call_ns: float, writes: bool) -> Sampling:
    """How a strategy is sampled in the round before the first, by which its call's time is known better."""
    return Sampling(1, primed=False) if writes or call_ns >= PRIMED_BELOW_NS else Sampling(3, primed=True)


def calls_in_a_row(call_ns: float, writes: bool) -> int:
    """How many calls make a sample: of a read under 1 ms an odd number that takes about 3 ms, at most 15; else one."""
    if writes or call_ns >= 1e6:
        return 1
    if call_ns * 15 <= 3e6:
        return 15
    return 2 * round((3e6 / call_ns - 1) / 2) + 1
