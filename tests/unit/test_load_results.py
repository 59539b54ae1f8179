"""What workers tell of loads is put together: percentiles of all, sums, and what the load ran into."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measuring.activity import Activity
from bench.measuring.load_results import complaint, limit_of, load_result, merged
from bench.worker.histograms import HIGHEST_US, encoded
from bench.worker.load_driver import Load

DURATIONS_NS = st.lists(st.integers(1_000, HIGHEST_US * 1000), min_size=1, max_size=60)


def told(**changed: Any) -> dict[str, Any]:
    """What a worker tells of a load of four units of 1, 2, 3 and 4 ms, a quarter of which was waiting."""
    latencies = [1_000_000, 2_000_000, 3_000_000, 4_000_000]
    return {
        "tasks": 2,
        "units": 4,
        "rate": None,
        "wall_ns": 5_000_000,
        "cpu_ns": 1_000_000,
        "opened": 1,
        "closed": 0,
        "most_in_use": 1,
        "timeouts": 0,
        "errors": {},
        "latencies": encoded(latencies),
        "waits": encoded([625_000] * 4),
        "lags": encoded([100_000]),
        "worked_ns": sum(latencies),
        "last_start_ns": 4_000_000,
        "waited_ns": 2_500_000,
        "slowed_ns": 0,
        **changed,
    }


def nearest_rank(sorted_ns: list[int], share: int) -> int:
    """The percentile of a sorted list: that of the rank nearest to the share of its length, a half rounded up."""
    return sorted_ns[max(1, int(len(sorted_ns) * share / 100 + 0.5)) - 1]


@settings(deadline=None)  # the first example imports
@given(st.lists(DURATIONS_NS, min_size=1, max_size=4))
def test_percentiles_of_merged_histograms_are_those_of_all_durations(parts: list[list[int]]) -> None:
    """However the durations are spread over histograms, their percentiles are those of the whole, to a thousandth."""
    latency = merged([encoded(part) for part in parts])
    assert latency is not None
    whole = sorted(duration for part in parts for duration in part)
    assert len(whole) == latency.count
    for share, found in ((50, latency.p50_ms), (95, latency.p95_ms), (99, latency.p99_ms), (100, latency.max_ms)):
        assert nearest_rank(whole, share) / 1e6 == pytest.approx(found, rel=0.001, abs=0.001)


@settings(deadline=None)  # the first example imports
@given(st.lists(DURATIONS_NS, min_size=2, max_size=4))
def test_what_was_merged_can_be_merged_again(parts: list[list[int]]) -> None:
    """A merged histogram, merged with the rest, is the histogram of them all."""
    first = merged([encoded(part) for part in parts[:-1]])
    assert first is not None
    assert merged([encoded(part) for part in parts]) == merged([first.histogram, encoded(parts[-1])])


def test_nothing_has_no_latency() -> None:
    """Without histograms, or with empty ones, there are no percentiles."""
    assert (None, None) == (merged([]), merged([None, encoded([])]))


def test_a_duration_beyond_the_longest_counts_as_that() -> None:
    """More than an hour is an hour, and no duration is lost."""
    latency = merged([encoded([HIGHEST_US * 10_000, 1_000])])
    assert latency is not None
    assert 2 == latency.count
    assert HIGHEST_US / 1000 == pytest.approx(latency.max_ms, rel=0.001)


def test_loads_of_all_samples_are_put_together() -> None:
    """Of three loads: the median throughput, sums of what happened, the most of what was at once."""
    loads = [
        told(),
        told(wall_ns=4_000_000, opened=0, most_in_use=2, timeouts=1, errors={"TimeoutError": 1}),
        told(wall_ns=8_000_000, closed=2, errors={"TimeoutError": 1, "OSError": 1}),
    ]
    found = load_result(loads, Activity(backends=3, machine_cpu=0.5, server_cpu=0.25), most_connections=2)
    assert found is not None
    assert (3, 2, 4, None) == (found.samples, found.tasks, found.units, found.rate)
    # 4 in 5 ms, 3 in 4 ms, 2 in 8 ms
    assert 750 == pytest.approx(found.throughput)
    assert (2, 2, 2, 1) == (
        found.connections_opened,
        found.connections_closed,
        found.most_in_use,
        found.timeouts,
    )
    assert (3, {"TimeoutError": 2, "OSError": 1}) == (found.lost, found.errors)
    assert (3, 0.5, 0.25, "pool") == (found.backends, found.machine_cpu, found.server_cpu, found.limited_by)
    assert found.unit is not None
    assert 12 == found.unit.count


def test_no_load_has_no_result() -> None:
    """A strategy that drives no load has none."""
    assert load_result([], None) is None


@pytest.mark.parametrize(
    ("seen", "limit"),
    [
        ({"rate_kept": True, "client_cpu": 1.0}, "arrival rate"),
        ({"client_cpu": 0.9, "machine_cpu": 1.0, "waiting_share": 0.5, "is_used_up": True}, "client CPU"),
        ({"machine_cpu": 0.95, "waiting_share": 0.5, "is_used_up": True}, "server CPU"),
        ({"machine_cpu": 0.95, "server_cpu": 0.6}, "server CPU"),
        ({"machine_cpu": 0.95, "server_cpu": 0.4}, "client CPU"),
        ({"machine_cpu": 0.95, "server_cpu": 0.6, "cores": 2}, "server CPU"),
        ({"machine_cpu": 0.95, "server_cpu": 0.4, "cores": 2, "waiting_share": 0.5, "is_used_up": True}, "pool"),
        ({"machine_cpu": 0.95, "server_cpu": 0.4, "cores": 2}, None),
        ({"machine_cpu": 0.5, "waiting_share": 0.1, "is_used_up": True}, "pool"),
        ({"waiting_share": 0.5}, "tasks"),
        ({"waiting_share": 0.09, "is_used_up": True}, "tasks"),
        ({"is_used_up": None}, None),
    ],
)
def test_the_limit_is_named(seen: dict[str, Any], limit: str | None) -> None:
    """A load that kept its rate ran into that; else into a busy CPU, on a machine that it keeps full itself that of who
    took more of it, a pool that was used up, or nothing but the number of its tasks; where its pool cannot be seen, or
    others keep the machine full, nobody knows.
    """
    usual = {
        "rate_kept": False,
        "client_cpu": 0.5,
        "machine_cpu": None,
        "server_cpu": None,
        "waiting_share": 0.0,
        "is_used_up": False,
    }
    assert limit == limit_of(**{**usual, **seen})


def test_a_pool_that_nobody_asked_is_not_known() -> None:
    """Where units used a pool of the driver's, what the engine's pool did is None and not 0, and so is the limit."""
    found = load_result([told(waits=None)], None, 5)
    assert found is not None
    assert (None, None, None, None) == (
        found.connections_opened,
        found.connections_closed,
        found.most_in_use,
        found.timeouts,
    )
    assert (None, None) == (found.waiting, found.limited_by)


@pytest.mark.parametrize(
    ("latencies", "slowed"),
    [([], 0), ([5], 0), ([5, 7], 2), ([1, 2, 30, 4, 5], 3), ([9, 9, 2, 2], -7)],
)
def test_a_load_tells_by_how_much_it_slowed_down(latencies: list[int], slowed: int) -> None:
    """The median of the last half less that of the first, the one in the middle left out."""
    assert slowed == Load(1, len(latencies), None, latencies_ns=latencies).slowed_ns


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, None),
        # Of four units at 1,000 a second the last is due after 3 ms, however long it takes then.
        ({"rate": 1000.0, "last_start_ns": 3_000_000, "wall_ns": 9_000_000}, None),
        ({"rate": 1000.0, "last_start_ns": 3_000_000, "errors": {"TimeoutError": 2}}, None),
        # A fiftieth of half of the three milliseconds is 30 µs: what latency grows by where 98 % of the rate is done.
        ({"rate": 1000.0, "last_start_ns": 3_000_000, "slowed_ns": 30_000}, None),
        (
            {"rate": 1000.0, "last_start_ns": 3_000_000, "slowed_ns": 31_000},
            "1,000 units a second were due, and 800 were done: those that were due wait longer",
        ),
        (
            {"rate": 1600.0, "cpu_ns": 5_000_000},
            "1,600 units a second were due, and 800 were done: this process cannot",
        ),
        ({"rate": 1600.0}, "1,600 units a second were due, and 800 were done: those that were due wait longer"),
    ],
)
def test_a_rate_that_was_not_kept_is_said(changed: dict[str, Any], said: str | None) -> None:
    """Whether the client could not start the units that were due, or tasks were not free in time, a note says so."""
    found = complaint(load_result([told(**changed)], None))
    assert (said is None and found is None) or (said is not None and found is not None and found.startswith(said))
