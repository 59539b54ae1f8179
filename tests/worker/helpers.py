"""What the worker's tests share: strategies opened as the worker opens them, and what the server saw of their calls."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any, Literal

from bench import Scenario
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.dataset import Dataset
from bench.scenario import Strategy
from bench.worker.calling import OpenStrategy
from bench.worker.counting import Tally, counted
from bench.worker.engines import Access
from bench.worker.seeding import seed
from tests.worker.shelf import shelf

APPLICATION = "bench tested"

CALLS = """
SELECT query, calls FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%'
"""
TRANSACTION_CONTROL = ("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "DEALLOCATE")


def access(address: Address, driver: str = "asyncpg", *, writes: bool = False) -> Access:
    """A way into a database, read-only unless it `writes`."""
    return Access(address, driver, APPLICATION, writes)


def declared(function: Callable[..., Any], **options: Any) -> Strategy:
    """A function as a strategy of a scenario with the parameter `count` and inputs."""
    scenario = Scenario(dataset=shelf, params={"count": (1,)}, typical={"count": 1}, inputs=lambda random: None)
    scenario.strategy(**options)(function)
    return scenario.strategies[function.__name__]


@asynccontextmanager
async def opened(
    strategy: Callable[..., Any], access: Access, params: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[OpenStrategy]:
    """A strategy with its own engine, closed afterwards."""
    found = OpenStrategy(declared(strategy, **options), access, params or {})
    try:
        await found.open()
        yield found
    finally:
        await found.close()


def tally_of(
    strategy: Callable[..., Any],
    access: Access,
    params: Mapping[str, Any] | None = None,
    *,
    warm: bool = True,
    **options: Any,
) -> Tally:
    """What is counted of one call of a strategy, the third on its connection, or the very first."""
    return asyncio.run(_counted(strategy, access, params, lambda: None, warm=warm, **options))


def tally_and_calls(
    strategy: Callable[..., Any], access: Access, params: Mapping[str, Any] | None = None, **options: Any
) -> tuple[Tally, int]:
    """What is counted of one warm call, and the calls of statements that the server counted meanwhile."""
    with connect(access.address, application_name="witness") as witness:
        tally = asyncio.run(
            _counted(
                strategy,
                access,
                params,
                lambda: witness.execute("SELECT pg_stat_statements_reset()"),
                warm=True,
                **options,
            )
        )
        seen = witness.execute(CALLS).fetchall()
    return tally, sum(calls for query, calls in seen if not query.upper().startswith(TRANSACTION_CONTROL))


async def _counted(
    strategy: Callable[..., Any],
    access: Access,
    params: Mapping[str, Any] | None,
    before: Callable[[], Any],
    *,
    warm: bool,
    **options: Any,
) -> Tally:
    async with opened(strategy, access, params, **options) as found:
        for _ in range(2 if warm else 0):
            await found.once(None)
        before()
        with counted(found.handle, objects=True) as tally:
            await found.once(None)
    return tally


def seeder(dataset: Dataset, *, scale: int = 1, number: int = 1) -> Callable[[Address], None]:
    """What fills a template with a dataset."""

    def fill(address: Address) -> None:
        asyncio.run(seed(dataset, access(address, writes=True), scale, number, lambda line: None))

    return fill


class Announcements:
    """Notes what a worker tells its controller."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    async def __call__(self, alias: str, event: Literal["call", "prepare"]) -> None:
        self.heard.append((event, alias))


def rows(address: Address, statement: str) -> list[tuple[Any, ...]]:
    """What a statement gives in a database of either kind."""
    if address.dialect == "sqlite":
        with closing(sqlite3.connect(address.database)) as connection:
            return connection.execute(statement).fetchall()
    with connect(address, application_name="witness") as connection:
        return connection.execute(statement).fetchall()


def items_of(address: Address) -> list[tuple[int, str]]:
    """Key and name of each item."""
    return [(key, name) for key, name in rows(address, "SELECT id, name FROM items ORDER BY id")]
