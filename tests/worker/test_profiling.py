"""What the profile of a warm call says: how many functions it calls, and which it spends its time in."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Callable
from cProfile import Profile as CProfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bench import Database, SyncDatabase
from bench.databases.address import Address
from bench.worker.calling import Call
from bench.worker.engines import Access
from bench.worker.profiling import OwnTimes, Profile, profiled
from tests.worker.helpers import access, opened
from tests.worker.shelf import Parent


class Prepared:
    """Prepares a call again and again, and counts how often."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.times = 0

    async def __call__(self) -> Call:
        self.times += 1
        return self.call


def profile_of(function: Call, *, is_async: bool = False) -> Profile | None:
    """The profile of a function that takes nothing."""
    return asyncio.run(profiled(Prepared(function), is_async))


def profiles_of(strategy: Callable[..., Any], access: Access, number: int, **params: Any) -> list[Profile]:
    """Profiles of a strategy on one connection, after it was called twice."""

    async def whole() -> list[Profile]:
        async with opened(strategy, access, params) as found:
            for _ in range(2):
                await found.once(None)

            async def prepare() -> Call:
                return found.calls(None, 1)[0]

            made = [await profiled(prepare, found.strategy.is_async) for _ in range(number)]
            return [profile for profile in made if profile is not None]

    return asyncio.run(whole())


def leaf() -> None:
    """Does nothing."""


def fibonacci(number: int) -> int:
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


def plain() -> int:
    for _ in range(100):
        leaf()
    return len([fibonacci(10)])


async def awaited() -> int:
    return plain()


def test_calls_of_a_plain_function_are_counted_exactly() -> None:
    """One call of itself, 100 of the leaf, 177 that fibonacci(10) makes with itself, and one of len."""
    profile = profile_of(plain)
    assert profile is not None
    assert 279 == profile.python_calls


def test_coroutine_is_one_call_more() -> None:
    """A coroutine that awaits nothing that waits is a call as any other."""
    profile = profile_of(awaited, is_async=True)
    assert profile is not None
    assert 280 == profile.python_calls


def test_costliest_functions_are_named_with_their_calls() -> None:
    """Functions of Python are named with file and line, builtins as such; what profiles is not among them."""
    profile = profile_of(plain)
    assert profile is not None
    assert {
        ("fibonacci", f"test_profiling.py:{fibonacci.__code__.co_firstlineno}", 177),
        ("leaf", f"test_profiling.py:{leaf.__code__.co_firstlineno}", 100),
        ("plain", f"test_profiling.py:{plain.__code__.co_firstlineno}", 1),
        ("len", "built-in", 1),
    } == {(one.name, one.where, one.calls) for one in profile.costliest}


def test_waiting_for_the_server_is_no_time_of_python_s() -> None:
    """What an event loop waits in is left out, however long it was."""
    own_times = OwnTimes()
    for name, own_ns in (("epoll.poll", 9_000), ("len", 1_000)):
        own_times.calls[name], own_times.own_ns[name] = 1, own_ns
    assert ["len"] == [one.name for one in own_times.costliest()]


def test_costliest_functions_are_in_order() -> None:
    """The first of them has the most time of its own, and all have some."""
    profile = profile_of(plain)
    assert profile is not None
    own = [one.own_ms for one in profile.costliest]
    assert sorted(own, reverse=True) == own
    assert min(own) > 0


async def selectin(db: Database, count: int) -> int:
    async with db.session() as session:
        statement = select(Parent).where(Parent.id <= count).options(selectinload(Parent.children))
        return sum(len(parent.children) for parent in await session.scalars(statement))


def selectin_plainly(db: SyncDatabase, count: int) -> int:
    with db.session() as session:
        statement = select(Parent).where(Parent.id <= count).options(selectinload(Parent.children))
        return sum(len(parent.children) for parent in session.scalars(statement))


@pytest.mark.parametrize("strategy", [selectin, selectin_plainly])
def test_count_repeats_within_a_hundredth(shelf_on_postgresql: Address, strategy: Callable[..., Any]) -> None:
    """Two profiles of a selectin load of 50 parents count the same function calls within 1 %."""
    first, second = profiles_of(strategy, access(shelf_on_postgresql), 2, count=50)
    assert first.python_calls == pytest.approx(second.python_calls, rel=0.01)


