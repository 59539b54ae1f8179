"""Runs that measure on one machine know of each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.databases import guardian
from bench.measuring.neighbours import MEASURES, measuring
from tests.databases.helpers import eventually

ANOTHER = """
import sys
from bench.measuring.neighbours import measuring
with measuring():
    print("measures", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache directory in which nobody else measures."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))


@contextmanager
def another() -> Iterator[subprocess.Popen[str]]:
    """Another process that measures."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER],
        env=guardian.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "measures\n" == process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_who_measures_alone_has_no_neighbour() -> None:
    """All that measures in one process is one run."""
    said: list[str] = []
    with measuring(said.append) as others, measuring(said.append) as nested:
        assert (0, 0) == (others(), nested())
    assert [] == said


def test_others_are_counted_and_said() -> None:
    """Each of two others is one, and that there are some is said at the beginning."""
    said: list[str] = []
    with another(), another(), measuring(said.append) as others:
        assert 2 == others()
    assert [MEASURES] == said


def test_one_that_was_killed_is_none() -> None:
    """Its lock goes with it; there is nothing to tidy up."""
    with measuring() as others:
        with another() as process:
            assert 1 == others()
            process.kill()
            process.wait()
            assert eventually(lambda: others() == 0)
        with another():
            assert 1 == others()


def test_without_a_cache_directory_nobody_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be told is no reason not to measure."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "file" / "cache"))
    with measuring() as others:
        assert 0 == others()
