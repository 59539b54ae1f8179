"""The databases on a PostgreSQL server that are the harness's own: finding them, dropping those that nobody uses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.databases import marker
from bench.databases.address import Address
from bench.databases.connecting import connect, refusals
from bench.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg import Connection

RUN_NAME = "bench run "
"""Start of the application name of a run's own connection, which is open for as long as the run is alive."""

KEEPER_NAME = "bench keeper"
"""Application name of a short look into a database's marker."""

_CATALOG = """
SELECT d.datname,
       coalesce(shobj_description(d.oid, 'pg_database'), '') LIKE 'querybench %%' AS commented,
       CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) ELSE 0 END AS bytes,
       EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid
               AND coalesce(a.backend_type, 'client backend') = 'client backend'
               AND a.application_name <> 'bench keeper') AS connected,
       d.datconnlimit AS connection_limit
FROM pg_database d
WHERE left(d.datname, 6) = 'bench_' AND d.datallowconn AND pg_has_role(d.datdba, 'USAGE')
ORDER BY d.datname
"""
_OF_ANOTHER = "SELECT current_user::text FROM pg_database WHERE datname = %s AND NOT pg_has_role(datdba, 'USAGE')"
_HALF_DROPPED = -2
"""The connection limit of a database that the server stopped in the midst of dropping.

Source: PostgreSQL source, catalog/pg_database.h, DATCONNLIMIT_INVALID_DB.
"""


@dataclass(frozen=True)
class OwnedDatabase:
    """A database of the harness's own.

    Attributes:
        name: Its name on the server, or its file's.
        kind: `template`, `clone`, or `making` for a template that is not whole.
        size: Bytes on disk.
        in_use: Whether its run is alive or anybody is connected.
    """

    name: str
    kind: marker.Kind
    size: int
    in_use: bool


@dataclass(frozen=True)
class _Seen:
    """What the server's catalog tells of a database that has our prefix in its name: a row of `_CATALOG`."""

    name: str
    commented: bool
    size: int
    connected: bool
    limit: int


def owned_databases(admin: Connection[Any], address: Address) -> list[OwnedDatabase]:
    """The databases of ours that the user of that connection may drop, by name, each with its marker read.

    Raises:
        DatabaseError: The server refused.
    """
    candidates, runs = _look(admin)
    found = []
    for seen in candidates:
        said = marker.Name.parse(seen.name)
        # A run may be killed before it has commented on a database whose name only a run makes.
        if (seen.commented or said.run is not None) and _is_known(address, seen):
            found.append(OwnedDatabase(seen.name, said.kind, seen.size, seen.connected or said.run in runs))
    return found


def drop_leftovers(admin: Connection[Any], address: Address) -> list[str]:
    """Drop what runs that have been killed left: clones, and templates that were never finished; their names.

    Raises:
        DatabaseError: The server refused.
    """
    candidates, runs = _look(admin)
    dropped = []
    for seen in candidates:
        run = marker.Name.parse(seen.name).run
        dead = run is not None and run not in runs and not seen.connected
        if dead and _is_known(address, seen):
            # Another run may be dropping the same one.
            with suppress(DatabaseError):
                drop_database(admin, seen.name)
                dropped.append(seen.name)
    return dropped


def own_key(admin: Connection[Any], key: str) -> str:
    """The key of the template that the user of that connection has for `key`: another where somebody else, whom the
    user does not stand in for, has one of that name, which only its owner may clone.

    Raises:
        DatabaseError: The server refused.
    """
    with refusals("list its databases"):
        theirs = admin.execute(_OF_ANOTHER, (marker.template_name(key),)).fetchall()
    return f"{key}_{hashlib.sha256(theirs[0][0].encode()).hexdigest()[:6]}" if theirs else key


def is_ours(address: Address, database: str, key: str | None = None) -> bool:
    """Whether the marker stands in that database, for `key` where one is given."""
    try:
        with connect(replace(address, database=database), application_name=KEEPER_NAME) as connection:
            found = marker.read(connection)
    except DatabaseError:
        return False
    return found is not None and key in (None, found)


def drop_database(admin: Connection[Any], database: str) -> None:
    """Drop a database of ours, whoever is connected; one that is gone already is no error.

    Raises:
        DatabaseError: The server refused.
    """
    from psycopg import sql

    with refusals(f"drop the database {database}"):
        name = sql.Identifier(database)
        if admin.info.server_version >= 130000:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        else:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))


def _is_known(address: Address, seen: _Seen) -> bool:
    """Whether a database is ours: by its marker. Where nobody can look inside, since the server stopped in the midst of
    dropping it, by its comment; and where its run was killed before the marker was in it, by its connection limit,
    provided that nothing else is in it.
    """
    if seen.limit == _HALF_DROPPED:
        return seen.commented
    return is_ours(address, seen.name) or (seen.limit == marker.limit(seen.name) and _is_bare(address, seen.name))


def _is_bare(address: Address, database: str) -> bool:
    try:
        with (
            connect(replace(address, database=database), application_name=KEEPER_NAME) as connection,
            refusals("tell what a database holds"),
        ):
            return marker.is_bare(connection)
    except DatabaseError:
        return False


def _look(admin: Connection[Any]) -> tuple[Sequence[_Seen], set[str]]:
    """The databases that may be ours, and the names of the runs that are alive."""
    with refusals("list its databases"):
        rows = admin.execute(_CATALOG).fetchall()
        return [_Seen(*row) for row in rows], _living_runs(admin)


def _living_runs(admin: Connection[Any]) -> set[str]:
    rows = admin.execute(
        "SELECT application_name FROM pg_stat_activity WHERE left(application_name, %s) = %s",
        (len(RUN_NAME), RUN_NAME),
    ).fetchall()
    return {row[0].removeprefix(RUN_NAME) for row in rows}
