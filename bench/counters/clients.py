"""Who else uses a PostgreSQL server while something is measured on it. Nobody's name, address or query is read.

Source: PostgreSQL documentation, pg_stat_activity and pg_stat_database.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from bench.databases.address import Address
from bench.databases.connecting import connect, refusals

_NOW = r"""
    SELECT clock_timestamp(),
        (SELECT coalesce(sum(xact_commit + xact_rollback), 0)::bigint FROM pg_stat_database
         WHERE datname IS NOT NULL AND left(datname, 6) <> 'bench_'
             AND NOT (%(reads_it)s AND datname = current_database()))
"""
# A session that is the harness's own is known by its name or its database, which both say whose run it belongs to. To
# those without the right to see what others do, the server tells neither what kind of process it is nor its state.
_SESSIONS = r"""
    SELECT pid, coalesce(backend_type, 'client backend'),
        coalesce(
            substring(application_name FROM '^bench run ([0-9a-f]{12})$'),
            substring(datname FROM '^bench_(?:clone|making)_([0-9a-f]{12})_')
        ),
        application_name LIKE 'bench %%' OR left(datname, 6) = 'bench_',
        state LIKE 'idle in transaction%%' OR state IN ('active', 'fastpath function call')
            OR greatest(backend_start, query_start) >= %(since)s
    FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datid IS NOT NULL
"""


@dataclass(frozen=True)
class OtherClients:
    """What a look into a server saw of everybody but one run of the harness.

    Attributes:
        at: When it was, by the server's clock.
        working: The numbers of the clients' processes that did something, or kept a transaction open, since the time
            that was asked for.
        untold: How many clients there are of whom the server does not tell that.
        runs: The names of other runs of the harness whose sessions did something since then.
        vacuums: How many autovacuum workers there are.
        transactions: How many transactions have ended so far in databases that are not the harness's own, nor the one
            of somebody's that it reads, where its own cannot be told from others'.
    """

    at: datetime
    working: frozenset[int]
    untold: int
    runs: frozenset[str]
    vacuums: int
    transactions: int


def other_clients(database: Address, run: str, since: datetime | None = None) -> OtherClients:
    """Look once, over a connection that is opened and closed.

    Args:
        database: Any database of the server.
        run: The name of the run that looks, which is not among the others.
        since: From when on they should have done something, by the server's clock; None is now.

    Raises:
        DatabaseError: The server does not answer.
    """
    with closing(connect(database, application_name="bench witness")) as connection, refusals("tell who uses it"):
        ((at, transactions),) = connection.execute(_NOW, {"reads_it": database.is_read_only}).fetchall()
        sessions = connection.execute(_SESSIONS, {"since": since or at}).fetchall()
    clients = [
        (process, works) for process, kind, _, is_ours, works in sessions if kind == "client backend" and not is_ours
    ]
    kinds = Counter(kind for _, kind, *_ in sessions)
    return OtherClients(
        at=at,
        working=frozenset(process for process, works in clients if works),
        untold=sum(works is None for _, works in clients),
        runs=frozenset(name for *_, name, _, works in sessions if name not in (None, run) and works),
        vacuums=kinds["autovacuum worker"],
        transactions=transactions,
    )
