"""What the server itself counted of the statements in one database, by pg_stat_statements, and the dead rows in its
tables.

Source: PostgreSQL documentation, pg_stat_statements, and The Cumulative Statistics System.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bench.databases.address import Address
from bench.databases.connecting import connect, refusals
from bench.statement_kinds import statement_kind

if TYPE_CHECKING:
    from psycopg import Connection

MARK = "querybench_witness"
"""Stands in every statement that is sent from here, so that none of them is counted."""
ABSENT = "the server has no pg_stat_statements: add it to shared_preload_libraries, and let this user create extensions"
EVICTED = "the server threw counts away meanwhile, for want of room or by a reset: raise pg_stat_statements.max"
FLUSHES_AT_EXIT = 150000
"""The server version (as a number) from which a session's statistics are in place when it has ended."""
_RESTORES = "restores"
_RESTORED = re.compile(
    r"SET (?:client_encoding|datestyle|timezone|standard_conforming_strings|application_name|intervalstyle)=",
    re.IGNORECASE,
)
"""How PgBouncer gives a connection to the server the settings of the client that it lends it to; no `=` of anybody else
stands so close.
"""
_PATIENCE = 1.0
_COLUMNS = (
    *("calls", "total_exec_time", "total_plan_time", "shared_blks_hit", "shared_blks_read"),
    *("temp_blks_read", "temp_blks_written", "wal_bytes"),
)
_OF_THIS_DATABASE = "dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
_OF_THIS_USER = " AND userid = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
"""In somebody's database others send their own statements, of which none is to be counted as ours."""


@dataclass(frozen=True)
class ServerCounts:
    """What the server counted of one or several calls: times in milliseconds, blocks of 8 KiB; None where it does not
    count. `executions` has transaction control, fetches and what only tidies up apart; `restored` are those of them by
    which a pooler gives its connection the settings of a client, where there is one.
    """

    executions: int
    restored: int
    execution_ms: float
    planning_ms: float | None
    buffers_hit: int
    buffers_read: int
    temp_blocks: int
    wal_bytes: int | None


