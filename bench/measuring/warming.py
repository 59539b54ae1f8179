"""Calls a point's strategies until they are warm, before the clock counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from statistics import median
from typing import Any, Protocol, TypeVar

from bench.measuring.contestant import Contestant
from bench.measuring.session import Session

T = TypeVar("T")

WARM_UP_CALLS = 6
WARM_UP_SHARE = 0.2
"""The share of a point's time that warming up may take, shared out among the strategies."""


class Survive(Protocol):
    """As `Survival.survive`."""

    def __call__(self, action: Callable[[], T], suspect: Contestant | None) -> T | None:
        """What the action gives; None where it put the suspect out."""


class Warming:
    """Warms up one strategy after the other, and learns what a call of it takes.

    No time is added to these calls, for nothing gets warmer by waiting: what it would have added is reckoned from the
    round trips. Of calls that use several connections, which wait together, that cannot be told: these wait, and so do
    all of a contest with loads.

    Args:
        session: The worker, and the tap.
        share_s: Seconds of the point for each strategy.
        rtt_ms: Milliseconds that are added to a round trip; 0 where none are.
        survive: Does something in the worker, where a strategy may fail.
    """

    def __init__(self, session: Session, share_s: float, rtt_ms: float, survive: Survive) -> None:
        self._session = session
        self._share_s = share_s
        self._rtt_ms = rtt_ms
        self._survive = survive

    def added_ns(self, contestant: Contestant) -> float:
        """Nanoseconds that the added time makes a call longer by, one round trip after the other."""
        return (contestant.counted.counters.round_trips or 0) * self._rtt_ms * 1e6

    def warm_up(self, contestant: Contestant, *, among_loads: bool) -> None:
        """Call one until it is warm; once, where no call has warmed it, if six would take more than its share of the
        time: most of that is for the rounds.
        """
        waits = among_loads or contestant.counted.connections_used != 1
        added_ns = 0.0 if waits else self.added_ns(contestant)
        slow = (contestant.call_ns - added_ns) / 1e9 > self._share_s * WARM_UP_SHARE / WARM_UP_CALLS
        if slow and contestant.made:
            return
        made = WARM_UP_CALLS - 1 if slow else contestant.made
        self._session.watcher.step(f"warming up {contestant.alias}")
        began_s, lost_s = time.monotonic(), self._session.lost_s
        answer = self._survive(partial(self._call, contestant, made, waits=waits), contestant)
        if answer is not None and answer["wall_ns"]:
            taken = answer["wall_ns"]
            took_s = time.monotonic() - began_s - (self._session.lost_s - lost_s)
            # One call is the first of its engine, which asks the server for what it is: it says too much of the next.
            contestant.call_ns = min(contestant.call_ns, taken[0] + added_ns) if slow else median(taken[-3:]) + added_ns
            contestant.untimed_ns = max(0.0, took_s * 1e9 - sum(taken)) / len(taken)

    def _call(self, contestant: Contestant, made: int, *, waits: bool) -> Mapping[str, Any]:
        tapping = self._session.tapping
        near = nullcontext() if tapping is None or waits or not self._rtt_ms else tapping.adding_nothing(self._rtt_ms)
        with near:
            return self._session.worker.ask("warm_up", alias=contestant.alias, made=made)