def test_functions_of_a_package_are_shown_from_the_package_on(shelf_on_postgresql: Address) -> None:
    """SQLAlchemy's functions have a path that begins with the package, and no path says where anything is installed."""
    (profile,) = profiles_of(selectin_plainly, access(shelf_on_postgresql), 1, count=1000)
    shown = [one.where for one in profile.costliest]
    assert 5 == len(shown)
    assert [] == [where for where in shown if where.startswith("/") or "site-packages" in where or "home" in where]
    assert any(where.startswith("sqlalchemy/orm/") for where in shown)


def works(session: Session) -> int:
    worked = sum([number * number for number in range(200_000)])
    return worked + len(session.scalars(select(Parent).where(Parent.id <= 1)).all())


async def works_and_waits(db: Database) -> int:
    async with db.session() as session:
        return await session.run_sync(works)


def test_time_before_a_wait_stays_with_the_function_that_took_it(shelf_on_postgresql: Address) -> None:
    """What runs in SQLAlchemy's greenlet is not credited to the coroutine that is left while the greenlet waits."""
    (profile,) = profiles_of(works_and_waits, access(shelf_on_postgresql), 1)
    costliest = profile.costliest[0]
    assert costliest.name in {"works", "works.<locals>.<listcomp>"}  # a comprehension is no function from 3.12 on


@pytest.mark.parametrize(
    ("file", "where"),
    [
        ("/home/ann/.venv/lib/python3.11/site-packages/sqlalchemy/orm/loading.py", "sqlalchemy/orm/loading.py:1"),
        ("/usr/lib/python3/dist-packages/greenlet/__init__.py", "greenlet/__init__.py:1"),
        ("/usr/lib/python3.11/asyncio/base_events.py", "base_events.py:1"),
        ("/home/ann/work/scenarios/loading.py", "loading.py:1"),
        ("<string>", "<string>:1"),
    ],
)
def test_file_is_shown_without_what_is_the_machine_s(file: str, where: str) -> None:
    """A file in site-packages is shown from its package on, any other by its name."""
    own_times = OwnTimes()
    code = compile("0", file, "exec")
    own_times.calls[code] = own_times.own_ns[code] = 1
    (shown,) = own_times.costliest()
    assert where == shown.where


def test_each_call_is_prepared_outside_of_the_profile() -> None:
    """Two calls that are equal are counted and one is timed, each prepared before; what prepares is not counted."""
    prepare = Prepared(plain)
    profile = asyncio.run(profiled(prepare, is_async=False))
    assert profile is not None
    assert (3, 279) == (prepare.times, profile.python_calls)


@pytest.mark.parametrize(("calls", "times"), [(9_000, 3), (10_000, 2)])
def test_one_call_of_very_many_functions_is_enough(calls: int, times: int) -> None:
    """From ten thousand function calls on they are counted once."""

    def many() -> None:
        for _ in range(calls):
            abs(1)

    prepare = Prepared(many)
    profile = asyncio.run(profiled(prepare, is_async=False))
    assert profile is not None
    assert times == prepare.times
    assert calls <= profile.python_calls <= calls + 5


class Knot:
    """Refers to itself, so that only the collector frees it."""

    freed = 0

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Knot.freed += 1


def ties_knots() -> None:
    for _ in range(5000):
        Knot()


def test_garbage_is_collected_between_calls_alone() -> None:
    """What a call leaves behind is freed before the next one, whose calls the finalizers do not add to."""
    profile = profile_of(ties_knots)
    assert profile is not None
    assert 5001 == profile.python_calls
    assert gc.isenabled()


def test_there_is_no_profile_under_another_profiler() -> None:
    """Where a profiler is at work already there is none, and that one goes on."""

    async def under_another() -> tuple[Profile | None, Any]:
        with CProfile() as other:
            profile = await profiled(Prepared(plain), is_async=False)
            seen = [entry.code for entry in other.getstats()]
        return profile, profiled.__code__ in seen

    assert (None, True) == asyncio.run(under_another())


def test_call_that_raises_leaves_no_profiler() -> None:
    """What a call raises comes out, and functions run unobserved afterwards."""

    def fails() -> None:
        json.loads("{")

    with pytest.raises(json.JSONDecodeError):
        profile_of(fails)
    assert sys.getprofile() is None
    assert gc.isenabled()
    with CProfile():
        assert Path("a") != Path("b")
