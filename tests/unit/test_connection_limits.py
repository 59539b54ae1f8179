"""Whether a server has room for the connections that pools may open."""

from __future__ import annotations

from typing import Any

import pytest

from bench.description import StrategyDescription
from bench.measuring.connection_limits import has_room_for_all, too_many


def strategy(most_connections: int | None, **changed: Any) -> StrategyDescription:
    """A strategy whose pool may open so many."""
    usual = {"description": "", "code": "", "baseline": False, "returns": "rows", "requires": (), "raises": None}
    usual |= {"differs": False, "driver": None, "through": None, "limits": {}, "line": 1}
    return StrategyDescription(name="s", most_connections=most_connections, **{**usual, **changed})


@pytest.mark.parametrize(
    ("asked", "most", "processes", "said"),
    [
        (100, 100, 1, None),
        (101, 100, 1, "its pool may open 101 connections, and the server takes 100"),
        (50, 100, 2, None),
        (51, 100, 2, "each pool of its 2 processes may open 51 connections, and the server takes 100"),
        (None, 100, 1, None),
        (101, None, 1, None),
    ],
)
def test_a_pool_that_is_too_large_is_refused(
    asked: int | None, most: int | None, processes: int, said: str | None
) -> None:
    """With both figures, and what to do; a pool without an end, or without a server, is not."""
    found = too_many(strategy(asked), most, processes)
    assert (said is None and found is None) or (said is not None and (found or "").startswith(said))


def test_what_goes_through_a_proxy_opens_none_of_the_server_s() -> None:
    """However large its pool is, the proxy's is what the server sees."""
    behind = strategy(1000, through="pgbouncer")
    assert (None, True) == (too_many(behind, 100), has_room_for_all([behind], 100, 1))


@pytest.mark.parametrize(("sizes", "processes", "room"), [((40, 40), 1, True), ((40, 41), 1, False), ((40,), 3, False)])
def test_twenty_connections_are_spared(sizes: tuple[int, ...], processes: int, room: bool) -> None:
    """Of a hundred, the pools of all strategies in all processes may have eighty."""
    assert room is has_room_for_all([strategy(size) for size in sizes], 100, processes)
