"""The journal: what was measured before a run was cut off is read again, wherever the last line was cut."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ResultError
from bench.measurement import Environment, PointResult, Result, ScenarioResult, Settings, StrategyResult
from bench.points import Point
from bench.results.file import read_result, write_result
from bench.results.journal import Journal, JournalHeader, read_journal, read_resumable

ENVIRONMENT = Environment(
    python="3.11.2",
    packages={"sqlalchemy": "2.1.9"},
    postgres="18.1",
    settings={},
    cpu="a processor",
    cores=2,
    kernel="Linux 6.1",
    git=None,
    database="embedded",
    driver="asyncpg",
    gc="collected before each sample",
    loop="asyncio",
    seed=1,
    scale=1,
)
HEADER = JournalHeader(
    environment=ENVIRONMENT,
    settings=Settings(selectors=("loading",)),
    scenarios=(ScenarioResult("loading.a", question="Which?\n“ä”"), ScenarioResult("loading.b")),
    planned={"loading.a": (Point({"n": 1}), Point({"n": 2}, 5.0)), "loading.b": (Point({}),)},
    started="2026-11-22T09:31:00+00:00",
)


def measured(number: int) -> PointResult:
    """A point that was measured."""
    strategies = (
        StrategyResult("lazy\u2028\n", baseline=True, samples_ns=(number, 2)),
        StrategyResult("joined", ratio=0.5),
    )
    return PointResult({"n": number}, strategies=strategies, winners=("joined",), rounds=2)


POINTS = [("loading.a", measured(1)), ("loading.b", measured(2)), ("loading.a", measured(3))]


def written(path: Path) -> bytes:
    """A journal of three points, as bytes."""
    with Journal.create(path, HEADER) as journal:
        for scenario, point in POINTS:
            journal.point(scenario, point)
    return path.read_bytes()


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The header and the points come back, the points by their scenario in the order in which they were measured."""
    written(tmp_path / "x.journal")
    header, points = read_journal(tmp_path / "x.journal")
    assert header == HEADER
    assert points == {"loading.a": [measured(1), measured(3)], "loading.b": [measured(2)]}


def test_each_line_is_there_when_the_call_returns(tmp_path: Path) -> None:
    """A point can be read by others while the journal is still open."""
    path = tmp_path / "folder" / "x.journal"
    with Journal.create(path, HEADER) as journal:
        assert read_journal(path)[1] == {"loading.a": [], "loading.b": []}
        journal.point("loading.b", measured(2))
        assert read_journal(path)[1] == {"loading.a": [], "loading.b": [measured(2)]}


with TemporaryDirectory() as _folder:
    WRITTEN = written(Path(_folder) / "x.journal")
ENDS = [place + 1 for place, byte in enumerate(WRITTEN) if byte == ord("\n")]


@given(st.integers(0, len(WRITTEN)))
def test_a_journal_may_be_cut_at_any_byte(length: int) -> None:
    """Cut anywhere, a journal gives the points of the lines that are whole, or says that nothing was measured."""
    whole = sum(end <= length for end in ENDS)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.journal"
        path.write_bytes(WRITTEN[:length])
        if whole == 0:
            with pytest.raises(ResultError, match="nothing was measured"):
                read_journal(path)
        else:
            points = read_journal(path)[1]
            kept = POINTS[: whole - 1]
            assert points == {name: [p for s, p in kept if s == name] for name in ("loading.a", "loading.b")}


@given(st.integers(ENDS[0], len(WRITTEN)))
def test_a_cut_journal_goes_on(length: int) -> None:
    """Reopened wherever it was cut, a journal takes further points after those that were whole."""
    whole = sum(end <= length for end in ENDS)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.journal"
        path.write_bytes(WRITTEN[:length])
        with Journal.reopen(path) as journal:
            for scenario, point in POINTS[whole - 1 :]:
                journal.point(scenario, point)
        assert path.read_bytes() == WRITTEN


def test_a_damaged_line_is_not_passed_over(tmp_path: Path) -> None:
    """A line in the midst that is damaged is refused with its number, since more than the end of the run is lost."""
    path = tmp_path / "x.journal"
    lines = written(path).split(b"\n")
    path.write_bytes(b"\n".join([lines[0], lines[1][:50], *lines[2:]]))
    with pytest.raises(ResultError, match=r"^line 2 of .*x\.journal is cut short"):
        read_journal(path)


