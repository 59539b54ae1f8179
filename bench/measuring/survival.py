"""Whoever fails or takes the worker with it is out; what the loss of a server, tap or worker cut off is done anew."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from bench.description import ScenarioDescription
from bench.errors import BenchError, DatabaseError
from bench.measuring.contestant import Contestant
from bench.measuring.outages import MOST, Outages, RoundsEndedError, ServerEndedError
from bench.measuring.session import ServerLostError, Session
from bench.measuring.tap_process import TapLostError
from bench.measuring.worker_process import StrategyError, WorkerLostError

T = TypeVar("T")

WRITES_UNDECLARED = re.compile(r"read-only transaction|readonly database", re.IGNORECASE)


class Survival:
    """Asks for what may fail, and has the others go on.

    Args:
        session: The worker and the databases.
        scenario: Whose point it is.
        contestants: Who can be to blame, by name.
        outages: Those of the point.
        share: Seconds that the point may take.
        begin_again: Brings those still running to where they were, in a new worker or through a new tap.
    """

    def __init__(
        self,
        session: Session,
        scenario: ScenarioDescription,
        contestants: Mapping[str, Contestant],
        outages: Outages,
        share: float,
        begin_again: Callable[[], None],
    ) -> None:
        self._session = session
        self._scenario = scenario
        self._contestants = contestants
        self._outages = outages
        self._share = share
        self._begin_again = begin_again
        self._abandoned: set[str] = set()

    def survive(self, action: Callable[[], T], suspect: Contestant | None) -> T | None:
        """Do something in the worker; where a strategy fails in it, or takes the worker with it, put that one out.

        Where something else failed meanwhile, that is had again, and the action is done anew.

        Args:
            action: Asks the worker.
            suspect: Whose failure it is where the worker does not say.

        Raises:
            BenchError: The worker failed, and no strategy is to blame.
            DatabaseError: The server refused something that no strategy has asked for, or is lost.
            RoundsEndedError: It or the tap ended, and the processes that drive loads have lost their connections; or it
                ended again and again, and nobody knows in whose call.
        """
        began = time.monotonic()
        watched = self._outages.watches and suspect is not None
        try:
            answer = action()
            if watched:
                self._outages.look_behind(self._share)
            return answer
        except ServerLostError:
            raise
        except (StrategyError, WorkerLostError, TapLostError, DatabaseError, ServerEndedError) as error:
            lost = self._session.lost_s
            blamed = self._contestants.get(getattr(error, "strategy", None) or "", suspect)
            is_anew = self._overcome(error, blamed, watched=watched)
            self._session.lost_s = lost + time.monotonic() - began
        if is_anew and (suspect is None or suspect.runs):
            return self.survive(action, suspect)
        return None

    def abandon(self, contestant: Contestant) -> None:
        """Let go of one that is out, and of the clone that it wrote in: what it left there nobody puts back."""
        if self._scenario.writes and contestant.alias not in self._abandoned:
            self._abandoned.add(contestant.alias)
            self.survive(lambda: self._session.worker.ask("abandon", alias=contestant.alias), contestant)
            self._session.clones.drop(self._scenario, contestant.alias)

    def drop_clones(self) -> None:
        """Drop the clones that strategies wrote in."""
        if self._scenario.writes:
            for alias in self._contestants:
                self._session.clones.drop(self._scenario, alias)

    def _overcome(self, error: BenchError, blamed: Contestant | None, *, watched: bool) -> bool:
        """Have again what an error has cost; whether what it cut off is to be done anew.

        Args:
            error: What was raised.
            blamed: Whose failure it would be.
            watched: Whether the server was looked at behind each call before this one, so that it ended in this one.
        """
        outage = self._outages.behind(error)
        if outage is not None and outage.of == "server" and not watched:
            blamed = None
        if outage is None and isinstance(error, DatabaseError):
            raise error
        if outage is not None and outage.of != "worker" and any(one.shared for one in self._contestants.values()):
            raise RoundsEndedError(f"{outage.note}; the processes that drive loads lost it: no more rounds were made")
        is_fault = outage is None or self._outages.meets_too_often(outage, blamed.alias if blamed is not None else None)
        if is_fault and blamed is None and outage is not None and outage.of == "server":
            raise RoundsEndedError(f"{outage.note}, {MOST} times, and nobody knows in whose call: see the server's log")
        if is_fault and blamed is None:
            raise BenchError(f"the worker failed at {self._scenario.name}: {error}") from error
        if is_fault and blamed is not None:
            self._put_out(blamed, self._outages.reason(error) if outage is None else outage.lost)
        if isinstance(error, WorkerLostError) or (outage is not None and outage.of == "server"):
            self.drop_clones()
            self._session.replace_worker()
            self._begin_again()
        elif outage is not None:
            self._begin_again()  # whatever was connected through the tap is not any more
        elif blamed is not None:
            self.abandon(blamed)
        return not is_fault

    def _put_out(self, contestant: Contestant, reason: str) -> None:
        if contestant.verdict is not None:
            return  # what put it out first is what matters
        contestant.verdict = "failed"
        contestant.reason = reason
        if WRITES_UNDECLARED.search(reason) and not self._scenario.writes:
            contestant.reason = f"it writes, and its scenario does not say so: declare writes=[…] ({reason})"
        contestant.error = contestant.reason
