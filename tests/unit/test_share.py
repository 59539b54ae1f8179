"""The division of a load among processes: every task and every unit is somebody's, and nobody's twice."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bench.databases.address import Address
from bench.worker.engines import Access, dispose, open_async
from bench.worker.load_driver import Load
from bench.worker.share import WHOLE, Share

PROCESSES, TASKS, UNITS = st.integers(1, 12), st.integers(1, 40), st.integers(0, 300)


def shares(of: int) -> list[Share]:
    """All shares of a load."""
    return [Share(index, of) for index in range(of)]


@given(PROCESSES, TASKS, UNITS)
def test_shares_partition_the_units(of: int, tasks: int, units: int) -> None:
    """Each unit is in one share and in no other, in rising order."""
    numbers = [list(share.units(tasks, units)) for share in shares(of)]
    assert list(range(units)) == sorted(number for own in numbers for number in own)
    assert all(own == sorted(own) for own in numbers)


@given(PROCESSES, TASKS)
def test_shares_partition_the_tasks_evenly(of: int, tasks: int) -> None:
    """All tasks are given out, nobody gets two more than another, and of fewer tasks than shares some get none."""
    own = [share.tasks(tasks) for share in shares(of)]
    assert tasks == sum(own)
    assert max(own) - min(own) <= 1
    assert min(of, tasks) == len([number for number in own if number])


@given(PROCESSES, TASKS, UNITS)
def test_only_who_has_a_task_has_units(of: int, tasks: int, units: int) -> None:
    """No unit waits for a task that is not there, and units are as even as tasks."""
    driving = [share for share in shares(of) if share.tasks(tasks)]
    idle = [share for share in shares(of) if not share.tasks(tasks)]
    numbers = [len(share.units(tasks, units)) for share in driving]
    assert max(numbers) - min(numbers) <= 1
    assert [] == [share for share in idle if share.units(tasks, units)]


@given(PROCESSES, TASKS, st.integers(1, 300), st.floats(0.5, 1e6))
def test_units_of_a_share_are_due_when_they_are_in_the_whole(of: int, tasks: int, units: int, rate: float) -> None:
    """The moments at which units are due, over all shares, are those of the whole load."""
    due = sorted(number / rate for share in shares(of) for number in share.units(tasks, units))
    assert [number / rate for number in WHOLE.units(tasks, units)] == due


@given(TASKS, UNITS)
def test_the_whole_is_everything(tasks: int, units: int) -> None:
    """One process alone has all tasks and all units."""
    assert (tasks, range(units)) == (WHOLE.tasks(tasks), WHOLE.units(tasks, units))


def test_a_process_does_the_units_of_its_share_alone() -> None:
    """It returns None for the units of others, and tells its own tasks and units, at the rate of the whole."""

    async def load() -> tuple[list[int | None], Load]:
        db = open_async(Access(Address("sqlite", "never-opened.sqlite"), "asyncpg", "load", writes=False), {})
        db.share = Share(1, 2)

        async def unit(number: int) -> int:
            return number

        results = await db.load(unit, tasks=3, units=5, rate=10_000)
        await dispose(db)
        return results, db.loads[0]

    results, load_seen = asyncio.run(load())

    assert [None, 1, None, 3, None] == results
    assert (1, 2, 10_000, 2) == (load_seen.tasks, load_seen.units, load_seen.rate, len(load_seen.latencies_ns))