def test_a_point_of_an_unknown_scenario_is_refused(tmp_path: Path) -> None:
    """A point of a scenario that the header does not name is refused with its line."""
    path = tmp_path / "x.journal"
    with Journal.create(path, HEADER) as journal:
        journal.point("loading.c", measured(1))
    with pytest.raises(
        ResultError, match=r"^line 2 of .* is of the scenario 'loading\.c', which line 1 does not name$"
    ):
        read_journal(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"points":[]}\n', r"^.*x\.journal is not a journal of `bench`: it has no `schema`$"),
        (b'{"schema":7,"header":{}}\n', r"^line 1 of .* has schema 7 and this version of querybench reads schema 1: "),
        (b'{"schema":1}\n', r"^line 1 of .*: Object missing required field `header`$"),
        (b"\x00\x00\n", r"^line 1 of .* is not JSON: "),
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Each way of being no journal has its own line."""
    path = tmp_path / "x.journal"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=message):
        read_journal(path)


def test_a_journal_is_never_overwritten(tmp_path: Path) -> None:
    """A journal that a run left is not overwritten by the next: the message says how to go on with it."""
    path = tmp_path / "x.journal"
    before = written(path)
    with pytest.raises(ResultError, match=r"was cut off: go on with it by --resume .*x\.journal, or delete it$"):
        Journal.create(path, HEADER)
    assert path.read_bytes() == before


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that cannot be written is an error in one line."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with Journal.create(tmp_path / "x.journal", HEADER) as journal:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(ResultError, match=r"^cannot write .*x\.journal: No space left on device$"):
            journal.point("loading.a", measured(1))


def test_the_journal_goes_when_the_result_is_there(tmp_path: Path) -> None:
    """The journal is deleted when its result is written, and kept when that cannot be."""
    path, result = tmp_path / "x.journal", Result(ENVIRONMENT)
    journal = Journal.create(path, HEADER)
    with pytest.raises(ResultError, match="cannot write"):
        journal.finish(path / "below" / "a_file.json", result)
    assert path.exists()
    journal.finish(tmp_path / "x.json", result)
    assert [found.name for found in tmp_path.iterdir()] == ["x.json"]
    assert read_result(tmp_path / "x.json") == result


def test_an_interrupted_result_can_be_resumed(tmp_path: Path) -> None:
    """The result of an interrupted run gives what its journal gave: what was planned, and the finished points."""
    missing = PointResult({"n": 2}, 5.0, finished=False)
    scenarios = (
        ScenarioResult("loading.a", question="Which?", points=(measured(1), missing)),
        ScenarioResult("loading.b", points=(PointResult({}, finished=False),)),
    )
    path = tmp_path / "x.json"
    write_result(path, Result(ENVIRONMENT, Settings(selectors=("loading",)), scenarios, interrupted=True))
    header, points = read_resumable(path)
    assert points == {"loading.a": (measured(1),), "loading.b": ()}
    assert header.planned == {"loading.a": (Point({"n": 1}), Point({"n": 2}, 5.0)), "loading.b": (Point({}),)}
    assert header.settings.selectors == ("loading",)
    assert [(one.name, one.question, one.points) for one in header.scenarios] == [
        ("loading.a", "Which?", ()),
        ("loading.b", "", ()),
    ]


def test_a_journal_can_be_resumed(tmp_path: Path) -> None:
    """A journal gives its header and its finished points; one that was broken off is measured again."""
    path = tmp_path / "x.journal"
    with Journal.create(path, HEADER) as journal:
        journal.point("loading.a", measured(1))
        journal.point("loading.a", PointResult({"n": 2}, 5.0, finished=False))
    assert read_resumable(path) == (HEADER, {"loading.a": (measured(1),), "loading.b": ()})


def test_what_no_run_can_have_written_is_not_gone_on_with(tmp_path: Path) -> None:
    """A journal, as an interrupted result, whose finished points have a time below 0 or twice the same is refused."""
    below = PointResult({"n": 1}, strategies=(StrategyResult("lazy", baseline=True, median_ms=-1.0),))
    for points, complaint in (((below,), "median_ms"), ((measured(1), measured(1)), "it is there twice")):
        journal, result = tmp_path / f"{len(points)}.journal", tmp_path / f"{len(points)}.json"
        with Journal.create(journal, HEADER) as writing:
            for point in points:
                writing.point("loading.a", point)
        scenarios = (ScenarioResult("loading.a", points=points),)
        write_result(result, Result(ENVIRONMENT, HEADER.settings, scenarios, interrupted=True))
        for path in (journal, result):
            with pytest.raises(ResultError, match=complaint):
                read_resumable(path)


def test_a_complete_result_is_not_resumed(tmp_path: Path) -> None:
    """A result of a run that was not interrupted says that there is nothing to resume."""
    path = tmp_path / "x.json"
    write_result(path, Result(ENVIRONMENT))
    with pytest.raises(ResultError, match=r"^.*x\.json is complete: there is nothing to resume$"):
        read_resumable(path)


def test_a_journal_that_is_interrupted_as_it_is_made_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has it yet, who would delete it."""

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.results.journal.sync_folder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Journal.create(tmp_path / "x.journal", HEADER)
    assert [] == list(tmp_path.iterdir())
