"""The journal: what a run has measured so far, a line a point, so that a run that is cut off loses nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bench.errors import ResultError
from bench.measurement import SCHEMA, Environment, PointResult, Result, ScenarioResult, Settings
from bench.points import Point
from bench.results.encoding import decode, encode
from bench.results.file import check_schema, read_result, read_whole, write_result


@dataclass(frozen=True)
class JournalHeader:
    """What a run set out to do, from which it can be resumed: all of a result but the points.

    `scenarios` have no points; `planned` has those of each by its name, in the order in which they are measured.
    `settings.selectors` is what was selected.
    """

    environment: Environment
    settings: Settings
    scenarios: Sequence[ScenarioResult]
    planned: Mapping[str, Sequence[Point]]
    started: str = ""


Finished = Mapping[str, Sequence[PointResult]]
"""The points that were measured, by the name of their scenario, in the order in which they were."""


@dataclass(frozen=True)
class _HeaderLine:
    schema: int
    header: JournalHeader


@dataclass(frozen=True)
class _PointLine:
    scenario: str
    point: PointResult


@dataclass
class Journal:
    """A journal that is being written; made by `create` or `reopen`. Each line is on the disk when the call returns.

    Used as a context manager, it closes its file and leaves it where it is, for `--resume`.
    """

    path: Path
    _file: BinaryIO = field(repr=False)

    @classmethod
    def create(cls, path: Path, header: JournalHeader) -> Journal:
        """A new journal, in a folder that is made where it is not there.

        Raises:
            ResultError: There is one at `path`, of a run that was cut off; or it cannot be written.
        """
        line = encode(_HeaderLine(SCHEMA, header))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            journal = cls(path, path.open("xb"))
        except FileExistsError:
            raise ResultError(
                f"{path} is the journal of a run that was cut off: go on with it by --resume {path}, or delete it"
            ) from None
        except OSError as error:
            raise _unwritable(path, error) from error
        journal._append(line)
        return journal

    @classmethod
    def reopen(cls, path: Path) -> Journal:
        """The journal of a run that was cut off, to go on with; a last line that was cut short is taken away.

        Raises:
            ResultError: It is not a journal, is damaged, or cannot be written.
        """
        read_journal(path)
        try:
            file = path.open("r+b")
            file.truncate(file.read().rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
        except OSError as error:
            raise _unwritable(path, error) from error
        return cls(path, file)

    def point(self, scenario: str, point: PointResult) -> None:
        """Add a point that was measured.

        Raises:
            ResultError: It cannot be encoded, or the disk is full.
        """
        self._append(encode(_PointLine(scenario, point)))

    def finish(self, path: Path, result: Result) -> None:
        """Write the result that the journal was kept for, and only then delete the journal.

        Raises:
            ResultError: The result cannot be written; the journal is still there.
        """
        self.close()
        write_result(path, result)
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()

    def _append(self, line: bytes) -> None:
        try:
            self._file.write(line + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_journal(path: Path) -> tuple[JournalHeader, Finished]:
    """What a journal says, its last line left out where that was cut short.

    Raises:
        ResultError: Its first line is not whole or of another schema, or another line is no point of its scenarios.
    """
    lines = read_whole(path).split(b"\n")[:-1]  # what follows the last newline is a line that was cut short, or nothing
    if not lines:
        raise ResultError(
            f"{path} was cut off before its first line was whole: nothing was measured, start the run again"
        )
    where = f"line 1 of {path}"
    check_schema(lines[0], where, f"{path} is not a journal of `bench`")
    header = decode(lines[0], _HeaderLine, where).header
    finished: dict[str, list[PointResult]] = {scenario.name: [] for scenario in header.scenarios}
    for number, line in enumerate(lines[1:], start=2):
        where = f"line {number} of {path}"
        measured = decode(line, _PointLine, where)
        if measured.scenario not in finished:
            raise ResultError(f"{where} is of the scenario {measured.scenario!r}, which line 1 does not name")
        finished[measured.scenario].append(measured.point)
    return header, finished


def read_resumable(path: Path) -> tuple[JournalHeader, Finished]:
    """What `--resume` needs of a journal (`.journal`) or of an interrupted result: what was asked, what is finished.

    The planned points of a result are those that it lists, the unfinished ones among them.

    Raises:
        ResultError: It cannot be read, or is the result of a run that was not interrupted.
    """
    if path.suffix == ".journal":
        header, points = read_journal(path)
    else:
        result = read_result(path)
        if not result.interrupted:
            raise ResultError(f"{path} is complete: there is nothing to resume")
        header, points = _header_of(result), {scenario.name: scenario.points for scenario in result.scenarios}
    return header, {name: tuple(point for point in measured if point.finished) for name, measured in points.items()}


def _header_of(result: Result) -> JournalHeader:
    return JournalHeader(
        environment=result.environment,
        settings=result.settings,
        scenarios=tuple(replace(scenario, points=()) for scenario in result.scenarios),
        planned={
            scenario.name: tuple(Point(point.params, point.rtt_ms) for point in scenario.points)
            for scenario in result.scenarios
        },
        started=result.started,
    )


def _unwritable(path: Path, error: OSError) -> ResultError:
    return ResultError(f"cannot write {path}: {error.strerror or error}")
