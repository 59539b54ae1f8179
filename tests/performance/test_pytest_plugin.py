"""What the pytest plugin costs a suite that does not use it. Figures are read, not asserted: `make performance`."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

ROUNDS = 30
TESTS = 2000


def cpu_seconds(folder: Path, *arguments: str) -> float:
    """The CPU time of a run of pytest in a folder: what it costs, however busy the machine is."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(folder: Path, rounds: int) -> float:
    """How many times as much pytest needs with the plugin as without it: the median over pairs, each in turn first."""
    pairs = []
    for number in range(rounds):
        ways = [(), ("-p", "no:bench")]
        taken = {len(way): cpu_seconds(folder, *way) for way in (ways if number % 2 else reversed(ways))}
        pairs.append(taken[0] / taken[2])
    return median(pairs)


def test_suite_that_does_not_use_the_plugin(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """pytest on an empty folder, and on 2,000 tests that do nothing; asked is nothing measurable."""
    empty, full = tmp_path / "empty", tmp_path / "full"
    for folder in (empty, full):
        folder.mkdir()
    (full / "test_full.py").write_text(
        f"import pytest\n@pytest.mark.parametrize('number', range({TESTS}))\ndef test_nothing(number): pass\n"
    )

    start = benchmark.pedantic(lambda: ratio(empty, ROUNDS), rounds=1)
    whole = ratio(full, ROUNDS // 3)

    with capsys.disabled():
        print(f"\n  with the plugin pytest needs {start:.3f} times the CPU on no test, {whole:.3f} on {TESTS}")
