"""What chance may make of one count, where it can't be made again."""

from __future__ import annotations

import pytest

from bench.measurement import Counters, StrategyResult
from bench.regressions.chance import beyond_chance, up_to_the_tasks
from bench.regressions.counters import CounterChange


@pytest.mark.parametrize(
    ("change", "beyond"),
    [
        (CounterChange("python_calls", 40_116, 40_624), False),  # an answer in four more parts
        (CounterChange("python_calls", 1000, 1610), False),
        (CounterChange("python_calls", 1000, 1611), True),
        (CounterChange("python_calls", 60_000, 58_800), False),
        (CounterChange("python_calls", 60_000, 58_799), True),
        (CounterChange("bytes_sent", 88, 86), False),  # a shorter name of a prepared statement
        (CounterChange("bytes_sent", 1000, 1041), True),
        (CounterChange("bytes_received", 100_000, 101_030), False),
        (CounterChange("bytes_received", 100_000, 101_031), True),
        (CounterChange("statements", 1, 2), True),
        (CounterChange("rows", 100_000, 100_001), True),
    ],
)
def test_small_calls_are_given_some_room(change: CounterChange, beyond: bool) -> None:
    """Beside 1 %, 600 Python calls or ten bytes a message are chance; what repeats exactly has no room."""
    assert beyond == beyond_chance(change, Counters(executions=1, round_trips=3))


def test_each_message_may_be_longer() -> None:
    """A call of 20 statements under as many savepoints may differ by ten bytes for each round trip."""
    counters = Counters(executions=20, round_trips=62)

    assert not beyond_chance(CounterChange("bytes_sent", 4072, 3703), counters)
    assert beyond_chance(CounterChange("bytes_sent", 4072, 4733), counters)


@pytest.mark.parametrize(
    ("change", "chance"),
    [
        (CounterChange("connections", 12, 15), True),
        (CounterChange("connections", 12, 19), False),
        (CounterChange("connections", 0, 12), False),
        (CounterChange("round_trips", 236, 240), True),
        (CounterChange("statements", 60, 61), False),
    ],
)
def test_tasks_race_for_connections(change: CounterChange, chance: bool) -> None:
    """In a load, connections and their round trips may differ by half; statements may not, nor may a pool go empty."""
    load, other = StrategyResult("pooled", drives_load=True), StrategyResult("pooled")

    assert [chance, chance, False] == [
        up_to_the_tasks(change, load, load),
        up_to_the_tasks(change, other, load),
        up_to_the_tasks(change, other, other),
    ]


def test_several_connections_in_a_call_are_a_race_too() -> None:
    """Where a result does not say what drives loads, calls that open several connections do."""
    several = StrategyResult("gathered", counters=Counters(connections=12))
    one = StrategyResult("lone", counters=Counters(connections=1))
    change = CounterChange("connections", 12, 15)

    assert [True, False] == [up_to_the_tasks(change, several, several), up_to_the_tasks(change, one, several)]
