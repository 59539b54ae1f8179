"""The databases on a PostgreSQL server that are the harness's own: finding them, dropping those that nobody uses."""

from __future__ import annotations

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
       d.datconnlimit = -2 AS half_dropped
FROM pg_database d
WHERE left(d.datname, 6) = 'bench_' AND d.datallowconn AND pg_has_role(d.datdba, 'USAGE')
ORDER BY d.datname
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


def owned_databases(admin: Connection[Any], address: Address) -> list[OwnedDatabase]:
    """The databases of ours that the user of that connection may drop, by name, each with its marker read.

    Raises:
        DatabaseError: The server refused.
    """
    with refusals("list its databases"):
        rows = admin.execute(_CATALOG).fetchall()
        runs = _living_runs(admin)
    found = []
    for name, commented, size, connected, half_dropped in rows:
        said = marker.Name.parse(name)
        # A run may be killed before it has commented on a database whose name only a run makes.
        if (commented or said.run is not None) and _is_known(address, name, commented, half_dropped):
            found.append(OwnedDatabase(name, said.kind, size, connected or said.run in runs))
    return found


def drop_leftovers(admin: Connection[Any], address: Address) -> None:
    """Drop what runs that have been killed left: clones, and templates that were never finished.

    A run that is killed between making a database and writing the marker into it leaves one that nobody can tell from
    a stranger's of that name: it stays.

    Raises:
        DatabaseError: The server refused.
    """
    with refusals("list its databases"):
        rows = admin.execute(_CATALOG).fetchall()
        runs = _living_runs(admin)
    for name, commented, _, connected, half_dropped in rows:
        run = marker.Name.parse(name).run
        dead = run is not None and run not in runs and not connected
        if dead and _is_known(address, name, commented, half_dropped):
            # Another run may be dropping the same one.
            with suppress(DatabaseError):
                drop_database(admin, name)


def _is_known(address: Address, database: str, commented: bool, half_dropped: bool) -> bool:
    """Whether a database is ours: by its marker, or by its comment where the server stopped in the midst of dropping
    it, and lets nobody look inside any more.
    """
    return commented if half_dropped else is_ours(address, database)


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


def _living_runs(admin: Connection[Any]) -> set[str]:
    rows = admin.execute(
        "SELECT application_name FROM pg_stat_activity WHERE left(application_name, %s) = %s",
        (len(RUN_NAME), RUN_NAME),
    ).fetchall()
    return {row[0].removeprefix(RUN_NAME) for row in rows}
