"""A fault of bench's own: one line, a private file for whoever mends it, and what was measured is saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.helpers import HASTE, Process, Ran, results, run
from tests.databases.helpers import cache_apart
from tests.reliability.injecting import injected
from tests.reliability.interrupted import HELD, assert_first_point_is_saved, assert_nothing_is_left
from tests.reliability.observing import Observer

CANARIES = ("canary-password", "canary-host", "canary-row")
AT_THE_SECOND_POINT = """
from bench.measuring import run

measure_point = run.measure_point

def broken(session, scenario, point, *rest):
    if point.params["count"] == 2:
        try:
            raise ValueError("postgresql://canary:canary-password@canary-host/db")
        except ValueError as error:
            raise KeyError("canary-row") from error
    return measure_point(session, scenario, point, *rest)

run.measure_point = broken
"""


def at_the_start(error: str) -> str:
    """Code by which a run raises that before it has measured anything."""
    return f"""
from bench.measuring.run import Run

def broken(self):
    raise {error}

Run.plan = broken
"""


@pytest.fixture(scope="module", autouse=True)
def apart() -> Iterator[Path]:
    """A cache directory in which nothing else is on."""
    with cache_apart() as directory:
        yield directory


def _ran(folder: Path, code: str, *arguments: str) -> Ran:
    return run("run", *arguments, *HASTE, cwd=folder, env=injected(folder / "injected", code))


def test_a_fault_is_a_line_and_a_private_file(observed: Observer, tmp_path: Path, apart: Path) -> None:
    """What nobody expected in the midst of a run ends it with 70: no traceback, no data, and no result is lost."""
    environment = injected(tmp_path / "injected", AT_THE_SECOND_POINT)
    folder = tmp_path / "folder"
    folder.mkdir()

    with observed("own-fault") as seen:
        ran = Process("run", *HELD, *HASTE, cwd=folder, env=environment).end()
        assert 70 == ran.code, ran.err
        assert_first_point_is_saved(folder)
        assert_nothing_is_left(folder, apart)
        seen.says("the line and the file; the first point is saved; exit code 70")

    *_, saved, last = ran.err.splitlines()
    (path,) = results(folder)
    assert saved == f"What was measured is saved in {path.relative_to(folder)}: `bench run --resume` goes on with it"
    told = re.fullmatch(
        r"bench: this is a fault of bench's own \(KeyError at bench/measuring/run\.py:\d+\), not of what you asked "
        r"for: report it with (\S+\.txt), in which no password, host name or row stands",
        last,
    )
    assert told is not None, last
    report = Path(told[1])
    assert (apart / "faults", 0o600, 0o700) == (
        report.parent,
        report.stat().st_mode & 0o777,
        report.parent.stat().st_mode & 0o777,
    )
    text = report.read_text(encoding="utf-8")
    assert "bench run --set --budget --scenarios --database\n" in text
    assert re.search(r"^  bench/measuring/run\.py:\d+ in measure: ", text, re.MULTILINE)
    assert ["builtins.ValueError", "builtins.KeyError"] == re.findall(r"^builtins\.\w+", text, re.MULTILINE)
    written = text + ran.out + ran.err + path.read_text()
    assert [] == [canary for canary in CANARIES if canary in written]
    assert "Traceback" not in written


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        ("OSError(28, 'No space left on device', 'x')", "No space left on device at x: make room on that disk, and"),
        ("OSError(24, 'Too many open files')", "Too many open files: have the limit on open files raised (ulimit -n)"),
        ("OSError(30, 'Read-only file system', 'x')", "Read-only file system at x: set BENCH_CACHE and --output to"),
    ],
)
def test_what_the_machine_lacks_is_no_fault(tmp_path: Path, error: str, complaint: str) -> None:
    """A disk without room, wherever it is met, is said with what to do."""
    assert _ran(tmp_path, at_the_start(error), "small.reading").complaint.startswith(complaint)


@pytest.mark.parametrize(
    "error", ["BrokenPipeError(32, 'Broken pipe')", "EOFError()", "SystemExit(0)", "MemoryError()"]
)
def test_no_fault_passes_for_something_else(tmp_path: Path, error: str) -> None:
    """A pipe of its own that broke is no reader who left, and an end of file is nobody who pressed Ctrl-C."""
    ran = _ran(tmp_path, at_the_start(error), "small.reading")

    assert (70, "") == (ran.code, ran.out)
    assert f"bench: this is a fault of bench's own ({error.partition('(')[0]} at bench/" in ran.err


def test_where_no_file_can_be_written_the_line_is_said(tmp_path: Path) -> None:
    """Without a cache directory there is no report, and the fault is said all the same."""
    (tmp_path / "file").touch()
    environment = injected(tmp_path / "injected", at_the_start("KeyError('canary-row')"))

    ran = run("run", "small.reading", cwd=tmp_path, env={**environment, "BENCH_CACHE": str(tmp_path / "file" / "x")})

    assert 70 == ran.code
    assert ran.err.endswith(": report it with the command, and with what was said before\n")
    assert "canary" not in ran.err


def test_few_reports_are_kept(tmp_path: Path, apart: Path) -> None:
    """Of many, the twenty newest stay."""
    folder = apart / "faults"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(30):
        (folder / f"2020-01-01T0000{number:02}-x.txt").touch()

    assert 70 == _ran(tmp_path, at_the_start("KeyError()"), "small.reading").code

    kept = sorted(path.name for path in folder.iterdir())
    assert 20 == len(kept)
    assert not kept[-1].startswith("2020")
