"""A run: every selected scenario at every point asked for, within one budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from bench.description import ScenarioDescription
from bench.discovery import close_to
from bench.errors import DatabaseError, UsageError
from bench.measurement import Environment, PointResult
from bench.measuring import machine
from bench.measuring.budgets import selected_with_budgets
from bench.measuring.faults import measure_disturbed, not_counted
from bench.measuring.fleets import refuse_contradictions
from bench.measuring.interruptions import interruptions_put_off
from bench.measuring.lanes import Together, side_by_side
from bench.measuring.neighbours import MEASURED, measuring
from bench.measuring.options import Options
from bench.measuring.point import count_point, measure_point
from bench.measuring.session import ServerLostError, Session
from bench.measuring.watching import Watcher
from bench.points import Point, parse_values, points

LEAST_SHARE = 0.2
"""The part of an even share that a point has in any case, though those before it took more than theirs: else the last
of a long run would have no time at all.
"""

MOST_JOBS = 4
"""Points that are counted at once unless more are asked for: each takes some forty connections."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Planned:
    """One point of a run, with the strategies to measure at it."""

    scenario: ScenarioDescription
    strategies: Sequence[str]
    point: Point


class Run:
    """A context manager that holds what a run needs; `plan` says what it will measure, `measure` does it.

    Raises:
        BenchError: On entering or planning: a selector that matches nothing, a scenario that is refused, no database.
    """

    def __init__(self, options: Options, watcher: Watcher) -> None:
        self.options = options
        self._watcher = watcher
        self._session = Session(options, watcher)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.__exit__(kind, error, trace)

    def plan(self) -> list[Planned]:
        """The points of the run, scenario by scenario.

        Raises:
            UsageError: A selector that matches nothing, of the run or of a budget, a parameter that no selected
                scenario has, or time to be added where there is no wire.
        """
        refuse_contradictions(self.options)
        selected = selected_with_budgets(self._session)
        writer = next((scenario.name for scenario, _ in selected if scenario.writes), None)
        if self.options.existing and writer is not None:
            raise UsageError(
                f"--existing: {writer} writes, and an existing database is never written: select what reads, or leave"
                " --existing out and have a database made"
            )
        known = {name for scenario, _ in selected for name in scenario.params}
        for name in self.options.chosen:
            if name not in known:
                raise UsageError(f"--set {name}: no selected scenario has that parameter{close_to(name, known)}")
        if self.options.rtts_ms and self._session.tapping is None:
            raise UsageError(
                "--rtt: SQLite runs inside the worker, so there are no round trips to lengthen: leave --rtt out, or"
                " choose a PostgreSQL with --database"
            )
        return [
            Planned(scenario, strategies, point)
            for scenario, strategies in selected
            for point in points(
                scenario.params,
                scenario.typical,
                self.options.grid,
                self._chosen(scenario),
                self.options.rtts_ms if scenario.disturbed_by is None else (),
            )
        ]

    def _chosen(self, scenario: ScenarioDescription) -> dict[str, list[Any]]:
        return {
            name: parse_values(name, text, scenario.params)
            for name, text in self.options.chosen.items()
            if name in scenario.params
        }

    @property
    def processes(self) -> int:
        """How many processes drive each load; starts them, or finds the workers that do, where there are several.

        Raises:
            BenchError: They cannot be had, or are no good.
        """
        fleet = self._session.fleet
        return fleet.size if fleet is not None else 1

    def environment(self) -> Environment:
        """Where the run measures; opens the database, while the worker for memory starts.

        Raises:
            DatabaseError: The database cannot be had.
        """
        if self.options.measures_memory:
            self._session.memory.start_early()
        server, around = self._session.server, self._session.surroundings
        return Environment(
            python=around["python"],
            packages=around["packages"],
            postgres=server.version if server.dialect == "postgresql" else None,
            settings=dict(server.settings()),
            cpu=machine.cpu(),
            cores=machine.cores(),
            kernel=machine.kernel(),
            git=machine.git_revision(),
            database=f"{server.kind}: {server.reason}",
            driver=self.options.driver if server.dialect == "postgresql" else "aiosqlite",
            gc=around["gc"],
            loop=around["loop"],
            seed=self.options.seed,
            scale=self.options.scale,
            pinned=self.options.pin,
        )

    def measure(
        self, planned: Sequence[Planned], done: Collection[tuple[str, Point]] = ()
    ) -> Iterator[tuple[ScenarioDescription, PointResult]]:
        """Measure the points that are not `done` yet. A point that was interrupted comes unfinished, and is the
        last; so does one whose server was lost, after which that is raised.

        Raises:
            ServerLostError: The server ended meanwhile, and did not come back.
            BenchError: The worker or the server failed, and no strategy is to blame.
        """
        with measuring(self._watcher.say) as others:
            yield from self._measure(planned, done, others)

    def _measure(
        self, planned: Sequence[Planned], done: Collection[tuple[str, Point]], others: Callable[[], int]
    ) -> Iterator[tuple[ScenarioDescription, PointResult]]:
        left = [one for one in planned if (one.scenario.name, one.point) not in done]
        for one in left:
            self._session.prepare(one.scenario)
        budget = self.options.budget if self.options.budget is not None else self.options.budget_a_point * len(left)
        deadline = time.monotonic() + budget
        before, known = None, None
        for number, one in enumerate(left):
            share = max((deadline - time.monotonic()) / (len(left) - number), budget / len(left) * LEAST_SHARE)
            self._watcher.point_started(one.scenario.name, one.point, number + 1, len(left))
            entrants, lost = {name: name for name in one.strategies}, self._session.lost_s
            baseline, precision = one.scenario.baseline, self.options.precision
            load, had_others = machine.load_per_core(), others() > 0
            # Proof and counts hold at each round-trip time.
            choice = (one.scenario.name, dict(one.point.params))
            if one.scenario.disturbed_by is not None:
                result = measure_disturbed(self._session, one.scenario, one.point, one.strategies, share)
                with interruptions_put_off():  # until whoever asked has the point
                    self._watcher.point_finished(one.scenario.name, result)
                    yield one.scenario, result
                if not result.finished:
                    return
                continue
            measure = partial(
                measure_point,
                self._session,
                one.scenario,
                one.point,
                entrants,
                baseline,
                share,
                precision,
                known if choice == before else None,
            )
            result, known = _outliving(self._session, one, measure)
            with interruptions_put_off():  # until whoever asked has the point
                before = choice
                noise = [MEASURED] if had_others or others() else []
                result = replace(result, load_per_core=load, notes=[*result.notes, *noise])
                self._watcher.point_finished(one.scenario.name, result)
                deadline += self._session.lost_s - lost
                yield one.scenario, result
            if self._session.lost_server is not None:
                raise self._session.lost_server
            if not result.finished:
                return

    def count(
        self, planned: Sequence[Planned], done: Collection[tuple[str, Point]] = ()
    ) -> Iterator[tuple[ScenarioDescription, PointResult]]:
        """Prove and count at the points that are not `done` yet, and time nothing; several at once, each as soon as it
        is done. Points that were interrupted come unfinished, and are the last.
        """
        left = [one for one in planned if (one.scenario.name, one.point) not in done]
        own, lanes = self._session, min(self._jobs(), len(left))
        if lanes > 1:
            own.watcher, own.clones.shares_server = Together(self._watcher), True

        def count_one(session: Session, number: int, one: Planned) -> PointResult:
            if one.scenario.disturbed_by is None:
                session.prepare(one.scenario)
            session.watcher.point_started(one.scenario.name, one.point, number + 1, len(left))
            if one.scenario.disturbed_by is not None:
                result = not_counted(one.scenario, one.point, one.strategies)
            else:
                entrants = {name: name for name in one.strategies}
                count = partial(count_point, session, one.scenario, one.point, entrants, one.scenario.baseline)
                result = _outliving(session, one, count)
            session.watcher.point_finished(one.scenario.name, result)
            return result

        sessions: list[Callable[[], AbstractContextManager[Session]]] = [lambda: nullcontext(own)]
        sessions += [own.another] * (lanes - 1)
        with measuring(), closing(side_by_side(left, sessions[:lanes], count_one)) as counted:
            for one, result in counted:
                yield one.scenario, result

    def _jobs(self) -> int:
        """How many points are counted at once: one a core, but one on a server that is not the harness's own, where
        connections may be few.
        """
        server = self._session.server
        return self.options.jobs or (1 if server.kind == "url" else min(machine.cores(), MOST_JOBS))


def _outliving(session: Session, one: Planned, make: Callable[[], Made]) -> Made:
    """What is made at a point; made anew, once, where the server has ended while no strategy was asked for anything.

    Raises:
        BenchError: The server refused something, or is lost.
    """
    try:
        return make()
    except DatabaseError as error:
        if isinstance(error, ServerLostError) or session.outlive() is None:
            raise
        for owner in one.strategies if one.scenario.writes else ():
            with suppress(DatabaseError):
                session.clones.drop(one.scenario, owner)
        session.replace_worker()
        return make()
