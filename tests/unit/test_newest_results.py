"""Which result is the newest, where the times of files say one thing and what is in them another."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.results.file import newest_results, write_result
from tests.unit import pages

NOW = int(time.time())
HOUR = 3600


def written(path: Path, when: float, started: str = "") -> Path:
    """A result that was written then, in seconds since 1970, and says when its run started."""
    write_result(path, pages.result(started=started))
    os.utime(path, (when, when))
    return path


def names(folder: Path) -> list[str]:
    """The results there, the newest first."""
    return [path.stem for path in newest_results(folder)]


def test_copies_are_ordered_by_when_their_runs_started(tmp_path: Path) -> None:
    """Files that were copied one right after the other say nothing by their times; what is in them does."""
    written(tmp_path / "second.json", NOW, "2026-11-22T10:00:00+00:00")
    written(tmp_path / "third.json", NOW + 1, "2026-11-22T13:00:00+02:00")
    written(tmp_path / "first.json", NOW + 2, "2026-11-22T09:59:59+00:00")

    assert ["third", "second", "first"] == names(tmp_path)


def test_what_was_resumed_last_is_the_newest(tmp_path: Path) -> None:
    """A run that was gone on with after another was measured is newer than that one, though it started before it."""
    written(tmp_path / "resumed.json", NOW, "2026-11-22T09:00:00+00:00")
    written(tmp_path / "other.json", NOW - HOUR, "2026-11-22T10:00:00+00:00")

    assert ["resumed", "other"] == names(tmp_path)


def test_a_result_is_the_newest_when_it_is_written(tmp_path: Path) -> None:
    """Whatever the clock was when the others were written, up to a day ahead, each new one comes before them."""
    written(tmp_path / "ahead.json", NOW + 2 * HOUR, "2026-11-22T12:00:00+00:00")
    for name in ("second", "third"):
        write_result(tmp_path / f"{name}.json", pages.result(started="2026-11-22T10:00:00+00:00"))

    assert ["third", "second", "ahead"] == names(tmp_path)


def test_a_time_far_ahead_orders_nothing(tmp_path: Path) -> None:
    """A result from years ahead comes last, and those that are written after it keep their own times."""
    written(tmp_path / "from_afar.json", NOW + 10_000 * HOUR)
    write_result(tmp_path / "now.json", pages.result())
    written(tmp_path / "before.json", NOW - HOUR)

    assert ["now", "before", "from_afar"] == names(tmp_path)
    assert (tmp_path / "now.json").stat().st_mtime < NOW + HOUR


@pytest.mark.parametrize("started", ["", "yesterday", "2026-11-22T10:00:00", "9" * 4000])
def test_what_does_not_say_when_it_started_is_in_nobodys_way(tmp_path: Path, started: str) -> None:
    """Nonsense in the place of a time, or a time without its zone, is before one that can be read, or among them."""
    written(tmp_path / "nonsense.json", NOW, started)
    written(tmp_path / "said.json", NOW, "2026-11-22T10:00:01+00:00")
    (tmp_path / "empty.json").touch()
    os.utime(tmp_path / "empty.json", (NOW, NOW))

    assert ["said", "nonsense", "empty"] == names(tmp_path) or ["said", "empty", "nonsense"] == names(tmp_path)
