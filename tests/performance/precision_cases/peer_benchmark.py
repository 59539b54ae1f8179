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
    if sys.argv[1:] == ["--median"]:
        from time import perf_counter_ns

        taken = []
        for _ in range(200):
            before = perf_counter_ns()
            call()
            taken.append(perf_counter_ns() - before)
        print(sorted(taken[20:])[90])
    else:
        import pyperf

        pyperf.Runner().bench_func("totals", call)
