"""A scenario opened at a point: its strategies proved equal, counted, warmed up and sampled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from bench import Database, Scenario, SyncDatabase
from bench.databases.address import Address
from bench.equality import NotPlainError
from bench.errors import BenchError
from bench.worker.point import OpenPoint
from tests.worker.helpers import Announcements, access, items_of
from tests.worker.shelf import Item, Mark, Parent, shelf


class Opened:
    """A point with its strategies, and what it told the controller."""

    def __init__(self, scenario: Scenario, params: Mapping[str, Any]) -> None:
        self.said = Announcements()
        self.point = OpenPoint(scenario, "tests.point", params, 1, self.said)


def at_point(
    scenario: Scenario,
    address: Address,
    use: Callable[[Opened], Awaitable[Any]],
    aliases: Mapping[str, str] | None = None,
    **params: Any,
) -> Any:
    """What `use` gives at a point where every strategy is open, or those that `aliases` names."""

    async def whole() -> Any:
        opened = Opened(scenario, params)
        for alias, name in (aliases or {name: name for name in scenario.strategies}).items():
            await opened.point.open(alias, scenario.strategies[name], access(address, writes=bool(scenario.writes)))
        try:
            return await use(opened)
        finally:
            await opened.point.close()

    return asyncio.run(whole())


def reading(*functions: Callable[..., Any], **options: Any) -> Scenario:
    """A scenario that reads, the first of its strategies the baseline."""
    scenario = Scenario(dataset=shelf, **options)
    for number, function in enumerate(functions):
        scenario.strategy(baseline=number == 0)(function)
    return scenario


async def names(db: Database) -> list[str]:
    async with db.session() as session:
        return list(await session.scalars(select(Parent.name).where(Parent.id <= 3).order_by(Parent.id)))


def names_plainly(db: SyncDatabase) -> list[str]:
    with db.session() as session:
        return list(session.scalars(select(Parent.name).where(Parent.id <= 3).order_by(Parent.id)))


async def names_backwards(db: Database) -> list[str]:
    return (await names(db))[::-1]


async def names_but_one(db: Database) -> list[str]:
    return (await names(db))[1:]


async def entities(db: Database) -> Any:
    async with db.session() as session:
        return (await session.scalars(select(Parent).where(Parent.id <= 3))).all()


async def prove_all(opened: Opened) -> dict[str, str | None]:
    """The first difference of each strategy from the first."""
    found = {}
    for number, alias in enumerate(opened.point._opened):
        found[alias] = (await opened.point.prove(alias, is_reference=number == 0))["difference"]
    return found


def test_equal_results_have_no_difference(shelf_on_postgresql: Address) -> None:
    """A strategy that returns the same, and one that returns it in another order, do not differ; one short does."""
    scenario = reading(names, names_plainly, names_backwards, names_but_one)
    assert {
        "names": None,
        "names_plainly": None,
        "names_backwards": None,
        "names_but_one": "result: expected 3 items, got 2, 'parent 1' is missing",
    } == at_point(scenario, shelf_on_postgresql, prove_all)


def test_order_counts_where_the_scenario_says_so(shelf_on_postgresql: Address) -> None:
    """In an ordered scenario another order is a difference."""
    found = at_point(reading(names, names_backwards, ordered=True), shelf_on_postgresql, prove_all)
    assert {"names": None, "names_backwards": "result[0]: expected 'parent 1', got 'parent 3'"} == found


def test_result_that_cannot_be_compared_is_refused(shelf_on_postgresql: Address) -> None:
    """Entities are no plain data, whoever returns them."""

    async def prove(opened: Opened) -> None:
        with pytest.raises(NotPlainError, match="type Parent"):
            await opened.point.prove("entities", is_reference=True)

    at_point(reading(entities, names), shelf_on_postgresql, prove)


def test_baseline_that_contradicts_itself_is_no_reference(shelf_on_postgresql: Address) -> None:
    """Two calls that give different results differ, and the next strategy is not compared with either of them."""
    numbers = count()

    async def fickle(db: Database) -> int:
        return next(numbers)

    async def steady(db: Database) -> int:
        return 7

    async def prove(opened: Opened) -> list[Any]:
        return [(await opened.point.prove(alias, is_reference=True))["difference"] for alias in ("fickle", "steady")]

    found = at_point(reading(fickle, steady), shelf_on_postgresql, prove)
    assert ["result: expected 0, got 1", None] == found


def test_object_that_another_call_changes_is_compared_as_it_was(shelf_on_postgresql: Address) -> None:
    """A strategy that fills the very list which the baseline returned is compared with what was in it."""
    shared: list[int] = []

    async def right(db: Database) -> list[int]:
        shared[:] = [1, 2]
        return shared

    async def wrong(db: Database) -> list[int]:
        shared[:] = [1, 3]
        return shared

    found = at_point(reading(right, wrong), shelf_on_postgresql, prove_all)
    assert {"right": None, "wrong": "result: 2 is missing, 3 is extra"} == found


@pytest.mark.parametrize(("returned", "expected"), [(None, True), ([], False), (0, False)])
def test_baseline_that_returns_nothing_is_said(shelf_on_postgresql: Address, returned: object, expected: bool) -> None:
    """A reading baseline that returns None proves nothing of the others; one that returns a value does."""

    async def returning(db: Database) -> object:
        return returned

    async def prove(opened: Opened) -> Any:
        return (await opened.point.prove("returning", is_reference=True))["says_nothing"]

    assert expected is at_point(reading(returning), shelf_on_postgresql, prove)


def test_each_call_of_a_proof_has_inputs_of_its_own(shelf_on_postgresql: Address) -> None:
    """With inputs the two calls ask two questions, the same two of each strategy."""
    asked: dict[str, list[int]] = {"one": [], "other": []}

    async def one(db: Database, inputs: int) -> int:
        asked["one"].append(inputs)
        return inputs

    async def other(db: Database, inputs: int) -> int:
        asked["other"].append(inputs)
        return inputs

    scenario = Scenario(dataset=shelf, inputs=lambda random: random.randrange(10**9))
    scenario.strategy(baseline=True)(one)
    scenario.strategy()(other)
    assert {"one": None, "other": None} == at_point(scenario, shelf_on_postgresql, prove_all)
    assert asked["one"] == asked["other"]
    assert 2 == len(set(asked["one"]))


def writing(*functions: Callable[..., Any]) -> Scenario:
    """A scenario that writes items, the first of its strategies the baseline."""
    return reading(*functions, writes=[Item])


async def rename_first(db: Database) -> str:
    async with db.session() as session:
        await session.execute(update(Item).where(Item.id == 1).values(name="renamed"))
        await session.commit()
    return "renamed"


async def rename_second(db: Database) -> str:
    async with db.session() as session:
        await session.execute(update(Item).where(Item.id == 2).values(name="renamed"))
        await session.commit()
    return "renamed"


async def rename_and_forget(db: Database) -> str:
    async with db.session() as session:
        await session.execute(update(Item).where(Item.id == 1).values(name="renamed"))
    return "renamed"


def test_what_is_left_in_the_tables_is_compared(written: Address) -> None:
    """An update of the wrong row, or one that was not committed, is found although the result is the same."""
    scenario = writing(rename_first, rename_second, rename_and_forget)
    found = at_point(scenario, written, prove_all)
    assert found["rename_first"] is None
    assert found["rename_second"] == "left in the tables: result['items'][0][1]: expected 'renamed', got 'item 1'"
    assert found["rename_and_forget"] == "left in the tables: result['items'][0][1]: expected 'renamed', got 'item 1'"


def test_tables_are_put_back_between_calls_and_at_the_end(written: Address) -> None:
    """Every call finds the items as they were, and the point leaves them so."""
    seen = []

    async def empty(db: Database) -> int:
        async with db.session() as session:
            seen.append(await session.scalar(select(func.count()).select_from(Item)))
            await session.execute(delete(Mark))
            await session.execute(delete(Item))
            await session.commit()
        return 0

    async def whole(opened: Opened) -> None:
        await opened.point.prove("empty", is_reference=True)
        await opened.point.put_back("empty")
        await opened.point.cold("empty")
        await opened.point.open_counted("empty", written)
        await opened.point.put_back("empty")
        await opened.point.prove_counted("empty", 0, objects=True)
        await opened.point.repeat("empty", 3)
        await opened.point.warm_up("empty", 4)
        await opened.point.round(0, ["empty"], {})

    at_point(writing(empty), written, whole)
    assert [5] * 10 == seen
    assert [(number, f"item {number}") for number in range(1, 6)] == items_of(written)


def test_copies_of_a_strategy_have_engines_of_their_own(shelf_on_postgresql: Address) -> None:
    """A strategy that is opened under two names goes by two connections, and is sampled under both."""
    pids: list[int] = []

    async def pid(db: Database) -> int:
        async with db.connection() as connection:
            pids.append(int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0))
        return 1

    async def whole(opened: Opened) -> Any:
        for number in range(3):
            samples = await opened.point.round(number, ["pid", "pid again"], {})
        return sorted(samples)

    aliases = {"pid": "pid", "pid again": "pid"}
    assert ["pid", "pid again"] == at_point(reading(pid), shelf_on_postgresql, whole, aliases)
    assert (pids[0::2], pids[1::2]) == ([pids[0]] * 3, [pids[1]] * 3)
    assert pids[0] != pids[1]


@pytest.mark.parametrize(("made", "expected"), [(0, 6), (2, 4), (6, 0)])
def test_warm_up_makes_six_calls_with_those_made_before(shelf_on_postgresql: Address, made: int, expected: int) -> None:
    """On one connection a strategy is called until it was called six times."""

    async def warm_up(opened: Opened) -> int:
        await opened.point.prove("names", is_reference=True)
        return len(await opened.point.warm_up("names", made))

    assert expected == at_point(reading(names), shelf_on_postgresql, warm_up)


def test_warm_up_makes_six_calls_for_each_open_connection(shelf_on_postgresql: Address) -> None:
    """A pool of three connections is first in, first out: eighteen calls are six on each."""

    async def three(db: Database) -> int:
        async with db.connection() as one, db.connection() as two, db.connection() as other:
            for connection in (one, two, other):
                await connection.execute(text("SELECT 1"))
        return 1

    scenario = Scenario(dataset=shelf)
    scenario.strategy(baseline=True, engine_options={"pool_size": 3})(three)

    async def warm_up(opened: Opened) -> int:
        await opened.point.prove("three", is_reference=True)
        return len(await opened.point.warm_up("three", 2))

    assert 16 == at_point(scenario, shelf_on_postgresql, warm_up)


def test_round_samples_in_the_order_asked_for(shelf_on_postgresql: Address) -> None:
    """Each strategy is sampled once, in that order; each call of a sample has inputs of its own, equal to those of the
    same call of another.
    """
    seen: list[tuple[str, int]] = []

    async def one(db: Database, inputs: int) -> None:
        seen.append(("one", inputs))

    def other(db: SyncDatabase, inputs: int) -> None:
        seen.append(("other", inputs))

    scenario = Scenario(dataset=shelf, inputs=lambda random: random.randrange(10**9))
    scenario.strategy(baseline=True)(one)
    scenario.strategy()(other)

    async def sample(opened: Opened) -> Any:
        first = await opened.point.round(0, ["other", "one"], {"other": 3})
        opened.said.heard.clear()
        await opened.point.round(1, ["one", "other"], {})
        return {alias: len(sample["wall_ns"]) for alias, sample in first.items()}, list(opened.said.heard)

    calls, heard = at_point(scenario, shelf_on_postgresql, sample)
    assert ({"other": 3, "one": 1}, [("call", "one"), ("call", "other")]) == (calls, heard)
    assert ["other", "other", "other", "one", "one", "other"] == [name for name, _ in seen]
    first, second = [inputs for _, inputs in seen[:4]], [inputs for _, inputs in seen[4:]]
    assert (3, 1) == (len({*first}), len({*second}))
    assert first[0] == first[3]
    assert {*first}.isdisjoint(second)


def test_what_primes_a_sample_is_not_timed_and_has_other_inputs(shelf_on_postgresql: Address) -> None:
    """It is called once more, before the others of its sample, with inputs that none of them has: a statement that has
    these written into it is not known to the server from before.
    """
    seen: list[int] = []

    async def one(db: Database, inputs: int) -> None:
        seen.append(inputs)

    scenario = Scenario(dataset=shelf, inputs=lambda random: random.randrange(10**9))
    scenario.strategy(baseline=True)(one)

    async def sample(opened: Opened) -> Any:
        return await opened.point.round(0, ["one"], {"one": 3}, primed=["one"])

    assert 3 == len(at_point(scenario, shelf_on_postgresql, sample)["one"]["wall_ns"])
    assert (4, 4) == (len(seen), len({*seen}))


def test_controller_is_told_for_whom_tables_are_put_back(written: Address) -> None:
    """What keeps a strategy's tables from being put back is laid at its own door, not at the one before it."""

    async def sample(opened: Opened) -> Any:
        opened.said.heard.clear()
        await opened.point.round(0, ["rename_second", "rename_first"], {})
        return list(opened.said.heard)

    heard = at_point(writing(rename_first, rename_second), written, sample)
    assert [
        ("prepare", "rename_second"),
        ("call", "rename_second"),
        ("prepare", "rename_first"),
        ("call", "rename_first"),
    ] == heard


