"""The engine on which a strategy's calls are counted and looked into, beside the one on which they are timed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from bench import Database, Scenario
from bench.databases.address import Address
from tests.worker.helpers import items_of
from tests.worker.shelf import Mark, Parent, shelf
from tests.worker.test_point import Opened, at_point, names, names_plainly, reading, writing


def counted_once(scenario: Scenario, address: Address, alias: str) -> Any:
    """What is told of a first and a second call, of a profile and of the plans."""

    async def use(opened: Opened) -> Any:
        await opened.point.open_counted(alias, address)
        calls = [await opened.point.prove_counted(alias, number, objects=True) for number in range(2)]
        profile, explained = await opened.point.profile(alias, timing=True), await opened.point.explain(alias)
        await opened.point.close_counted(alias)
        return calls, profile, explained

    return at_point(scenario, address, use)


@pytest.mark.parametrize("strategy", [names, names_plainly])
def test_cold_call_is_counted_beside_the_warm(shelf_on_postgresql: Address, strategy: Any) -> None:
    """The first call on the counted engine opens a connection, the next one none; both send one statement."""
    (cold, warm), profile, explained = counted_once(reading(strategy), shelf_on_postgresql, strategy.__name__)
    kinds = [(told["counters"]["connections"], told["counters"]["statements"]) for told in (cold, warm)]
    assert [(1, 1), (0, 1)] == kinds
    assert ([1], None) == ([one["calls"] for one in warm["statements"]], warm["blind_spot"])
    assert profile["python_calls"] > 100
    assert 5 == len(profile["costliest"])
    assert [one["sql"] for one in warm["statements"]] == list(explained["plans"])


def test_sqlite_is_counted_too(shelf_on_sqlite: Address) -> None:
    """On SQLite there are counts, a profile and a plan, and no choice of plans."""
    (_, warm), profile, explained = counted_once(reading(names), shelf_on_sqlite, "names")
    assert (1, 3) == (warm["counters"]["executions"], warm["counters"]["rows"])
    assert profile["python_calls"] > 100
    assert (1, {}) == (len(explained["plans"]), explained["choices"])


def test_the_server_tells_how_it_planned(shelf_on_postgresql: Address) -> None:
    """A statement that was prepared on the counted engine has its generic and custom plans counted."""
    calls, _, explained = counted_once(reading(names), shelf_on_postgresql, "names")
    ((generic, custom),) = explained["choices"].values()
    # Two calls, two under the profiler, which were equal, and one for the time in each function.
    assert len(calls) + 3 == generic + custom


def test_repeated_loads_are_told(shelf_on_postgresql: Address) -> None:
    """A lazy load for each of three parents is told with its relationship, its count and the line here."""

    async def lazy(db: Database) -> int:
        async with db.session() as session:
            parents = (await session.scalars(select(Parent).where(Parent.id <= 3))).all()
            return sum([len(await parent.awaitable_attrs.children) for parent in parents])

    (_, warm), _, _ = counted_once(reading(lazy), shelf_on_postgresql, "lazy")
    ((relationship, kind, number, where),) = [tuple(one.values()) for one in warm["repeated_loads"]]
    assert ("Parent.children", "lazy", 3) == (relationship, kind, number)
    assert where.startswith("test_counted.py:")


def test_counted_call_has_a_setup_of_its_own(shelf_on_postgresql: Address) -> None:
    """Counting enters the setup anew, so that what is warm in the strategy's state is cold in it."""
    entered: list[str] = []

    @asynccontextmanager
    async def setup(db: Database) -> AsyncIterator[list[int]]:
        entered.append("in")
        yield []
        entered.append("out")

    async def stateful(db: Database, state: list[int]) -> int:
        state.append(1)
        return len(state)

    scenario = Scenario(dataset=shelf)
    scenario.strategy(baseline=True, setup=setup)(stateful)

    async def counted(opened: Opened) -> None:
        await opened.point.open_counted("stateful", shelf_on_postgresql)
        await opened.point.prove_counted("stateful", 0, objects=True)
        await opened.point.close_counted("stateful")
        entered.append("counted")

    at_point(scenario, shelf_on_postgresql, counted)
    assert ["in", "in", "out", "counted", "out"] == entered


def test_a_point_that_closes_closes_what_is_counted(shelf_on_postgresql: Address) -> None:
    """A counted engine that nobody closed, for its strategy failed, is closed with the point."""
    left: list[str] = []

    @asynccontextmanager
    async def setup(db: Database) -> AsyncIterator[None]:
        yield
        left.append("left")

    async def failing(db: Database) -> int:
        raise LookupError("nothing")

    scenario = Scenario(dataset=shelf)
    scenario.strategy(baseline=True, setup=setup)(failing)

    async def use(opened: Opened) -> None:
        await opened.point.open_counted("failing", shelf_on_postgresql)
        with pytest.raises(LookupError):
            await opened.point.prove_counted("failing", 0, objects=True)

    at_point(scenario, shelf_on_postgresql, use)
    assert ["left", "left"] == left


def test_explaining_a_write_leaves_the_tables_as_they_were(written: Address) -> None:
    """A DELETE is executed to be explained, in a transaction that is rolled back."""

    async def empty(db: Database) -> None:
        async with db.session() as session:
            await session.execute(delete(Mark))
            await session.rollback()

    counted_once(writing(empty), written, "empty")
    assert [(number, f"item {number}") for number in range(1, 6)] == items_of(written)


def test_resting_ends_the_sessions_of_a_writer(written_on_postgresql: Address) -> None:
    """Before its dead rows are counted, a writer's tables are ready and its pool is empty; it goes on afterwards."""
    seen: list[int | None] = []

    async def empty(db: Database) -> None:
        async with db.session() as session:
            seen.append(await session.scalar(select(func.count()).select_from(Mark)))
            await session.execute(delete(Mark))
            await session.commit()

    async def use(opened: Opened) -> Any:
        await opened.point.prove("empty", is_reference=True)
        tables = await opened.point.rest("empty")
        open_ones = opened.point._opened["empty"].handle.engine.pool.checkedin()
        await opened.point.round(0, ["empty"], {})
        return tables, open_ones

    tables, open_ones = at_point(writing(empty), written_on_postgresql, use)
    assert ({"items", "marks"}, 0) == (set(tables), open_ones)
    assert [5, 5, 5] == seen
