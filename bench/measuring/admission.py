"""Whether a strategy takes part at a point: what it requires is there, and so are its connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.measurement import Verdict
from bench.measuring.connection_limits import too_many
from bench.measuring.contestant import Contestant
from bench.measuring.examiner import Examiner
from bench.measuring.requirements import unmet
from bench.measuring.session import Session
from bench.measuring.worker_process import WorkerLostError

NO_WAY_THROUGH = "what it goes through is reached by one process alone here: leave --processes and --workers out"


def admit(
    contestants: Sequence[Contestant],
    session: Session,
    examiner: Examiner,
    scenario: str,
    params: Mapping[str, Any],
) -> None:
    """Put out those that take no part at a choice of parameters, each with its reason.

    Raises:
        ScenarioError: A requirement that cannot be read.
    """
    for contestant in contestants:
        if (turned := _turned_away(contestant, session, examiner)) is not None:
            contestant.verdict, contestant.reason = turned
        driver = contestant.strategy.driver
        if session.server.dialect == "postgresql" and driver not in (None, session.options.driver):
            contestant.other_driver = f"it uses {driver}; the run's driver is {session.options.driver}"
    asked = _declined(session, scenario=scenario, params=dict(params))
    for contestant in contestants:
        name = contestant.strategy.name
        if contestant.runs and name in asked["declined"]:
            contestant.verdict, contestant.reason = "skipped", asked["declined"][name]
        elif contestant.runs and name in asked["failed"]:
            contestant.verdict, contestant.reason = "failed", f"its where= raised {asked['failed'][name]}"


def refuse_too_many(contestants: Sequence[Contestant], session: Session, processes: int) -> None:
    """Put out those whose pools, one in each of so many processes, may open more connections than there are."""
    for contestant in contestants:
        if (reason := too_many(contestant.strategy, session.max_connections, processes)) is not None:
            contestant.verdict, contestant.reason = "failed", reason


def _declined(session: Session, **asked: Any) -> Mapping[str, Any]:
    try:
        return session.worker.ask("declined", **asked)
    except WorkerLostError:  # since the last point, where it was not asked for anything
        session.replace_worker()
        return session.worker.ask("declined", **asked)


def _turned_away(contestant: Contestant, session: Session, examiner: Examiner) -> tuple[Verdict, str] | None:
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
