"""Who else used the server while something was measured on it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.counters.clients import OtherClients
from bench.measuring.disturbances.findings import Look, disturbing, quiet, untold

TRANSACTIONS_A_SECOND = 10.0
"""Transactions in databases that are not the harness's own, from which on others disturb though no look has met them:
those that are connected for a moment only. A run's own ones there, and autovacuum's, are one or two a second.
"""
AT_LEAST_S = 10.0
"""Seconds of them that it takes: sessions report theirs late, and so those of a run that was just made ready."""
CLIENTS = "other clients of the server"
RUNS = "other runs of bench"
VACUUMS = "autovacuum"


def looks(seen: Sequence[OtherClients]) -> list[Look]:
    """What some looks into the server, the first of which was before anything was measured, say together."""
    if len(seen) < 2:
        return [untold(CLIENTS), untold(RUNS), untold(VACUUMS)]
    return [_clients(seen), _runs(seen), _vacuums(seen)]


def _clients(seen: Sequence[OtherClients]) -> Look:
    first, last = seen[0], seen[-1]
    seconds, transactions = (last.at - first.at).total_seconds(), last.transactions - first.transactions
    working, hidden = len(frozenset[int]().union(*(one.working for one in seen))), max(one.untold for one in seen)
    parts = []
    if working:
        parts.append(f"{working} sent something, or kept a transaction open")
    if hidden:
        parts.append(f"there are {hidden} of whom this user may not see what they do")
    if transactions >= TRANSACTIONS_A_SECOND * max(seconds, AT_LEAST_S):
        parts.append(f"{transactions} transactions ended in databases that are not bench's")
    if not parts:
        return quiet(CLIENTS)
    remedy = "end them, or take a server of bench's own (--database embedded, docker or local)"
    granted = "; a user with the role pg_read_all_stats sees more" if hidden else ""
    return disturbing(CLIENTS, ", ".join(parts), remedy + granted)


def _runs(seen: Sequence[OtherClients]) -> Look:
    runs = len(frozenset[str]().union(*(one.runs for one in seen)))
    if not runs:
        return quiet(RUNS)
    return disturbing(
        RUNS, f"{runs} used this server at the same time", "measure one after the other, or on machines of their own"
    )


def _vacuums(seen: Sequence[OtherClients]) -> Look:
    met = sum(one.vacuums > 0 for one in seen)
    if not met:
        return quiet(VACUUMS)
    return disturbing(VACUUMS, f"was at work at {met} of {len(seen)} looks", "wait until it is done")
