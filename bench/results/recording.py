"""A run as it is recorded: each point goes into the journal when it is measured, and all of them into the result at
the end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bench.claim import Claim
from bench.errors import ResultError
from bench.judged_claims import judge
from bench.measurement import Environment, PointResult, Result, ScenarioResult
from bench.points import Point
from bench.results.file import RESULTS, hide_from_git, journal_path, remove_unfinished, result_path
from bench.results.journal import Finished, Journal, JournalHeader, JournalTakenError, point_line, read_resumable
from bench.results.seal import sealed
from bench.round_trip_time import with_measured

SAME_WHEN_RESUMED = ("python", "packages", "postgres", "cpu", "driver", "loop", "seed", "scale")
"""What must not have changed where a run goes on: points measured on something else do not belong in one result."""


class Recording:
    """What was measured so far. `add` each point, then `finish`.

    Args:
        header: What the run sets out to do.
        claims: The claims of each scenario, by its name.
        path: The result file.
        journal: The journal, open.
        finished: Points that an earlier part of the run measured, by the name of their scenario.
        before_s: Seconds that these took.

    Attributes:
        removed: What a run that was killed while it wrote this result had left beside it.
    """

    def __init__(
        self,
        header: JournalHeader,
        claims: Mapping[str, Sequence[Claim]],
        path: Path,
        journal: Journal,
        finished: Finished,
        before_s: float = 0.0,
    ) -> None:
        self.path = path
        self._header = header
        self._claims = claims
        self._points = {name: list(points) for name, points in finished.items()}
        self._before_s = before_s
        self._began = time.monotonic()
        self._journal = journal
        self.removed = remove_unfinished(path)

    @classmethod
    def start(cls, header: JournalHeader, claims: Mapping[str, Sequence[Claim]], path: Path | None = None) -> Recording:
        """A new recording, at `path` or in `.bench/results`, by a name that no other has.

        Raises:
            ResultError: The journal cannot be written, or there is one of another run.
        """
        header = replace(header, settings=sealed(header.settings))
        if path is None:
            hide_from_git(RESULTS.parent)
            return cls(header, claims, *_named(header), {})
        return cls(header, claims, path, Journal.create(journal_path(path), header), {})

    @classmethod
    def resume(
        cls, file: Path, environment: Environment, claims: Mapping[str, Sequence[Claim]], path: Path | None = None
    ) -> Recording:
        """Go on with a run that was cut off, from its journal or its result.

        Raises:
            ResultError: It cannot be read, or was measured in another environment; the message says what differs.
        """
        header, finished = _of_the_same(file, environment)
        is_journal = file.suffix == ".journal"
        path = path or (file.with_suffix(".json") if is_journal else file)
        if is_journal and journal_path(path).resolve() == file.resolve():
            journal = Journal.reopen(file)
            try:
                header, finished = _of_the_same(file, environment)  # as it is now that nobody else can write it
            except BaseException:
                journal.close()
                raise
            return cls(header, claims, path, journal, finished, _seconds_of(finished))
        journal = Journal.create(journal_path(path), header)
        recording = cls(header, claims, path, journal, {}, _seconds_of(finished))
        try:
            for name, points in finished.items():
                for point in points:
                    recording.add(name, point)
        except BaseException:
            recording.discard()  # all of it is in the file still
            raise
        return recording

    @property
    def journal(self) -> Path:
        """Where the points are kept until the result is written."""
        return self._journal.path

    @property
    def finished(self) -> set[tuple[str, Point]]:
        """The points that need not be measured any more, with the name of their scenario."""
        return {(name, _choice(point)) for name, points in self._points.items() for point in points if point.finished}

    def add(self, scenario: str, point: PointResult) -> None:
        """Keep a point; when this returns it is on the disk.

        Raises:
            ResultError: It cannot be encoded, and is not kept; or the disk is full, and the result may have it still.
        """
        line = point_line(scenario, point)
        self._points.setdefault(scenario, []).append(point)
        self._journal.append(line)

    def discard(self) -> None:
        """Leave nothing of it."""
        self._journal.discard()

    def result(self) -> Result:
        """The run as it stands, the claims judged on what was measured."""
        return Result(
            environment=self._header.environment,
            settings=self._header.settings,
            scenarios=[self.scenario(scenario.name) for scenario in self._header.scenarios],
            started=self._header.started,
            seconds=self._before_s + time.monotonic() - self._began,
            interrupted=not all(self.is_complete(scenario.name) for scenario in self._header.scenarios),
        )

    def finish(self) -> Result:
        """Write the result file, delete the journal, and return the result.

        Raises:
            ResultError: The result cannot be written; the journal stays.
        """
        result = self.result()
        self._journal.finish(self.path, result)
        return result

    def is_complete(self, name: str) -> bool:
        """Whether every point of a scenario is finished."""
        finished = [point for point in self._points.get(name, ()) if point.finished]
        return len(finished) >= len(self._header.planned.get(name, ()))

    def scenario(self, name: str) -> ScenarioResult:
        """A scenario as it stands, its claims judged; points that were not reached yet are there, unfinished."""
        scenario = next(one for one in self._header.scenarios if one.name == name)
        planned = self._header.planned.get(scenario.name, ())
        places = {point: place for place, point in enumerate(planned)}
        # Several that were counted at once are done in any order.
        points = sorted(self._points.get(scenario.name, []), key=lambda one: places.get(_choice(one), len(places)))
        reached = {_choice(point) for point in points}
        missing = [point for point in planned if point not in reached]
        claims = [
            judge(claim, points, self._header.settings.precision) for claim in self._claims.get(scenario.name, ())
        ]
        unreached = [PointResult(point.params, point.rtt_ms, finished=False) for point in missing]
        return replace(scenario, points=[*with_measured(points), *unreached], claims=claims)


def _choice(point: PointResult) -> Point:
    return Point(point.params, point.rtt_ms)


def _named(header: JournalHeader) -> tuple[Path, Journal]:
    """A result's name that no other run has, and the journal by which it is taken: of those that find the same name
    free, one alone can make its journal.
    """
    started = datetime.fromisoformat(header.started)
    while True:
        path = result_path(RESULTS, header.settings.selectors, started)
        try:
            journal = Journal.create(journal_path(path), header)
        except JournalTakenError:
            continue
        if not path.exists():
            return path, journal
        journal.discard()  # who had the name has ended meanwhile, and the result has it


def _seconds_of(finished: Finished) -> float:
    return sum(point.seconds for points in finished.values() for point in points)


def _of_the_same(file: Path, environment: Environment) -> tuple[JournalHeader, Finished]:
    """What there is to go on with.

    Raises:
        ResultError: It cannot be read, or was measured in another environment.
    """
    header, finished = read_resumable(file)
    for name in SAME_WHEN_RESUMED:
        if getattr(header.environment, name) != getattr(environment, name):
            raise ResultError(f"{file} was measured with another {name}: go on there, or start a new run")
    return header, finished
