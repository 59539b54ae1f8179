"""Saving what was measured: an interruption waits for it, and an error leaves what there is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cli.interruption import Interruption
from bench.cli.saving import save_before_failing, saved
from bench.results.file import read_result
from bench.results.recording import Recording
from tests.unit.room import room_for
from tests.unit.test_journal import HEADER, measured

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """A run with one point of three, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    begun = Recording.start(HEADER, {}, Path("out.json"))
    begun.add("loading.a", measured(1))
    return begun


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[..., object]]]:
    """The handlers of the command line, and those of before afterwards."""
    monkeypatch.setattr("sys.unraisablehook", None)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    Interruption().install()
    yield [signal.getsignal(number) for number in SIGNALS]
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interruption_waits_until_the_result_is_written(
    recording: Recording,
    handlers: list[Callable[..., object]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: signal.Signals,
) -> None:
    """One that comes while the file is written is told to whoever saves; the next one knows that the end has begun."""
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        signal.raise_signal(number)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    result, is_late = saved(recording)

    assert (True, True) == (is_late, result.interrupted)
    assert [True, False] == [point.finished for point in read_result(Path("out.json")).scenarios[0].points]
    assert not recording.journal.exists()
    assert handlers == [signal.getsignal(one) for one in SIGNALS]
    signal.raise_signal(number)
    assert "bench: stopping, one moment\n" == capfd.readouterr().err


@pytest.mark.usefixtures("handlers")
def test_what_nobody_interrupts_is_not_interrupted(recording: Recording) -> None:
    """Without a signal there is nothing to tell, and the next one interrupts."""
    assert not saved(recording)[1]

    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


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
