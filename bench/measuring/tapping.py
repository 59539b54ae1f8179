"""The tap of a run: started when it is first needed, replaced when it dies; one way counts, the other adds time."""

from __future__ import annotations

from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError
from bench.measuring.calibration import Held, calibrate
from bench.measuring.tap_process import Crossed, TapLostError, TapProcess, Way


class Tapping:
    """Ways to a server that lead through the tap.

    Args:
        server: A PostgreSQL server.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._tap: TapProcess | None = None
        self._ways: dict[bool, Way] = {}
        self._held: dict[float, Held] = {}

    @property
    def lost(self) -> str | None:
        """How the tap ended, where it has without being asked."""
        return self._tap.lost() if self._tap is not None else None

    def for_counting(self, database: Address) -> Address:
        """Where a driver reaches that database by the way on which everything is counted.

        Where the tap has died, that is through a new one.

        Raises:
            BenchError: The tap cannot be had.
        """
        return self._way(counting=True).to(self._server.reached(database))

    def crossed(self) -> Crossed:
        """What crossed the way for counting since this was last asked.

        Raises:
            TapLostError: The tap has died.
        """
        if self._tap is None:
            raise TapLostError("no call went through the tap")
        return self._tap.crossed(self._ways[True])

    def for_timing(self, database: Address) -> Address:
        """Where a driver reaches that database by the way on which `add` adds time; nothing is counted there."""
        return self._way(counting=False).to(self._server.reached(database))

    def add(self, rtt_ms: float) -> float:
        """Add so many milliseconds to each round trip on the way for timing; what is added really.

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

    def complaints(self) -> tuple[str, ...]:
        """What the tap itself has to say since it was last asked: of a server that does not answer, of TLS."""
        if self._tap is None or not self._tap.runs:
            return ()
        return tuple(line for way in self._ways.values() for line in self._tap.crossed(way).complaints)

    def _add(self, rtt_ms: float) -> float:
        way, tap = self._way(counting=False), self._opened()

        def hold(seconds: float) -> None:
            tap.hold(way, seconds)

        if rtt_ms not in self._held:
            straight = self._server.reached(self._server.maintenance)
            self._held[rtt_ms] = calibrate(straight, way.to(straight), hold, rtt_ms)
        hold(self._held[rtt_ms].hold_s)
        return self._held[rtt_ms].added_ms

    def close(self) -> None:
        """End the tap, if one runs."""
        if self._tap is not None:
            self._tap.end()
        self._tap = None
        self._ways.clear()
        self._held.clear()

    def _opened(self) -> TapProcess:
        if self._tap is not None and not self._tap.runs:
            self.close()
        if self._tap is None:
            self._tap = TapProcess()
        return self._tap

    def _way(self, *, counting: bool) -> Way:
        tap = self._opened()
        if counting not in self._ways:
            server = self._server.reached(self._server.maintenance)
            self._ways[counting] = tap.open_way(server, counting=counting)
        return self._ways[counting]
