"""Loads that are disturbed in their midst, one after the other: what each strategy loses, and when it has recovered.

Nothing is proved equal, counted or ranked here: what a fault costs is told in figures of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.description import ScenarioDescription, StrategyDescription
from bench.errors import BenchError
from bench.measurement import DisturbedResult, PointResult, StrategyResult
from bench.measuring.contest import Contest
from bench.measuring.contestant import Contestant
from bench.measuring.session import Session
from bench.measuring.tap_process import TapProcess
from bench.points import Point

MOST_LOADS = 10
"""Loads of each strategy after which no more are driven."""
STALL_S = 0.5
"""Seconds for which nothing goes through a connection that stalls."""
LOAD_S = 1.0
"""Seconds of a point's share for each strategy from which on its loads are driven: they take a second or two."""
NO_TIME = "there was no time to disturb its loads: give more with --budget, or run this scenario alone"
NO_SERVER = "loads are disturbed on a PostgreSQL server: choose one with --database"
NOT_COUNTED = "its loads are disturbed, which has no counts: `bench run` measures what they lose"

Told = Mapping[str, Any]
"""What a worker tells of a load that was disturbed; with `outage_ms` and `missed`, which are known here."""


@dataclass
class Striking:
    """The fault of a point, done when the worker asks for it; what became of it is kept, for it may raise nothing."""

    fault: Callable[[str], bool]
    outage_ms: float = 0.0
    missed: bool = False
    failure: BenchError | None = None

    def at(self, application_name: str) -> Callable[[], None]:
        """Does it to the connections of that name."""
        return partial(self._strike, application_name)

    def _strike(self, application_name: str) -> None:
        began = time.monotonic()
        try:
            self.missed = not self.fault(application_name)
        except BenchError as error:
            self.failure = error
        self.outage_ms = (time.monotonic() - began) * 1e3


def measure_disturbed(
    session: Session, scenario: ScenarioDescription, point: Point, strategies: Sequence[str], share: float
) -> PointResult:
    """Disturb loads of each strategy, in an order drawn anew each round, until the share is used up: one at least, ten
    at most. When it is interrupted, the result is what was measured, unfinished.

    Args:
        session: The worker and the databases.
        scenario: Whose point it is; it names the parameter whose value is the fault.
        point: The choice of parameters.
        strategies: Names of those to disturb.
        share: Seconds that the point may take.

    Raises:
        BenchError: The worker or the server failed, and no strategy is to blame.
    """
    began = time.monotonic()
    entrants = {name: name for name in strategies}
    contest = Contest(session, scenario, point, entrants, scenario.baseline, share, opens_strategies=False)
    if session.options.adds_time or session.options.processes > 1 or session.options.workers is not None:
        contest.notes.append("a load that is disturbed is driven by one process, with no time added")
    told: dict[str, list[Told]] = {name: [] for name in entrants}
    rounds, finished = 0, False
    if share < LOAD_S * len(entrants):
        contest.notes.append(NO_TIME)
        return PointResult(
            params=dict(point.params),
            strategies=[_result(one.strategy, [], None, None) for one in contest.contestants.values()],
            notes=contest.notes,
            cut_short=True,
        )
    random = Random(f"{session.options.seed}:{scenario.name}:{point}")
    try:
        contest.open()
        if session.server.dialect != "postgresql":
            for one in contest.running:
                one.verdict, one.reason = "skipped", NO_SERVER
        if contest.running:
            with _faults(session, scenario, point) as (database, striking):
                until = began + share
                while contest.running and rounds < MOST_LOADS and (rounds == 0 or _fits(began, rounds, until)):
                    _round(session, contest, database, striking, random, told, rounds)
                    rounds += 1
        contest.close()
        finished = True
    except KeyboardInterrupt:
        pass
    return PointResult(
        params=dict(point.params),
        strategies=[
            _result(one.strategy, told[alias], one.verdict, one.reason) for alias, one in contest.contestants.items()
        ],
        rounds=rounds,
        seconds=time.monotonic() - began,
        finished=finished,
        notes=contest.said,
    )


