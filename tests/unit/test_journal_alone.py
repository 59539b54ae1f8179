"""A journal is one run's alone while that goes on, and what finds no room on the disk leaves it as it was."""

from __future__ import annotations

import fcntl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import FileIO
from pathlib import Path
from threading import Barrier

import pytest

from bench.errors import ResultError
from bench.measurement import Result
from bench.results.file import read_result
from bench.results.journal import Journal, JournalTakenError, read_journal, refuse_in_use
from bench.results.recording import Recording
from tests.unit.room import room_for
from tests.unit.test_journal import ENVIRONMENT, HEADER, measured

AT_ONCE, EACH = 8, 4


def test_a_journal_that_is_written_is_nobody_elses(tmp_path: Path) -> None:
    """While a run writes its journal, another is told to wait, whether it would go on with it or begin one there."""
    path = tmp_path / "x.journal"
    expected = f"{path} is being written by a run that goes on: wait until it has ended"

    with Journal.create(path, HEADER):
        with pytest.raises(JournalTakenError) as reopened:
            Journal.reopen(path)
        with pytest.raises(JournalTakenError) as asked:
            refuse_in_use(path)
        with pytest.raises(JournalTakenError) as of_its_result:
            refuse_in_use(tmp_path / "x.json")
        with pytest.raises(JournalTakenError) as created:
            Journal.create(path, HEADER)

    assert [expected] * 3 == [str(one.value) for one in (reopened, asked, of_its_result)]
    assert f"{expected}, or name another file with --output" == str(created.value)


def test_a_journal_is_let_go_of_when_it_is_closed(tmp_path: Path) -> None:
    """A journal that its run has closed can be gone on with, and is taken again while somebody does."""
    path = tmp_path / "x.journal"
    Journal.create(path, HEADER).close()
    refuse_in_use(path)

    with Journal.reopen(path), pytest.raises(JournalTakenError, match="is being written by a run that goes on"):
        refuse_in_use(path)


def test_a_journal_that_became_its_result_meanwhile_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who opened a journal just before its run ended does not write into a file that nobody can find any more."""
    path = tmp_path / "x.journal"
    Journal.create(path, HEADER).close()
    lock = fcntl.flock

    def ended_meanwhile(file: FileIO, how: int) -> None:
        path.unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", ended_meanwhile)
    with pytest.raises(ResultError, match=r"x\.journal is no more: the run that wrote it has ended meanwhile"):
        Journal.reopen(path)


def test_a_journal_is_its_owners_alone(tmp_path: Path) -> None:
    """Other users of the machine cannot read what is not published yet."""
    path = tmp_path / "x.journal"
    Journal.create(path, HEADER).close()

    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_line_that_finds_no_room_is_taken_back(tmp_path: Path, room: int) -> None:
    """Where the disk is full in the midst of a line, the journal is as it was, and takes it when there is room."""
    path = tmp_path / "x.journal"
    with Journal.create(path, HEADER) as journal:
        journal.point("loading.a", measured(1))
        before = path.read_bytes()
        with (
            room_for(len(before) + room),
            pytest.raises(ResultError, match=r"^cannot write .*x\.journal: File too large$"),
        ):
            journal.point("loading.b", measured(2))
        assert before == path.read_bytes()

        journal.point("loading.b", measured(2))

    assert {"loading.a": [measured(1)], "loading.b": [measured(2)]} == read_journal(path)[1]


def test_a_journal_that_finds_no_room_for_its_first_line_is_not_there(tmp_path: Path) -> None:
    """Nothing was measured, so that nothing is left which the next run would have to be told of."""
    with room_for(10), pytest.raises(ResultError, match=r"^cannot write .*x\.journal: File too large$"):
        Journal.create(tmp_path / "x.journal", HEADER)

    assert [] == list(tmp_path.iterdir())


def test_a_result_that_finds_no_room_stays_in_its_journal(tmp_path: Path) -> None:
    """The message says what to do when there is room; nothing half written is left, and then the result is written."""
    path, result = tmp_path / "x.journal", Result(ENVIRONMENT)
    journal = Journal.create(path, HEADER)

    with room_for(50), pytest.raises(ResultError) as refused:
        journal.finish(tmp_path / "x.json", result)

    assert (
        f"cannot write {tmp_path / 'x.json'}: File too large; what was measured is in {path}:"
        f" `bench run --resume {path}` writes it when that is mended"
    ) == str(refused.value)
    assert ["x.journal"] == [found.name for found in tmp_path.iterdir()]

    journal.finish(tmp_path / "x.json", result)
    assert ["x.json"] == [found.name for found in tmp_path.iterdir()]
    assert result == read_result(tmp_path / "x.json")


def test_a_folder_that_is_a_file_is_no_journal(tmp_path: Path) -> None:
    """Where the folder cannot be made, no journal of another run is spoken of."""
    (tmp_path / "file").touch()

    with pytest.raises(ResultError, match=r"^cannot write .*x\.journal: File exists$"):
        Journal.create(tmp_path / "file" / "x.journal", HEADER)


def test_runs_that_begin_at_once_have_names_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs of the same begin and end in a minute, each has its result, and none takes another's place."""
    monkeypatch.chdir(tmp_path)
    together = Barrier(AT_ONCE, timeout=60)

    def runs(number: int) -> None:
        for each in range(EACH):
            together.wait()
            header = replace(HEADER, environment=replace(ENVIRONMENT, seed=number * EACH + each))
            Recording.start(header, {}).finish()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(runs, range(AT_ONCE)))

    written = sorted((tmp_path / ".bench" / "results").iterdir())
    assert AT_ONCE * EACH == len(written)
    assert set(range(AT_ONCE * EACH)) == {read_result(path).environment.seed for path in written}