def test_demonstration_returns_what_it_raised(shelf_on_postgresql: Address) -> None:
    """The exception that was expected is returned with what was counted; another one is not."""

    async def dividing(db: Database) -> float:
        await names(db)
        return 1 / 0

    async def raising(db: Database) -> None:
        raise LookupError("another")

    scenario = Scenario(dataset=shelf)
    for function in (dividing, raising):
        scenario.strategy(raises=ZeroDivisionError)(function)

    async def demonstrate(opened: Opened) -> Any:
        with pytest.raises(LookupError, match="another"):
            await opened.point.demonstrate("raising")
        raised, tally = await opened.point.demonstrate("dividing")
        return type(raised), tally.statements

    assert (ZeroDivisionError, 1) == at_point(scenario, shelf_on_postgresql, demonstrate)


def test_setup_that_cannot_be_left_keeps_no_other_from_closing(shelf_on_postgresql: Address) -> None:
    """Closing says which strategy could not be closed, and why, and closes the others."""
    left: list[str] = []

    def setup(name: str, error: Exception | None) -> Any:
        @asynccontextmanager
        async def entered(db: Database) -> AsyncIterator[None]:
            yield
            left.append(name)
            if error is not None:
                raise error

        return entered

    async def one(db: Database) -> None:
        """Do nothing."""

    async def other(db: Database) -> None:
        """Do nothing."""

    scenario = Scenario(dataset=shelf)
    scenario.strategy(baseline=True, setup=setup("one", LookupError("stuck")))(one)
    scenario.strategy(setup=setup("other", None))(other)

    async def close(opened: Opened) -> Any:
        return await opened.point.close()

    failures, altered = at_point(scenario, shelf_on_postgresql, close)
    assert ["one", "other"] == left
    assert {"one": "LookupError('stuck')"} == {alias: repr(error) for alias, error in failures.items()}
    assert [] == altered


def test_strategy_that_holds_its_tables_can_be_abandoned(written: Address) -> None:
    """What a strategy left open keeps its tables from being put back; once it is abandoned nobody tries again."""
    held: list[Any] = []

    async def hold(db: Database) -> int:
        connection = await db.engine.connect()
        await connection.execute(insert(Item).values(id=100, name="held"))
        held.append(connection)
        return 1

    async def whole(opened: Opened) -> Any:
        with pytest.raises(BenchError, match="left a transaction open"):
            await opened.point.prove("hold", is_reference=True)
        await opened.point.abandon("hold")
        closed = await opened.point.close()
        await held[0].invalidate()
        await held[0].close()
        return closed

    assert ({}, []) == at_point(writing(hold), written, whole)
