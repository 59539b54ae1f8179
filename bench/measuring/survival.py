"""Whoever fails or takes the worker with it is out; what the loss of a server, tap or worker cut off is done anew."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from bench.description import ScenarioDescription
from bench.errors import BenchError, DatabaseError
from bench.measuring.contestant import Contestant
from bench.measuring.neighbours import other_runs
from bench.measuring.outages import MOST, Outage, Outages, RoundsEndedError, ServerEndedError
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

    Attributes:
        losses: How often something has failed so far.
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
        self.losses = 0

    def survive(
        self, action: Callable[[], T], suspect: Contestant | None, *, called: Contestant | None = None
    ) -> T | None:
        """Do something in the worker; where a strategy fails in it, or takes the worker with it, put that one out.

        Where something else failed meanwhile, that is had again, and the action is done anew.

        Args:
            action: Asks the worker.
            suspect: Whose failure it is where the worker does not say.
            called: The only one that is called in it: the suspect, if left out.

        Raises:
            BenchError: The worker failed, and no strategy is to blame.
            DatabaseError: The server refused something that no strategy has asked for, or is lost.
            RoundsEndedError: It or the tap ended, and the processes that drive loads have lost their connections; or it
                ended again and again, and nobody knows in whose call.
        """
        called = called or suspect
        began, watches = time.monotonic(), self._outages.watches and called is not None
        lost_s = self._session.lost_s
        try:
            answer = action()
            if watches:
                self._outages.look_behind(self._share)
            return answer
        except ServerLostError:
            raise
        except (StrategyError, WorkerLostError, TapLostError, DatabaseError, ServerEndedError) as error:
            self.losses += 1
            failed = self._contestants.get(getattr(error, "strategy", None) or "", suspect)
            is_anew = self._overcome(error, failed, called if watches else None)
            self._session.lost_s = lost_s + time.monotonic() - began
        if is_anew and (called is None or called.runs):
            return self.survive(action, suspect, called=called)
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

    def _overcome(self, error: BenchError, failed: Contestant | None, watched: Contestant | None) -> bool:
        """Have again what an error has cost; whether what it cut off is to be done anew.

        Args:
            error: What was raised.
            failed: Whose failure it is, where nothing else has failed.
            watched: Who alone was called since the server was looked at; None where that is not known.
        """
        outage = self._outages.behind(error)
        if outage is None and isinstance(error, DatabaseError):
            raise error
        blamed = failed if outage is None else self._blamed_for(outage, failed, watched)
        is_fault = outage is None or self._outages.meets_too_often(outage, blamed.alias if blamed is not None else None)
        if is_fault and blamed is not None:
            self._put_out(blamed, self._outages.reason(error) if outage is None else outage.lost)
        loses_worker = isinstance(error, WorkerLostError) or (outage is not None and outage.of == "server")
        if loses_worker:
            self.drop_clones()
            self._session.replace_worker()
        if outage is not None and outage.of != "worker" and any(one.shared for one in self._contestants.values()):
            raise RoundsEndedError(f"{outage.note}; the processes that drive loads lost it: no more rounds were made")
        if is_fault and blamed is None and outage is not None and outage.of == "server":
            raise RoundsEndedError(f"{outage.note}, {MOST} times, and nobody knows in whose call: see the server's log")
        if is_fault and blamed is None:
            raise BenchError(f"the worker failed at {self._scenario.name}: {error}") from error
        if loses_worker or outage is not None:  # whatever was connected through a tap that was lost is not any more
            self._begin_again()
        elif blamed is not None:
            self.abandon(blamed)
        return not is_fault

    def _blamed_for(self, outage: Outage, failed: Contestant | None, watched: Contestant | None) -> Contestant | None:
        """Whose calls an outage is laid to where it comes again: nobody's where others may have caused it, who use the
        same server, or where the worker ended between two calls.
        """
        if outage.of == "tap":
            return failed
        if outage.of == "worker" or self._session.clones.shares_server or other_runs():
            return None
        return watched

    def _put_out(self, contestant: Contestant, reason: str) -> None:
        if contestant.verdict is not None:
            return  # what put it out first is what matters
        contestant.verdict = "failed"
        contestant.reason = reason
        if WRITES_UNDECLARED.search(reason) and not self._scenario.writes:
            contestant.reason = f"it writes, and its scenario does not say so: declare writes=[…] ({reason})"
        contestant.error = contestant.reason
