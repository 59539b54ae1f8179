"""Whether a server has room for the connections that strategies' pools may open."""

from __future__ import annotations

from collections.abc import Iterable

from bench.description import StrategyDescription

SPARE = 20
"""Connections of the server that are left for what watches it, for the memory that is measured, and for others."""


def too_many(strategy: StrategyDescription, most: int | None, processes: int = 1) -> str | None:
    """Why a strategy's pool is refused: it may open more connections than the server takes; None where it may not.

    Args:
        strategy: What is known of it; what goes through a proxy opens none of the server's.
        most: How many the server takes; None where there is no server.
        processes: How many have a pool each.
    """
    asked = strategy.most_connections
    if strategy.through is not None or asked is None or most is None or asked * processes <= most:
        return None
    pools = "its pool" if processes == 1 else f"each pool of its {processes} processes"
    return (
        f"{pools} may open {asked} connections, and the server takes {most} (max_connections): make pool_size and"
        " max_overflow smaller, or raise that of the server (--setting max_connections=…)"
    )


def has_room_for_all(drivers: Iterable[StrategyDescription], most: int | None, processes: int) -> bool:
    """Whether the pools of all strategies that drive loads can be open at the same time, one in each process; of others
    each opens the one connection that it needs.
    """
    asked = sum((one.most_connections or 1) * processes for one in drivers if one.through is None)
    return most is None or asked <= most - SPARE
