"""Whether a strategy takes part at a point: what it requires is there, and so are its connections."""

from __future__ import annotations

from bench.measurement import Verdict
from bench.measuring.connection_limits import too_many
from bench.measuring.contestant import Contestant
from bench.measuring.examiner import Examiner
from bench.measuring.requirements import unmet
from bench.measuring.session import Session

NO_WAY_THROUGH = "what it goes through is reached by one process alone here: leave --processes and --workers out"


def turned_away(contestant: Contestant, session: Session, examiner: Examiner) -> tuple[Verdict, str] | None:
    """Why a strategy takes no part, with the verdict that says so; None where it does.

    Raises:
        ScenarioError: A requirement that cannot be read.
    """
    strategy = contestant.strategy
    if (reason := unmet(strategy.requires, session.server, session.surroundings["packages"])) is not None:
        return "skipped", reason
    if (reason := examiner.refused_on_its_way(contestant)) is not None:
        return "failed", reason
    if strategy.through is not None and not session.shares_proxies:
        return "skipped", NO_WAY_THROUGH
    reason = too_many(strategy, session.max_connections)
    return None if reason is None else ("failed", reason)
