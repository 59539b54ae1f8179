"""What a run takes in memory and on the disk that is long, or has many strategies. Figures are printed and read; what
is asserted is what is promised: 300 MB of the controller, and 50 MB of a result.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.measuring.point import CONFIRMING_SHARE
from tests.performance.test_harness import BENCH, report

CASES = Path(__file__).with_name("cases")
MOST_MEMORY = 300e6
MOST_ON_DISK = 50e6
SOAK_S = int(os.environ.get("BENCH_SOAK_S", "600"))
LOOKED_EVERY_S = 1.0
PROGRAMS = {"bench.worker": "worker", "bench.wire": "tap", "bench": "controller"}
"""What each process of a run is, by the module that it runs."""


def bytes_of(process: int, what: str) -> int | None:
    """A line of a process's memory, VmRSS or VmHWM, in bytes; None of one that is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def parent_of(process: int) -> int | None:
    """The process that started one; None of one that is gone."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def of_run(controller: int) -> Iterator[tuple[str, int]]:
    """What each process of a run is, and its number."""
    for folder in Path("/proc").glob("[0-9]*"):
        number = int(folder.name)
        if number != controller and parent_of(number) != controller:
            continue
        try:
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        module = next((after for word, after in pairwise(words) if word == "-m"), "")
        if module in PROGRAMS:
            yield PROGRAMS[module], number


def peak_of(command: list[str], folder: Path) -> int:
    """The most memory that the controller of a command held, in bytes."""
    peak = 0
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, bytes_of(process.pid, "VmHWM") or 0)
            time.sleep(LOOKED_EVERY_S / 10)
    assert 0 == process.returncode
    return peak


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize(
    ("selector", "rounds"), [("many.steady", 10_000), ("many.thousand", 20)], ids=["10,000 rounds", "1,000 strategies"]
)
def test_the_controller_and_the_result_stay_small(
    selector: str, rounds: int, tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten thousand rounds, and a thousand strategies: under 300 MB of memory, and under 50 MB of result."""
    words = ["run", selector, "--scenarios", str(CASES), "--database", "sqlite", "--budget", "1s"]
    # No interval gets as narrow as that, so that the rounds are made.
    words += ["--precision", "0.1%"]
    command = [*BENCH, *words, "--rounds", str(rounds), "--output", "long.json"]
    peak = benchmark.pedantic(lambda: peak_of(command, tmp_path), rounds=1)
    size = (tmp_path / "long.json").stat().st_size
    (point,) = json.loads((tmp_path / "long.json").read_text(encoding="utf-8"))["scenarios"][0]["points"]
    made = point["rounds"]
    report(
        capsys, f"{selector}, {made} rounds: the controller takes {peak / 1e6:.0f} MB, the result {size / 1e6:.1f} MB"
    )
    assert rounds <= made
    assert peak < MOST_MEMORY
    assert size < MOST_ON_DISK


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_nothing_grows_under_load(tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten minutes of rounds through the tap: what each process holds in the last tenth beside the second tenth."""

    def soak() -> dict[str, list[tuple[float, int]]]:
        words = ["run", "many.steady", "--scenarios", str(CASES), "--database", "embedded", "--rtt", "0.1"]
        budget = SOAK_S / (1 - CONFIRMING_SHARE)  # the rest of it is for a second worker, at this precision
        more = ["--rounds", "10000", "--precision", "0.1%", "--budget", f"{budget:.0f}s", "--output", "soak.json"]
        held: dict[str, list[tuple[float, int]]] = {}
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "bench", *words, *more],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None:
                for what, number in of_run(process.pid):
                    if (now := bytes_of(number, "VmRSS")) is not None:
                        held.setdefault(f"{what} {number}", []).append((time.monotonic() - began, now))
                time.sleep(LOOKED_EVERY_S)
        assert 0 == process.returncode
        return held

    lasted = set()
    for what, seen in benchmark.pedantic(soak, rounds=1).items():
        length = seen[-1][0] - seen[0][0]
        if length < SOAK_S / 2:
            continue  # a helper that was there for a moment
        lasted.add(what.partition(" ")[0])
        early = median(size for at, size in seen if length * 0.1 <= at - seen[0][0] <= length * 0.2)
        late = median(size for at, size in seen if at - seen[0][0] >= length * 0.9)
        report(
            capsys,
            f"{what.partition(' ')[0]}, {length / 60:.0f} minutes: {early / 1e6:.1f} MB in the second tenth of the"
            f" time, {late / 1e6:.1f} MB in the last ({late / early:.3f} times)",
        )
    assert {*PROGRAMS.values()} == lasted
