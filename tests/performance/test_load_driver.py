"""How many units a second a load can drive where a unit awaits nothing: the driver itself is never to be the limit."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address
from bench.worker.engines import Access, open_async
from bench.worker.load_driver import Load, drive

if TYPE_CHECKING:
    import pytest

UNITS = 100_000
TASKS = (1, 20, 200)


async def units_a_second(tasks: int, *, yields: bool) -> float:
    """The units that a load of that many tasks does a second, of no work or of one turn of the event loop."""
    db = open_async(Access(Address("sqlite", "never-opened.sqlite"), "asyncpg", "load", writes=False), {})

    async def nothing(number: int) -> int:
        return number

    async def one_turn(number: int) -> int:
        await asyncio.sleep(0)
        return number

    loads: list[Load] = []
    for _ in range(5):
        _, load = await drive(db.engine, one_turn if yields else nothing, tasks=tasks, units=UNITS, rate=None, bears=())
        loads.append(load)
    return median(load.units / (load.wall_ns / 1e9) for load in loads)


def test_units_a_second(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred thousand units a second are asked of it, 10 µs each; the median of five loads is printed."""
    found: dict[tuple[int, bool], float] = {}

    def run() -> None:
        for tasks in TASKS:
            for yields in (False, True):
                found[tasks, yields] = asyncio.run(units_a_second(tasks, yields=yields))

    benchmark.pedantic(run, rounds=1)
    with capsys.disabled():
        print()
        for (tasks, yields), rate in found.items():
            work = "one turn of the loop" if yields else "no work"
            print(f"  {tasks} tasks, {work}: {rate:,.0f} units a second, {1e6 / rate:.2f} µs each")