def not_counted(scenario: ScenarioDescription, point: Point, strategies: Sequence[str]) -> PointResult:
    """The point where nothing is measured, because nothing is counted of loads that are disturbed."""
    described = [_result(scenario.strategy(name), [], "skipped", NOT_COUNTED) for name in strategies]
    return PointResult(params=dict(point.params), strategies=described)


def _fits(began: float, rounds: int, until: float) -> bool:
    """Whether one more round is likely to end in time."""
    now = time.monotonic()
    return now + (now - began) / rounds <= until


def _round(
    session: Session,
    contest: Contest,
    database: Address,
    striking: Striking,
    random: Random,
    told: Mapping[str, list[Told]],
    number: int,
) -> None:
    order = list(contest.running)
    random.shuffle(order)
    for contestant in order:
        if not contestant.runs:
            continue
        session.watcher.step(f"disturbing {contestant.alias}")
        # None but its own connections have this name.
        name = f"{session.worker.application_name} {number}:{contestant.alias}"[:63]
        disturb = partial(_disturb, session, contestant, database, striking, name, number)
        answer = contest.survive(disturb, contestant)
        if striking.failure is not None:
            for one in contest.running:
                one.verdict, one.reason = "skipped", str(striking.failure)
            return
        if answer is None:
            continue
        if answer["disturbed"] is None:
            contestant.verdict, contestant.reason = "failed", "its load has too few units to be disturbed: one at least"
            continue
        load = answer["load"]
        told[contestant.alias].append(
            {
                **answer["disturbed"],
                "errors": load["errors"],
                "outage_ms": striking.outage_ms,
                "missed": striking.missed,
            }
        )


def _disturb(
    session: Session, contestant: Contestant, database: Address, striking: Striking, name: str, number: int
) -> Told:
    return session.worker.ask(
        "disturb",
        strike=striking.at(name),
        alias=contestant.alias,
        strategy=contestant.strategy.name,
        address=database.as_message(),
        driver=session.options.driver,
        application_name=name,
        number=number,
    )


@contextmanager
def _faults(session: Session, scenario: ScenarioDescription, point: Point) -> Iterator[tuple[Address, Striking]]:
    """Where loads go, and how the fault is done there: through a tap of its own where that is what fails."""
    server, database = session.server, session.clones.of(scenario)
    if not isinstance(server, PostgresServer):
        raise TypeError("who has no server has no strategy that runs here")
    fault = point.params[scenario.disturbed_by or ""]
    with ExitStack() as open_meanwhile:
        if fault == "restart":
            open_meanwhile.callback(session.clones.forget_statistics)

            def restart(_: str) -> bool:
                server.restart()
                return True

            yield database, Striking(restart)
        elif fault == "terminate":
            yield database, Striking(server.terminate_one)
        else:
            tap = open_meanwhile.enter_context(TapProcess())
            way = tap.open_way(server.reached(server.maintenance), counting=False)
            through = way.to(server.reached(database))
            yield through, Striking(lambda _: tap.cut(way) if fault == "cut" else tap.stall(way, STALL_S))


def _result(strategy: StrategyDescription, told: Sequence[Told], verdict: Any, reason: str | None) -> StrategyResult:
    described = StrategyResult(
        name=strategy.name,
        description=strategy.description,
        code=strategy.code,
        baseline=strategy.baseline,
        returns=strategy.returns,
        verdict=verdict,
        reason=reason,
    )
    return replace(described, disturbed=_together(told)) if told else described


def _together(told: Sequence[Told]) -> DisturbedResult:
    errors: Counter[str] = Counter()
    for one in told:
        errors.update(one["errors"])
    return DisturbedResult(
        units=told[0]["units"],
        lost=[one["lost"] for one in told],
        late=[one["late"] for one in told],
        slowest_ms=[one["slowest_ns"] / 1e6 for one in told],
        recovered_ms=[None if one["recovered_ns"] is None else one["recovered_ns"] / 1e6 for one in told],
        outage_ms=[one["outage_ms"] for one in told],
        errors=dict(errors),
        missed=sum(one["missed"] for one in told),
        late_before=sum(one["late_before"] for one in told),
    )
