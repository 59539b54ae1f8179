"""Saving what was measured before an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.saving import save_before_failing
from bench.results.file import read_result
from bench.results.recording import Recording
from tests.unit.room import room_for
from tests.unit.test_journal import HEADER, measured


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """A run with one point of three, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    begun = Recording.start(HEADER, {}, Path("out.json"))
    begun.add("loading.a", measured(1))
    return begun


def test_an_error_leaves_a_result(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the result can be written, it is, and where it stands is said."""
    save_before_failing(recording, "measured")

    expected = "What was measured is saved in out.json: `bench run --resume` goes on with it\n"
    assert ("", expected) == capsys.readouterr()
    assert (True, True) == (read_result(Path("out.json")).interrupted, not recording.journal.exists())


def test_an_error_without_room_leaves_the_journal(recording: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the result finds no room, the journal is what is named: the error that is told is the one before."""
    with room_for(50):
        save_before_failing(recording, "counted")

    expected = "What was counted before is in out.journal: `bench run --resume` goes on with it\n"
    assert ("", expected) == capsys.readouterr()
    assert ["out.journal"] == [path.name for path in Path().iterdir()]
