"""What the pytest plugin costs a suite that does not use it. Figures are read, not asserted: `make performance`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

ROUNDS = 40
TESTS = 2000


def seconds(folder: Path, *arguments: str) -> float:
    """How long a run of pytest takes in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    before = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - before


def ratio(folder: Path, rounds: int) -> float:
    """How many times as long pytest takes with the plugin as without it: the median of pairs, in turn."""
    pairs = []
    for number in range(rounds):
        first, second = ([], ["-p", "no:bench"])[:: 1 if number % 2 else -1]
        taken = {len(arguments): seconds(folder, *arguments) for arguments in (first, second)}
        pairs.append(taken[0] / taken[2])
    return median(pairs)


def test_start_with_and_without_the_plugin(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """pytest on an empty folder, and on 2,000 tests that do nothing; asked is nothing measurable."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "test_full.py").write_text(
        f"import pytest\n@pytest.mark.parametrize('number', range({TESTS}))\ndef test_nothing(number): pass\n"
    )

    start = benchmark.pedantic(lambda: ratio(tmp_path / "empty", ROUNDS), rounds=1)
    full = ratio(tmp_path / "full", ROUNDS // 4)

    with capsys.disabled():
        print(f"\n  with the plugin pytest takes {start:.3f} times as long on nothing, {full:.3f} on {TESTS} tests")
