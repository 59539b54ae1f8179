"""What runs under pytest of the harness: its session proves and counts a scenario in a worker of its own; what is timed
runs in pytest's process, on one event loop for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

from bench.description import ScenarioDescription
from bench.errors import BenchError
from bench.measurement import PointResult, StrategyResult
from bench.measuring.contest import Contest
from bench.measuring.options import Options
from bench.measuring.point import count_point
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from bench.own_code import where
from bench.points import Point, points
from bench.pytest_plugin.extra_info import extra_info
from bench.pytest_plugin.loop import Loop
from bench.pytest_plugin.timing import Limits, time_open
from bench.reports.formatting import parameters
from bench.scenario import Scenario, Strategy
from bench.worker.engines import Access
from bench.worker.places import Places
from bench.worker.point import OpenPoint

FLAGS = re.compile(r"(?<![\w-])--(database|driver|loop|scale|seed|setting|timeout)\b")
"""What messages name as it is on the command line of bench."""


class UnavailableError(BenchError):
    """Nothing can be proved: the database cannot be had, a worker refuses a module, or the dataset cannot be made."""


class UnfitError(BenchError):
    """A strategy that is not worth a time: it failed, or gives another result than the baseline."""


class Harness:
    """The harness for the length of a run of pytest. The server and the worker are opened at their first use.

    Args:
        options: What the run is asked for.
        wanted: The strategies that are selected, by the full name of their scenario.
        watcher: Is told of long work.
    """

    def __init__(self, options: Options, wanted: Mapping[str, Sequence[str]], watcher: Watcher) -> None:
        self._options = options
        self._wanted = wanted
        self._watcher = watcher
        self._closing = ExitStack()
        self._opened: tuple[Session, Loop] | None = None
        self._refused: UnavailableError | None = None
        self._scenarios: dict[str, ScenarioDescription] = {}
        self._counted: dict[str, PointResult | UnavailableError] = {}

    def judged(self, scenario: str, strategy: str) -> tuple[StrategyResult, PointResult]:
        """What proving and counting found of a strategy, and of the typical point; all that are wanted of its scenario
        are proved and counted at once, with the baseline.

        Raises:
            UnavailableError: Nothing could be proved of the scenario; it is not tried again.
        """
        if scenario not in self._counted:
            self._counted[scenario] = self._count(scenario)
        counted = self._counted[scenario]
        if isinstance(counted, UnavailableError):
            raise counted
        return next(one for one in counted.strategies if one.name == strategy), counted

    def time(self, name: str, scenario: Scenario, strategy: Strategy, benchmark: Any, limits: Limits) -> None:
        """Have `benchmark` time a strategy, grouped by its scenario and with its counters in `extra_info`.

        Raises:
            UnfitError: It failed, or gives another result than the baseline: its time would say nothing.
        """
        result, point = self.judged(name, strategy.name)
        session, loop = self._open()
        benchmark.group = name
        benchmark.params, benchmark.param = dict(point.params), parameters(point.params)
        benchmark.extra_info |= extra_info(
            point, result, strategy, self._options, session.server, session.surroundings["packages"]
        )
        if result.verdict is not None:
            # Within the fixture, so that pytest-benchmark knows of one that failed.
            benchmark.pedantic(_refuse, args=(_renamed(f"{result.verdict}: {result.reason}"),))
        if strategy.is_async:
            benchmark.extra_info |= {"loop": self._options.loop, "event_loop_us": round(loop.overhead_us, 1)}
        each_anew = bool(scenario.writes) or scenario.inputs is not None
        with self._open_strategy(name, scenario, strategy) as opened:
            time_open(loop, opened, strategy.name, benchmark, limits, is_async=strategy.is_async, each_anew=each_anew)

    def close(self) -> None:
        """Close the loop, end the worker, drop the databases of this run and let go of the server."""
        try:
            self._closing.close()
        except BenchError as error:
            self._watcher.say(_renamed(error))

    def _open(self) -> tuple[Session, Loop]:
        if self._refused is not None:
            raise self._refused
        if self._opened is None:
            try:
                session = self._closing.enter_context(Session(self._options, self._watcher))
                self._scenarios = session.scenarios()
                self._watcher.say("opening the database")
                server = session.server
            except BenchError as error:
                self._refused = UnavailableError(_renamed(error))
                raise self._refused from None
            version = f"PostgreSQL {server.version}" if server.dialect == "postgresql" else f"SQLite {server.version}"
            self._watcher.say(f"{server.kind}: {_renamed(server.reason)}; {version}")
            loop = Loop(self._options.loop)
            self._closing.callback(loop.close)
            self._opened = session, loop
        return self._opened

    def _count(self, name: str) -> PointResult | UnavailableError:
        try:
            session, _ = self._open()
            scenario = self._scenarios[name]
            wanted = {scenario.baseline, *self._wanted[name]}
            entrants = {one.name: one.name for one in scenario.strategies if one.name in wanted}
            self._watcher.say(f"proving and counting {name}")
            session.prepare(scenario)
            result = count_point(session, scenario, _typical(scenario), entrants, scenario.baseline)
        except BenchError as error:
            return UnavailableError(_renamed(error))
        if not result.finished:
            raise KeyboardInterrupt
        return result

    @contextmanager
    def _open_strategy(self, name: str, scenario: Scenario, strategy: Strategy) -> Iterator[OpenPoint]:
        """A point with one strategy open, in this process; a writer's clone is as it was when it is closed."""
        session, loop = self._open()
        described, alias, places = self._scenarios[name], strategy.name, Places()
        contest = Contest(
            session, described, _typical(described), {alias: alias}, described.baseline, 0.0, opens_strategies=False
        )
        contestant = contest.contestants[alias]
        writes, told = bool(scenario.writes), f"{session.worker.application_name} pytest"
        there, straight = contest.address_of(contestant), contest.database_of(contestant)
        driver = self._options.driver
        access = Access(places.known(there), strategy.driver or driver, told, writes)
        keeper = Access(places.known(straight), driver, f"{told} keeper", writes)
        (params,) = [point.params for point in points(scenario.params, scenario.typical)]
        opened = OpenPoint(scenario, name, params, self._options.seed, _silently)
        try:
            loop.run(opened.open(alias, strategy, access, keeper))
            yield opened
            failures, altered = loop.run(opened.close())
        except Exception as error:  # noqa: BLE001 - an author's strategy may raise anything
            loop.let_go(opened.abandon(alias))
            if writes:
                session.clones.drop(described, alias)
            raise UnfitError(_described(error, places, scenario.file)) from None
        except BaseException:
            loop.let_go(opened.abandon(alias))
            raise
        if writes and (failures or altered):
            session.clones.drop(described, alias)
        session.clones.release(described)
        for failure in failures.values():
            raise UnfitError(f"could not be closed: {_described(failure, places, scenario.file)}")


def _typical(scenario: ScenarioDescription) -> Point:
    (point,) = points(scenario.params, scenario.typical)
    return point


async def _silently(alias: str, event: Literal["call", "prepare", "disturb"]) -> None:
    """Announce nothing: nobody waits for a worker here."""


def _refuse(reason: str) -> None:
    raise UnfitError(reason)


def _renamed(said: object) -> str:
    """A message with flags as they are called here."""
    return FLAGS.sub(
        lambda flag: "--bench-database" if flag[1] == "database" else f"{flag[1]} in [tool.bench]", str(said)
    )


def _described(error: Exception, places: Places, file: str) -> str:
    """An exception in one line, with where it came from: what pytest would show of its frames has the arguments by
    which a driver connects.
    """
    if isinstance(error, BenchError):
        return places.hidden(str(error))
    said, place = places.said(error), where(error, {file})
    return f"{said} ({place})" if place is not None else said
