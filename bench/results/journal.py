"""The journal: what a run has measured so far, a line a point, so that a run that is cut off loses nothing."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.errors import ResultError
from bench.measurement import SCHEMA, Environment, PointResult, Result, ScenarioResult, Settings
from bench.points import Point
from bench.results.encoding import decode, encode
from bench.results.file import check_schema, journal_path, read_result, read_whole, sync_folder, write_result
from bench.results.limits import refuse_odd_request
from bench.results.plausible import refuse_implausible

_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a file system says that has no locks: there nobody can tell two runs apart, and one is no less a run."""


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


class JournalTakenError(ResultError):
    """There is a journal already where one was to be: another run's, or that of one that was cut off."""


@dataclass
class Journal:
    """A journal that is being written; made by `create` or `reopen`. Each line is on the disk when the call returns.

    It is one run's alone while it is open: the kernel lets go of its lock however the run ends. Its owner alone can
    read it. Used as a context manager, it closes its file and leaves it where it is, for `--resume`.
    """

    path: Path
    _file: FileIO = field(repr=False)
    _end: int = field(default=0, repr=False)

    @classmethod
    def create(cls, path: Path, header: JournalHeader) -> Journal:
        """A new journal, in a folder that is made where it is not there.

        Raises:
            JournalTakenError: There is one at `path`.
            ResultError: It cannot be written; then none is there.
        """
        line = encode(_HeaderLine(SCHEMA, header))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            journal = cls(path, _opened(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise _taken(path) from None
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            journal.append(line)
            sync_folder(path.parent)
        except BaseException:
            journal.discard()
            raise
        return journal

    @classmethod
    def reopen(cls, path: Path) -> Journal:
        """The journal of a run that was cut off, to go on with; a last line that was cut short is taken away.

        Raises:
            JournalTakenError: Another run writes it.
            ResultError: It is not a journal, is damaged, cannot be written, or has become its result by now.
        """
        try:
            file = _opened(path)
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            read_journal(path)
            end = file.read().rfind(b"\n") + 1
            file.truncate(end)
            file.seek(end)
        except BaseException as error:
            file.close()
            if isinstance(error, OSError):
                raise _unwritable(path, error) from error
            raise
        return cls(path, file, end)

    def point(self, scenario: str, point: PointResult) -> None:
        """Add a point that was measured.

        Raises:
            ResultError: It cannot be encoded, or the disk is full.
        """
        self.append(point_line(scenario, point))

    def append(self, line: bytes) -> None:
        """Add a line. One that cannot be written whole is taken back, so that the journal is as it was before.

        Raises:
            ResultError: The disk is full.
        """
        try:
            self._take_back()  # of a line that was interrupted
            left = memoryview(line + b"\n")
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with suppress(OSError):  # a last line that is cut short is passed over by who reads
                self._take_back()
            raise _unwritable(self.path, error) from error
        self._end += len(line) + 1

    def finish(self, path: Path, result: Result) -> None:
        """Write the result that the journal was kept for, and only then delete the journal; let go of it in any case.

        Raises:
            ResultError: The result cannot be written; the journal is still there.
        """
        try:
            write_result(path, result)
        except ResultError as error:
            self.close()
            raise ResultError(
                f"{error}; what was measured is in {self.path}: `bench run --resume {self.path}` writes it when that"
                " is mended"
            ) from error
        self.discard()

    def discard(self) -> None:
        """Delete it and let go of it: what is in it is elsewhere, or nothing is."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise ResultError(f"cannot remove {self.path}: {error.strerror or error}") from error
        finally:
            self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()

    def _take_back(self) -> None:
        if self._file.tell() != self._end:
            self._file.truncate(self._end)
            self._file.seek(self._end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def point_line(scenario: str, point: PointResult) -> bytes:
    """The line of a point.

    Raises:
        ResultError: It cannot be encoded.
    """
    return encode(_PointLine(scenario, point))


def refuse_in_use(file: Path) -> None:
    """Refuse a journal that a run writes, or the result of one that a run goes on with.

    Raises:
        JournalTakenError: It says what to do.
    """
    journal = file if file.suffix == ".journal" else journal_path(file)
    try:
        with journal.open("rb", buffering=0) as opened:
            is_free = _hold(opened)
    except OSError:
        return  # there is none, or whoever reads it says why it cannot
    if not is_free:
        raise _in_use(journal)


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
        ResultError: It cannot be read, is the result of a run that was not interrupted, asks for what no run can be, or
            has points that no run can have written.
    """
    if path.suffix == ".journal":
        header, points = read_journal(path)
    else:
        result = read_result(path)
        if not result.interrupted:
            raise ResultError(f"{path} is complete: there is nothing to resume")
        header, points = _header_of(result), {scenario.name: scenario.points for scenario in result.scenarios}
    refuse_odd_request(header.settings, header.environment, str(path))
    finished = {name: tuple(point for point in measured if point.finished) for name, measured in points.items()}
    refuse_implausible(_result_of(header, finished), str(path))
    return header, finished


def _result_of(header: JournalHeader, points: Finished) -> Result:
    return Result(
        header.environment,
        header.settings,
        [replace(scenario, points=points[scenario.name]) for scenario in header.scenarios],
        header.started,
    )


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


def _opened(path: Path, how: int = 0) -> FileIO:
    """A journal's file, for this run alone.

    Raises:
        JournalTakenError: Another run has it.
        ResultError: It was removed meanwhile.
        OSError: It cannot be opened.
    """
    file = os.fdopen(os.open(path, os.O_RDWR | how, 0o600), "r+b", buffering=0)
    try:
        if not _hold(file, waits=bool(how & os.O_EXCL)):
            raise _in_use(path)
        if not _is_at(path, file):
            raise ResultError(f"{path} is no more: the run that wrote it has ended meanwhile, and its result is there")
    except BaseException:
        file.close()
        raise
    return file


def _hold(file: FileIO, *, waits: bool = False) -> bool:
    """Take the lock of a journal until it is closed; whether nobody else has it. A journal that was just made can be
    waited for: others only look whose it is.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
    return True


def _is_at(path: Path, file: FileIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _taken(path: Path) -> JournalTakenError:
    """What is said where there is a journal already."""
    try:
        with path.open("rb", buffering=0) as file:
            is_free = _hold(file)
    except OSError:
        is_free = True  # of somebody else, or no file at all
    if not is_free:
        return _in_use(path, ", or name another file with --output")
    return JournalTakenError(
        f"{path} is the journal of a run that was cut off: go on with it by --resume {path}, or delete it"
    )


def _in_use(path: Path, otherwise: str = "") -> JournalTakenError:
    return JournalTakenError(f"{path} is being written by a run that goes on: wait until it has ended{otherwise}")


def _unwritable(path: Path, error: OSError) -> ResultError:
    return ResultError(f"cannot write {path}: {error.strerror or error}")
