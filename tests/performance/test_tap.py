"""What the tap adds, by asking and without. Figures are printed and read, not asserted: run with `make performance`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import asyncpg

from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.measuring.tapping import Tapping
from bench.worker.engines import Access, asyncpg_arguments
from tests.performance.test_harness import BENCH, report, run, seconds

if TYPE_CHECKING:
    import pytest

RTTS_MS = (0.0, 0.5, 1.0, 2.0, 5.0)
PINGS = 200


async def pings(server: PostgresServer, tapping: Tapping) -> dict[float, float]:
    """By how many milliseconds asyncpg's median `SELECT 1` is longer through the tap, in pairs, by what was asked."""
    straight = await asyncpg.connect(**asyncpg_arguments(Access(server.maintenance, "asyncpg", "pings", True)))
    way = tapping.for_timing(server.maintenance)
    through = await asyncpg.connect(**asyncpg_arguments(Access(way, "asyncpg", "pings", True)))
    added = {}
    for rtt_ms in RTTS_MS:
        tapping.add(rtt_ms)
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(PINGS):
            for connection, taken in zip((straight, through), times, strict=True):
                before = time.perf_counter()
                await connection.fetchval("SELECT 1")
                taken.append(time.perf_counter() - before)
        added[rtt_ms] = (median(times[1]) - median(times[0])) * 1000
    await straight.close()
    await through.close()
    return added


def test_what_is_really_added(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What asyncpg sees added to a round trip beside what was asked; asked is to be within 0.15 ms of it."""
    with open_embedded({}, say=lambda line: None) as server:
        tapping = Tapping(server)
        found: dict[float, float] = benchmark.pedantic(lambda: asyncio.run(pings(server, tapping)), rounds=1)
        tapping.close()
    for rtt_ms, added_ms in found.items():
        report(capsys, f"asked for {rtt_ms:g} ms, {added_ms:.3f} ms are added")


def test_counting_what_is_shipped(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`bench count loading` on the embedded server, warm, started and stopped; asked is at most 20 s."""
    command = [*BENCH, "count", "loading", "--database", "embedded", "--output", "counts.json"]
    run(command, cwd=tmp_path)
    taken = seconds(lambda: benchmark.pedantic(lambda: run(command, cwd=tmp_path), rounds=1))
    report(capsys, f"bench count loading takes {taken:.1f} s")


def test_large_results_through_the_tap(benchmark: Any, capsys: pytest.CaptureFixture[str], cache: Path) -> None:
    """Four megabytes in 20,000 rows, read through the tap where it counts, where it only relays, and straight."""
    program = Path(__file__).with_name("reading.py")
    found = benchmark.pedantic(
        lambda: subprocess.run([sys.executable, program], check=True, capture_output=True, text=True).stdout, rounds=1
    )
    report(capsys, found.strip().replace("\n", "\n  "))
