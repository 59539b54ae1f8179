"""The same call as other tools time it: under pytest-benchmark as a test, under pyperf as a script."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from shop.queries import totals
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

loop = asyncio.new_event_loop()
engine = create_async_engine(os.environ["SHOP_URL"], pool_size=1, max_overflow=0)
CUSTOMERS = int(os.environ["SHOP_CUSTOMERS"])


async def once() -> Any:
    """One unit of work in a session of its own."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        return await totals(session, CUSTOMERS)


def call() -> Any:
    """The same from outside of the loop."""
    return loop.run_until_complete(once())


def test_totals(benchmark: Any) -> None:
    """pytest-benchmark's part."""
    for _ in range(6):
        call()
    benchmark(call)


if __name__ == "__main__":
    if sys.argv[1:] == ["--turns"]:
        from statistics import median
        from time import perf_counter_ns

        def turn(turns: int) -> None:
            """An empty loop."""
            for number in range(turns):
                number + 1

        calls, loops = [], []
        for _ in range(400):
            started = perf_counter_ns()
            call()
            between = perf_counter_ns()
            turn(10_000)
            calls.append(between - started)
            loops.append(perf_counter_ns() - between)
        print(10_000 * median(calls) / median(loops))
    else:
        import pyperf

        pyperf.Runner().bench_func("totals", call)