class ServerStatistics:
    """A look at one database from a connection of its own. Use it as a context manager.

    Attributes:
        unseen: Why statements are not counted on this server; None where they are.
        plans: Whether the time of planning is counted.

    Raises:
        DatabaseError: The server does not answer.
    """

    def __init__(self, database: Address) -> None:
        self._connection: Connection[Any] = connect(database, application_name="bench witness")
        self._whose = _OF_THIS_USER if database.is_read_only else ""
        self._kinds: dict[int, str] = {}
        self._before: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._connection.prepare_threshold = 0
        try:
            self._columns, self.unseen = self._find_columns()
            self.plans = self._setting("track_planning") == "on"
            self._kept: str | None = None
            if self.unseen is None:
                self._before = self._read()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def forget(self, databases: Sequence[str]) -> None:
        """Have the server forget the statements of clones, this one's among them: the more it keeps, the longer every
        look takes. Where the role may not, they stay.
        """
        import psycopg

        if self.unseen is not None or not self._tells_level:
            return
        with suppress(psycopg.Error):
            self._connection.execute(
                f"SELECT pg_stat_statements_reset(0, oid, 0) AS {MARK} FROM pg_database WHERE datname = ANY(%s)",
                (list(databases),),
            )
            self._before = self._read()

    def taken(self) -> ServerCounts | None:
        """What was counted since this was last asked; None where this server does not count, or has thrown away counts
        meanwhile (`EVICTED`).

        Raises:
            DatabaseError: The connection broke.
        """
        if self.unseen is not None:
            return None
        with refusals("tell its statistics"):
            kept, now = self._kept, self._read()
            changed = {
                key: _less(row, self._before.get(key)) for key, row in now.items() if row != self._before.get(key)
            }
            self._before = now
            self._learn_kinds({key[0] for key in changed})
        if kept != self._kept:
            return None
        rows = [(self._kinds.get(key[0], MARK), row) for key, row in changed.items()]
        ours = [(kind, dict(zip(self._columns, row, strict=True))) for kind, row in rows if kind != MARK]
        return self._counts(ours)

    def dead_tuples(self, tables: Sequence[str]) -> int:
        """The dead rows in tables, named as in SQL, as far as sessions have reported them.

        Raises:
            DatabaseError: The server refused.
        """
        with refusals("count dead rows"):
            row = self._connection.execute(
                f"SELECT coalesce(sum(n_dead_tup), 0)::bigint AS {MARK} FROM pg_stat_all_tables"
                " WHERE relid = ANY(SELECT to_regclass(one) FROM unnest(%s::text[]) AS one)",
                (list(tables),),
            ).fetchall()[0]
        return int(row[0])

    def have_reported(self, application_name: str) -> bool:
        """Whether all sessions of that name have ended, and what they did stands in the statistics, after a second at
        most; never where this server's version reports later.

        Raises:
            DatabaseError: The server refused.
        """
        if self._connection.info.server_version < FLUSHES_AT_EXIT:
            return False
        deadline = monotonic() + _PATIENCE
        query = (
            f"SELECT count(*) AS {MARK} FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()"
        )
        with refusals("list its sessions"):
            while self._connection.execute(query, (application_name,)).fetchall()[0][0]:
                if monotonic() > deadline:
                    return False
                sleep(0.002)
        return True

    def _counts(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> ServerCounts:
        def total(column: str) -> Any:
            return sum(row[column] for _, row in rows)

        return ServerCounts(
            executions=sum(row["calls"] for kind, row in rows if kind in ("execution", _RESTORES)),
            restored=sum(row["calls"] for kind, row in rows if kind == _RESTORES),
            execution_ms=float(total("total_exec_time")),
            planning_ms=float(total("total_plan_time")) if self.plans else None,
            buffers_hit=total("shared_blks_hit"),
            buffers_read=total("shared_blks_read"),
            temp_blocks=total("temp_blks_read") + total("temp_blks_written"),
            wal_bytes=int(total("wal_bytes")) if "wal_bytes" in self._columns else None,
        )

    def _find_columns(self) -> tuple[tuple[str, ...], str | None]:
        import psycopg

        try:
            # Asked for no row at all, the extension would not notice that its library is not loaded.
            found = self._connection.execute(
                f"SELECT *, 1 AS {MARK} FROM pg_stat_statements(false) LIMIT 1"
            ).description
        except (psycopg.errors.UndefinedFunction, psycopg.errors.ObjectNotInPrerequisiteState):
            return (), ABSENT
        except psycopg.Error:
            return (), "this user may not read pg_stat_statements: grant it pg_read_all_stats"
        names = {column.name for column in found or ()}
        self._tells_level = "toplevel" in names
        if "total_exec_time" not in names:
            return (), "pg_stat_statements of PostgreSQL 12 and before does not tell planning from execution"
        if self._setting("track") == "none":
            return (), "pg_stat_statements.track is none on this server"
        if self._setting("track") == "all" and not self._tells_level:
            return (), "pg_stat_statements.track is all on this server, which cannot tell nested statements apart"
        if self._setting("track_utility") == "off":
            return (), "pg_stat_statements.track_utility is off on this server"
        return tuple(name for name in _COLUMNS if name in names), None

    def _setting(self, name: str) -> str | None:
        row = self._connection.execute(
            f"SELECT current_setting('pg_stat_statements.{name}', true) AS {MARK}"
        ).fetchall()[0]
        return None if row[0] is None else str(row[0])

    def _read(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        # How often entries were thrown away for want of room, and all of them reset.
        kept = (
            "(SELECT concat(dealloc, ' ', stats_reset) FROM pg_stat_statements_info)" if self._tells_level else "NULL"
        )
        rows = self._connection.execute(
            f"SELECT queryid, userid, {', '.join(self._columns)}, {kept} AS {MARK} FROM pg_stat_statements(false)"
            f" WHERE {_OF_THIS_DATABASE}{self._whose} AND queryid IS NOT NULL"
            f"{' AND toplevel' if self._tells_level else ''}"
        ).fetchall()
        summed: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for queryid, user, *values, self._kept in rows:
            before = summed.get((queryid, user))
            summed[queryid, user] = tuple(values) if before is None else _sum(before, values)
        return summed

    def _learn_kinds(self, queries: set[int]) -> None:
        unknown = sorted(queries - self._kinds.keys())
        if not unknown:
            return
        rows = self._connection.execute(
            f"SELECT queryid, query, 1 AS {MARK} FROM pg_stat_statements"
            f" WHERE {_OF_THIS_DATABASE} AND queryid = ANY(%s)",
            (unknown,),
        ).fetchall()
        for queryid, query, _ in rows:
            self._kinds[queryid] = _kind(query or "")


def _kind(query: str) -> str:
    if MARK in query:
        return MARK
    return _RESTORES if _RESTORED.match(query) else statement_kind(query)


def _less(row: tuple[Any, ...], before: tuple[Any, ...] | None) -> tuple[Any, ...]:
    # An entry that was evicted meanwhile begins anew.
    fell = before is not None and any(a < b for a, b in zip(row, before, strict=True))
    return row if before is None or fell else tuple(a - b for a, b in zip(row, before, strict=True))


def _sum(one: Sequence[Any], other: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
