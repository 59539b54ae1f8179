"""What was counted on the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class WireCounts:
    """Figures of one or several connections, as DESIGN's table of counters defines them; bytes are the protocol's own,
    inside TLS where there is TLS.

    `executions` has transaction control, later fetches of a portal (`fetches`), empty queries (`pings`) and what only
    tidies up (DEALLOCATE, CLOSE) apart. `portals_left` are named portals that were not closed: the server's statistics
    miss those when a transaction is rolled back. `unplanned` are executions of prepared statements that are not
    planned, such as DO, of which they count the first alone.
    """

    round_trips: int = 0
    executions: int = 0
    fetches: int = 0
    pings: int = 0
    prepares: int = 0
    transaction_commands: int = 0
    rows: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    copy_bytes: int = 0
    connections: int = 0
    errors: int = 0
    portals_left: int = 0
    unplanned: int = 0

    def add(self, other: WireCounts) -> None:
        """Add what another connection counted."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
