"""By how much one count may differ from another of the same code, where neither can be made again.

Counted twice over the whole catalogue, on PostgreSQL 18: an answer that happens to arrive in one part more takes 25
Python calls on asyncpg and 127 on psycopg, up to four such answers in a call; and drivers name their prepared
statements by number, or not yet, so that each message has a byte or two more on asyncpg and up to seven on psycopg. The
tolerance of 1 % alone called 34 of 537 strategies changed that were not. In a load, which task is first decides how
many connections a pool opens (12 to 16, 20 to 25), and on psycopg how many statements are prepared anew.
"""

from __future__ import annotations

from bench.measurement import Counters, StrategyResult
from bench.regressions.counters import TOLERATED, CounterChange

PYTHON_CALLS = 600
"""Python calls that chance adds or takes away beside the tolerated fraction: some four answers in more parts."""
BYTES_A_MESSAGE = 10
"""Bytes for each execution or round trip by which messages may be longer or shorter, beside the tolerated fraction."""
UNDER_LOAD = 0.5
"""The fraction by which connections, and what each of them costs, may differ where tasks race for them."""

_OF_CONNECTIONS = ("connections", "round_trips", "bytes_sent", "bytes_received", "python_calls")


def beyond_chance(change: CounterChange, base: Counters) -> bool:
    """Whether a counter moved by more than by the tolerated fraction and what chance makes of a small call."""
    if change.is_exact:
        return True
    messages = max(base.executions or 0, base.round_trips or 0)
    slack = PYTHON_CALLS if change.counter == "python_calls" else BYTES_A_MESSAGE * messages
    return abs(change.after - change.before) > TOLERATED[change.counter] * change.before + slack


def up_to_the_tasks(change: CounterChange, base: StrategyResult, new: StrategyResult) -> bool:
    """Whether it may be the tasks of a load that made the difference, which race for connections."""
    several = min(base.counters.connections or 0, new.counters.connections or 0) > 1
    if change.counter not in _OF_CONNECTIONS or not (several or base.drives_load or new.drives_load):
        return False
    return change.before > 0 and abs(change.after - change.before) <= UNDER_LOAD * change.before
