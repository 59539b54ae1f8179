"""The shares of a load are put together as the load that they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measuring.load_results import load_result, merged
from bench.measuring.shared_loads import together
from bench.worker.histograms import encoded

DURATIONS_NS = st.lists(st.integers(1_000, 10**10), min_size=1, max_size=40)


def share(latencies_ns: list[int], **changed: Any) -> dict[str, Any]:
    """What a process tells of its share: two of four tasks, a unit for each latency, half a core busy."""
    return {
        "tasks": 2,
        "units": len(latencies_ns),
        "rate": None,
        "began_ns": 0,
        "wall_ns": 10_000_000,
        "cpu_ns": 5_000_000,
        "opened": 1,
        "closed": 1,
        "most_in_use": 2,
        "timeouts": 0,
        "errors": {},
        "latencies": encoded(latencies_ns),
        "waits": encoded([1_000_000]),
        "lags": encoded([100_000]),
        "worked_ns": sum(latencies_ns),
        "last_start_ns": 9_000_000,
        "slowed_ns": 0,
        "waited_ns": 1_000_000,
        **changed,
    }


MS = 1_000_000


def test_what_happened_is_added_up_and_the_longest_time_counts() -> None:
    """Two shares, of which one took twice as long and lost a unit, are one load of seven units."""
    shares = [
        share([MS] * 4, wall_ns=20 * MS, cpu_ns=5 * MS, last_start_ns=19 * MS),
        share([2 * MS] * 3, cpu_ns=9 * MS, opened=2, timeouts=1, errors={"TimeoutError": 1}),
    ]
    load = together(shares)
    assert (4, 7, 3, 2, 4, 1) == tuple(
        load[name] for name in ("tasks", "units", "opened", "closed", "most_in_use", "timeouts")
    )
    assert (20 * MS, 19 * MS, 10 * MS, 2 * MS) == tuple(
        load[name] for name in ("wall_ns", "last_start_ns", "worked_ns", "waited_ns")
    )
    assert ({"TimeoutError": 1}, 2, 0) == (load["errors"], load["processes"], load["lost_shares"])
    # The second was busy for 90 % of its own time; together they took 14 ms.
    assert (18 * MS, 14 * MS) == (load["cpu_ns"], load["shares_cpu_ns"])


def test_a_load_lasts_from_the_first_beginning_to_the_last_end_of_one_clock() -> None:
    """One share begins 5 ms after the other and ends 5 ms after it: 15 ms here; elsewhere clocks are not compared."""
    shares = [share([MS] * 4, began_ns=100 * MS), share([MS] * 4, began_ns=105 * MS)]
    assert (15 * MS, 10 * MS) == tuple(together(shares, is_here=here)["wall_ns"] for here in (True, False))


def test_the_result_is_of_all_processes_together() -> None:
    """Six units done in the 20 ms of the longer share; the busiest process is the client; a pool each."""
    shares = [
        share([MS] * 4, wall_ns=20 * MS),
        share([2 * MS] * 3, cpu_ns=9 * MS, errors={"TimeoutError": 1}),
    ]
    found = load_result([together(shares)], None, most_connections=2)
    assert found is not None
    assert 300 == pytest.approx(found.throughput)
    assert (2, 4, 4, "client CPU") == (found.processes, found.most_in_use, found.most_connections, found.limited_by)
    assert 0.9 == pytest.approx(found.client_cpu)


@settings(deadline=None)  # the first example imports
@given(st.lists(DURATIONS_NS, min_size=1, max_size=4))
def test_the_histogram_is_that_of_all_shares(parts: list[list[int]]) -> None:
    """However the units are spread over processes, their latencies are those of the whole."""
    load = together([share(part) for part in parts])
    assert merged([encoded([one for part in parts for one in part])]) == merged([load["latencies"]])


def test_who_has_no_task_has_no_part() -> None:
    """Of two processes that share one task, the idle one neither counts nor is the busiest."""
    idle = share([], tasks=0, units=0, wall_ns=1_000, cpu_ns=1_000, waits=None)
    load = together([share([MS] * 4, tasks=1), idle])
    assert (1, 1, 5 * MS) == (load["processes"], load["tasks"], load["cpu_ns"])


def test_a_load_that_lost_a_share_has_no_throughput() -> None:
    """Its units are in the histogram, and the throughput is that of the loads that were whole."""
    whole, torn = together([share([MS] * 4), share([MS] * 4)]), together([share([MS] * 4)], lost=1)
    found = load_result([whole, torn], None)
    assert found is not None
    assert (2, 2, 1) == (found.samples, found.processes, found.lost_shares)
    assert 800 == pytest.approx(found.throughput)
    assert found.unit is not None
    assert 12 == found.unit.count
