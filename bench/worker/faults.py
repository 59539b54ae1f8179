"""A load that is disturbed in its midst: what it loses, what is late, and until when.

The fault is asked for when a tenth of the units have been started; those before it have opened the connections. A
unit is late that took a tenth of a second from when it was due; the load has recovered when the last unit that was lost
or late has ended, and a tenth of a second without such units follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from bench.pipe import Message
from bench.worker.load_driver import Load, Unit

LATE_NS = 100_000_000
"""Nanoseconds from which on a unit is late: far beyond what one takes that nothing disturbs."""
ASKED_AFTER = 10
"""The fault is asked for after this part of the units: a tenth."""


@dataclass(frozen=True)
class Outcome:
    """What became of a unit: its number, when it started and ended by `perf_counter_ns`, and whether it was lost."""

    number: int
    started: int
    ended: int
    lost: bool


class Disturbance:
    """Has a fault done in the midst of a load.

    Args:
        strike: Asks for the fault; returns at once.
    """

    def __init__(self, strike: Callable[[], Awaitable[None]]) -> None:
        self._strike = strike
        self._striking: asyncio.Task[None] | None = None
        self._struck: int | None = None
        self._outcomes: list[Outcome] = []

    def watching(self, unit: Unit, units: int, rate: float | None) -> Unit:
        """The unit of a load of so many, watched; when a tenth of them have been started the fault is asked for.

        With a rate that is midway between two units, so that the fault meets what the load usually looks like.
        """
        turn, later_s = units // ASKED_AFTER, 0.5 / rate if rate else 0.0

        async def watched(number: int) -> Any:
            if number == turn:
                self._striking = asyncio.create_task(self._strike_in(later_s))
            started, lost = perf_counter_ns(), True
            try:
                result = await unit(number)
                lost = False
            finally:
                self._outcomes.append(Outcome(number, started, perf_counter_ns(), lost))
            return result

        return watched

    async def _strike_in(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._struck = perf_counter_ns()
        await self._strike()

    def told(self, load: Load) -> Message | None:
        """What the load lost, as the controller takes it; None where it ended before the fault was asked for."""
        if self._striking is not None:
            self._striking.cancel()
        return None if self._struck is None else lost_to(self._struck, self._outcomes, load)


def lost_to(struck: int, outcomes: Sequence[Outcome], load: Load) -> Message:
    """What a load lost to a fault, durations in nanoseconds: of the units that ended after it how many were lost, how
    many were late because of it, and how long the slowest took; `recovered_ns`, when that was over, from the fault on:
    0 where nothing was lost or late, None where the load ended before; and how many were late before it.

    Nothing but the fault loses units. A unit is late because of it that was under way within a tenth of a second of
    another that was lost or late because of it, or of the fault itself.

    Args:
        struck: When the fault was asked for, by `perf_counter_ns`.
        outcomes: What became of each unit.
        load: What was seen of the load.
    """
    begun = {one.number: _due(one, load) for one in outcomes}
    late_ones = {one.number for one in outcomes if not one.lost and one.ended - begun[one.number] >= LATE_NS}
    since = [one for one in outcomes if one.ended >= struck]
    over, late = struck, 0
    for one in sorted(since, key=lambda one: begun[one.number]):
        if one.lost or (one.number in late_ones and begun[one.number] - over <= LATE_NS):
            over, late = max(over, one.ended), late + (not one.lost)
    is_over = over == struck or load.began_ns + load.wall_ns - over >= LATE_NS
    return {
        "units": load.units,
        "lost": sum(one.lost for one in since),
        "late": late,
        "slowest_ns": max((one.ended - begun[one.number] for one in since), default=0),
        "recovered_ns": over - struck if is_over else None,
        "late_before": sum(one.number in late_ones for one in outcomes if one.ended < struck),
    }


def _due(outcome: Outcome, load: Load) -> int:
    if load.rate is None:
        return outcome.started
    return load.began_ns + int(outcome.number * 1e9 / load.rate)
