"""The tap of a run: started when it is first needed, replaced when it dies; some ways count, the others add time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError
from bench.measuring.calibration import Held, calibrate
from bench.measuring.tap_process import Crossed, TapLostError, TapProcess, Way
from bench.wire.counts import WireCounts


class Proxy(Protocol):
    """What stands between the tap and the server, where anything does."""

    def to(self, database: Address) -> Address:
        """Where a driver reaches a database of the server through it."""


class Tapping:
    """Ways to a server that lead through the tap: for each place that they lead to, one that counts and one that adds
    time.

    Args:
        server: A PostgreSQL server.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._tap: TapProcess | None = None
        self._ways: dict[tuple[str | None, int | None, bool], Way] = {}
        self._hold_s = 0.0
        self._held: dict[float, Held] = {}

    @property
    def lost(self) -> str | None:
        """How the tap ended, where it has without being asked."""
        return self._tap.lost() if self._tap is not None else None

    def for_counting(self, database: Address, proxy: Proxy | None = None) -> Address:
        """Where a driver reaches that database by a way on which everything is counted, and through a proxy behind it
        where one is named.

        Where the tap has died, that is through a new one.

        Raises:
            BenchError: The tap cannot be had.
        """
        return self._through(database, proxy, counting=True)

    def crossed(self) -> Crossed:
        """What crossed the ways for counting since this was last asked.

        Raises:
            TapLostError: The tap has died.
        """
        if self._tap is None:
            raise TapLostError("no call went through the tap")
        return _together([self._tap.crossed(way) for (*_, counting), way in self._ways.items() if counting])

    def for_timing(self, database: Address, proxy: Proxy | None = None) -> Address:
        """Where a driver reaches that database by a way on which `add` adds time; nothing is counted there."""
        return self._through(database, proxy, counting=False)

    def add(self, rtt_ms: float) -> float:
        """Add so many milliseconds to each round trip on the ways for timing; what is added really, on that to the
        server itself.

        Raises:
            DatabaseError: The server does not answer.
            TapLostError: The tap has died.
        """
        try:
            return self._add(rtt_ms)
        except (DatabaseError, TapLostError):
            if self.lost is None:
                raise
            return self._add(rtt_ms)  # through a new tap

    @contextmanager
    def adding_nothing(self, rtt_ms: float) -> Iterator[None]:
        """Hold nothing on the ways for timing meanwhile, and then again what adds so many milliseconds, as was asked
        for before.

        One that has died meanwhile is left as it is: whoever called through it is to find out why that failed.

        Raises:
            TapLostError: The tap has died just now.
        """
        hold_s = self._held[rtt_ms].hold_s
        self._hold_if_there(0.0)
        try:
            yield
        finally:
            self._hold_if_there(hold_s)

    def renew(self) -> None:
        """Have another tap in place of one that has died; ways through it are opened as they are needed."""
        self.close()
        self._opened()

    def complaints(self) -> tuple[str, ...]:
        """What the tap itself has to say since it was last asked: of a server that does not answer, of TLS."""
        if self._tap is None or not self._tap.runs:
            return ()
        return tuple(line for way in self._ways.values() for line in self._tap.crossed(way).complaints)

    def _add(self, rtt_ms: float) -> float:
        through = self.for_timing(self._server.maintenance)  # through a new tap, where the one that there was has died
        if rtt_ms not in self._held:
            straight = self._server.reached(self._server.maintenance)
            self._held[rtt_ms] = calibrate(straight, through, self._hold, rtt_ms)
        self._hold(self._held[rtt_ms].hold_s)
        return self._held[rtt_ms].added_ms

    def _hold(self, seconds: float) -> None:
        """Hold what crosses the ways for timing, and those to come."""
        self._hold_s = seconds
        tap = self._opened()
        for (*_, counting), way in self._ways.items():
            if not counting:
                tap.hold(way, seconds)

    def _hold_if_there(self, seconds: float) -> None:
        if self._tap is not None and self._tap.runs:
            self._hold(seconds)

    def close(self) -> None:
        """End the tap, if one runs."""
        if self._tap is not None:
            self._tap.end()
        self._tap = None
        self._ways.clear()
        self._held.clear()
        self._hold_s = 0.0

    def _opened(self) -> TapProcess:
        if self._tap is not None and not self._tap.runs:
            self.close()
        if self._tap is None:
            self._tap = TapProcess()
        return self._tap

    def _through(self, database: Address, proxy: Proxy | None, *, counting: bool) -> Address:
        reached = self._server.reached(database) if proxy is None else proxy.to(database)
        return self._way(reached, counting=counting).to(reached)

    def _way(self, target: Address, *, counting: bool) -> Way:
        tap = self._opened()
        key = (target.host, target.port, counting)
        if key not in self._ways:
            self._ways[key] = tap.open_way(target, counting=counting)
            if not counting:
                tap.hold(self._ways[key], self._hold_s)
        return self._ways[key]


def _together(ways: Sequence[Crossed]) -> Crossed:
    """What crossed several ways, each of its own: unknown where it is of one."""
    counts: WireCounts | None = WireCounts()
    for way in ways:
        if counts is not None and way.counts is not None:
            counts.add(way.counts)
        else:
            counts = None
    return Crossed(
        counts, sum(way.connections_used for way in ways), tuple(said for way in ways for said in way.complaints)
    )
