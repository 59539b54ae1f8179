"""Finds out how long the tap has to hold what crosses it, so that a round trip takes as much longer as was asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address
from bench.databases.connecting import connect, refusals
from bench.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg import Connection

NEAR_ENOUGH_MS = 0.03
TRIES = 5
BLOCK = 10
"""Pings in a row by one way."""
FEWEST_BLOCKS = 2
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

    What the tap adds with no delay, and what its waits overshoot, are taken off by measuring: pings by turns each
    way, and the hold is corrected by the difference of their medians until it is right to 0.03 ms. Where `rtt_ms` is
    less than the tap adds by itself, it holds nothing, and what it adds is told.

    Raises:
        DatabaseError: The server does not answer.
    """
    with (
        closing(connect(straight, application_name="bench witness")) as one,
        closing(connect(through, application_name="bench witness")) as other,
    ):
        hold(0.0)
        tried = [Held(0.0, _added(one, other, rtt_ms))]
        while rtt_ms > 0 and len(tried) <= TRIES and abs(tried[-1].added_ms - rtt_ms) > NEAR_ENOUGH_MS:
            hold_s = max(0.0, tried[-1].hold_s + (rtt_ms - tried[-1].added_ms) / 2000)
            hold(hold_s)
            tried.append(Held(hold_s, _added(one, other, rtt_ms)))
        return min(tried, key=lambda held: abs(held.added_ms - rtt_ms))


def _added(straight: Connection[Any], through: Connection[Any], rtt_ms: float) -> float:
    """By how many milliseconds the median ping through the tap is longer than one straight to the server.

    Pings go in blocks by turns, the first of each left out: after a longer wait the next one is slower by itself.
    """
    blocks = max(FEWEST_BLOCKS, round(SECONDS * 1000 / (rtt_ms + 0.5) / BLOCK))
    times: tuple[list[float], list[float]] = ([], [])
    with refusals("answer pings"):
        for _ in range(blocks):
            for connection, taken in zip((straight, through), times, strict=True):
                taken.extend(_pings(connection)[1:])
    return (median(times[1]) - median(times[0])) * 1000


def _pings(connection: Connection[Any]) -> list[float]:
    taken = []
    for _ in range(BLOCK + 1):
        before = perf_counter()
        answered = connection.pgconn.exec_(b"SELECT 1")
        taken.append(perf_counter() - before)
        if answered.error_message:
            raise DatabaseError("the connection that pings go through broke")
    return taken
