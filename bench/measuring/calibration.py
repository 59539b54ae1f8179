"""Finds out how long the tap has to hold what crosses it, so that a round trip takes as much longer as was asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address
from bench.databases.connecting import connect

if TYPE_CHECKING:
    from psycopg import Connection

NEAR_ENOUGH_MS = 0.03
TRIES = 5
PINGS = 150
LEAST_PINGS = 15
SECONDS = 0.4
"""How long the pings of one try may take, about."""

Hold = Callable[[float], None]
"""Has the tap hold what crosses it for so many seconds, each way."""


@dataclass(frozen=True)
class Held:
    """How many seconds the tap holds what crosses it, each way, and how many milliseconds that adds to a round trip."""

    hold_s: float
    added_ms: float


def calibrate(straight: Address, through: Address, hold: Hold, rtt_ms: float) -> Held:
    """Hold so long that a round trip through the tap takes `rtt_ms` longer than one straight to the server.

    What the tap adds with no delay, and what its waits overshoot, are taken off by measuring: pings in pairs, one each
    way, and the hold is corrected by the difference of their medians until it is right to 0.03 ms. Where `rtt_ms` is
    less than the tap adds by itself, it holds nothing, and what it adds is told.

    Raises:
        DatabaseError: The server does not answer.
    """
    with (
        closing(connect(straight, application_name="bench witness")) as one,
        closing(connect(through, application_name="bench witness")) as other,
    ):
        hold_s = 0.0
        hold(hold_s)
        best = Held(hold_s, _added(one, other, rtt_ms))
        for _ in range(TRIES if rtt_ms > 0 else 0):
            hold_s = max(0.0, hold_s + (rtt_ms - best.added_ms) / 2000)
            hold(hold_s)
            tried = Held(hold_s, _added(one, other, rtt_ms))
            best = tried
            if abs(best.added_ms - rtt_ms) <= NEAR_ENOUGH_MS:
                break
        return best


def _added(straight: Connection[Any], through: Connection[Any], rtt_ms: float) -> float:
    """By how many milliseconds the median ping through the tap is longer than one straight to the server."""
    pings = max(LEAST_PINGS, min(PINGS, round(SECONDS * 1000 / (rtt_ms + 0.5))))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(pings):
        for connection, taken in zip((straight, through), times, strict=True):
            before = perf_counter()
            connection.pgconn.exec_(b"SELECT 1")
            taken.append(perf_counter() - before)
    return (median(times[1]) - median(times[0])) * 1000
