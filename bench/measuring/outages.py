"""What fails beside the strategies of a point: the server, the tap, the worker between two calls, or all of it stands
still. That is no failure of the strategy that it met.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.errors import BenchError
from bench.measuring.session import Session
from bench.measuring.tap_process import TapLostError
from bench.measuring.worker_process import WorkerLostError

ENOUGH = 2
"""How many outages may meet calls of the same strategy: the last is then taken to be what its calls do."""
MOST = 3
"""How many of a kind may come at a point of which nobody knows in whose call."""
LOOKED_SHARE = 1.0
"""The share of a point's time that looking at the server may take beside it; beyond that, it takes of the rounds."""


class ServerEndedError(BenchError):
    """The server has ended behind the call of a strategy, and the call did not fail of it."""

    exit_code = 4


class RoundsEndedError(BenchError):
    """No more rounds can be made at a point: what was measured of it so far is all there will be."""

    exit_code = 4


@dataclass(frozen=True)
class Outage:
    """Something that failed beside the strategies, and is there again.

    Attributes:
        of: What failed.
        lost: How, as the reason of a strategy whose calls it met again and again.
        note: How, and what was done about it.
    """

    of: Literal["server", "tap", "worker"]
    lost: str
    note: str


class Outages:
    """The outages of a point.

    Args:
        session: The worker and the databases.

    Attributes:
        watches: Whether the server has ended at this point before, so that it is looked at behind each call: that it
            ends may show in the call that comes next, of a strategy that has nothing to do with it.
    """

    def __init__(self, session: Session) -> None:
        self.watches = False
        self._session = session
        self._met: Counter[tuple[str, str | None]] = Counter()
        self._stood_still_s = session.still.total_s
        self._dropped = 0
        self._said: list[str] = []
        self._looked_s = 0.0
        self._complaints: Sequence[str] = ()

    def behind(self, error: BenchError) -> Outage | None:
        """The outage that an error comes of, where it comes of one; what has failed is there again then, but for the
        worker.

        Raises:
            ServerLostError: The server does not come back.
        """
        self._complaints = ()
        came_back = self._session.outlive()
        if came_back is not None:
            lost = f"the server ended in its calls, {ENOUGH} times: see the server's log"
            return Outage("server", lost, f"the server ended and {came_back}")
        if (how := self._how_the_tap_ended()) is not None:
            self._session.renew_tap()
            return Outage("tap", how, f"{how}, and another took its place")
        if isinstance(error, WorkerLostError) and error.strategy is None:
            return Outage("worker", str(error), f"the worker was lost between two calls, and replaced ({error})")
        return None

    def look_behind(self, share: float) -> None:
        """Look at the server behind the call of a strategy, where it has ended before.

        Args:
            share: Seconds that the point may take.

        Raises:
            ServerEndedError: It has ended again.
        """
        if not self.watches:
            return
        began = time.monotonic()
        if self._session.server_has_ended():
            raise ServerEndedError("the server has ended")
        looked_s = time.monotonic() - began
        self._looked_s += looked_s
        if self._looked_s <= share * LOOKED_SHARE:
            self._session.lost_s += looked_s

    def meets_too_often(self, outage: Outage, alias: str | None) -> bool:
        """Note an outage; whether there have been so many that whose call it met is put out, or the point ends.

        Args:
            outage: What failed.
            alias: Whose call it met; None where no strategy was called, or where that is not known.
        """
        self.watches = self.watches or outage.of == "server"
        self._met[outage.of, alias] += 1
        if self._met[outage.of, alias] >= (MOST if alias is None else ENOUGH):
            return True
        said = f"{outage.note}: what that cut off was done anew"
        if said not in self._said:
            self._said.append(said)
        return False

    def reason(self, error: BenchError) -> str:
        """An error that comes of no outage, with what the tap has to say of it."""
        return "; ".join([str(error), *self._complaints])

    def drop_round(self) -> None:
        """A round is not kept, because all stood still in it."""
        self._dropped += 1

    def notes(self) -> Sequence[str]:
        """What is to be said of them."""
        stood_still_s = self._session.still.total_s - self._stood_still_s
        if not stood_still_s:
            return self._said
        rounds = f"{self._dropped} round{'' if self._dropped == 1 else 's'}"
        dropped = f"{rounds} in which it did {'is' if self._dropped == 1 else 'are'} dropped"
        return [
            *self._said,
            f"the run stood still for {stood_still_s:.0f} s, as where it is stopped or its machine sleeps: {dropped}",
        ]

    def _how_the_tap_ended(self) -> str | None:
        if (lost := self._session.tap_lost) is not None:
            return lost
        try:
            self._complaints = self._session.complaints_of_the_tap()
        except TapLostError as error:  # it did not answer, and was ended
            return str(error)
        return None
