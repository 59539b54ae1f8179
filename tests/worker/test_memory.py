"""The memory of a call, as it is measured in a process of its own."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from bench import Database
from bench.databases.address import Address
from bench.worker import memory
from bench.worker.calling import OpenStrategy
from tests.worker.helpers import access, declared


async def items(db: Database) -> int:
    async with db.connection() as connection:
        return len((await connection.execute(text("SELECT id FROM items"))).all())


@pytest.mark.parametrize(("longest_s", "kinds"), [(60.0, {"peak_memory", "traced_memory"}), (0.0, {"peak_memory"})])
def test_a_call_that_takes_long_is_not_traced(
    shelf_on_sqlite: Address, monkeypatch: pytest.MonkeyPatch, longest_s: float, kinds: set[str]
) -> None:
    """Tracing makes a call several times as slow: where the first took longer than that, its peak is all."""
    monkeypatch.setattr(memory, "LONGEST_TRACED_S", longest_s)
    strategy = OpenStrategy(declared(items), access(shelf_on_sqlite), {})

    found = asyncio.run(memory.memory_of(strategy, None, twice=True))

    assert kinds == set(found)
    assert found.get("traced_memory", 1) > 0
