"""Makes a strategy's own engine: one connection, read-only unless the scenario says that it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from bench.databases.address import Address
from bench.databases.connecting import NOT_READ_ONLY, READ_ONLY
from bench.errors import UsageError
from bench.worker.encrypting import context_of_its_own
from bench.worker.fencing import fence_engine, fenced_asyncpg, fenced_psycopg
from bench.worker.handle import Database, SyncDatabase

UNKNOWN_TO_ASYNCPG = frozenset(
    {
        *("channel_binding", "connect_timeout", "gssdelegation", "gssencmode", "hostaddr", "load_balance_hosts"),
        *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "requirepeer", "require_auth"),
        *("fallback_application_name", "max_protocol_version", "min_protocol_version", "replication"),
        *("scram_client_key", "scram_server_key", "servicefile", "sslcertmode", "sslcompression", "sslcrldir"),
        *("sslkeylogfile", "sslnegotiation", "sslsni", "tcp_user_timeout"),
    }
)
"""Options of libpq alone: asyncpg would take them for settings of the server, which knows none of them."""


@dataclass(frozen=True)
class Access:
    """How the strategies of a point get to a database: where it is, by which driver, and whether they may write."""

    address: Address
    driver: str
    application_name: str
    writes: bool


def open_async(access: Access, options: Mapping[str, Any]) -> Database:
    """An async handle whose engine takes `options` of `create_async_engine`; nothing is connected yet."""
    arguments = dict(options)
    own = dict(arguments.pop("connect_args", {}))
    if access.address.dialect == "sqlite":
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{access.address.database}", connect_args=own, **_pooled(arguments)
        )
        _guard_sqlite(engine.sync_engine, access)
        return Database(engine, lambda: _connect_aiosqlite(access))
    if access.driver == "psycopg":
        if access.address.is_read_only:
            own = {"async_creator_fn": fenced_psycopg()[1].connect, **own}
        arguments["connect_args"], connect = psycopg_arguments(access, own), _connect_psycopg
    else:
        if access.address.is_read_only:
            own = {"connection_class": fenced_asyncpg(), **own}
        arguments["connect_args"], connect = asyncpg_arguments(access, own), _connect_asyncpg
    engine = create_async_engine(f"postgresql+{access.driver}://", **_pooled(arguments))
    if access.address.is_read_only:
        fence_engine(engine.sync_engine)
    return Database(engine, lambda: connect(access))


def open_sync(access: Access, options: Mapping[str, Any]) -> SyncDatabase:
    """A synchronous handle, on psycopg or sqlite3, whose engine takes `options` of `create_engine`."""
    arguments = dict(options)
    own = dict(arguments.pop("connect_args", {}))
    if access.address.dialect == "sqlite":
        engine = create_engine(f"sqlite:///{access.address.database}", connect_args=own, **_pooled(arguments))
        _guard_sqlite(engine, access)
        return SyncDatabase(engine, lambda: _connect_sqlite(access))
    engine = create_engine("postgresql+psycopg://", connect_args=psycopg_arguments(access, own), **_pooled(arguments))
    if access.address.is_read_only:
        fence_engine(engine)
    return SyncDatabase(engine, lambda: _connect_sync_psycopg(access))


async def require_read_only(access: Access, *, is_async: bool) -> None:
    """See that the sessions of somebody's database are read-only on the way that a strategy takes: poolers drop what
    they do not know.

    Raises:
        UsageError: They are not.
    """
    if not access.address.is_read_only:
        return
    if is_async and access.driver == "asyncpg":
        opened = await _connect_asyncpg(access)
        answer = await opened.fetchval("SHOW transaction_read_only")
        await opened.close()
    else:
        with _connect_sync_psycopg(access) as connection:
            answer = connection.execute("SHOW transaction_read_only").fetchone()[0]
    if answer != "on":
        raise UsageError(f"--existing: {NOT_READ_ONLY}")


async def dispose(handle: Database | SyncDatabase) -> None:
    """Close every connection of a handle: those of its engine and those of the driver."""
    if isinstance(handle, Database):
        for connection in handle.forgotten_driver_connections():
            await connection.close()
        await handle.engine.dispose()
    else:
        for connection in handle.forgotten_driver_connections():
            connection.close()
        handle.engine.dispose()


def has_connection_left(handle: Database | SyncDatabase) -> bool:
    """Whether a connection can be had from a handle's pool without waiting for one that its strategy's setup holds."""
    pool = handle.engine.pool
    if not isinstance(pool, QueuePool):
        return True
    most: int = pool._max_overflow  # noqa: SLF001 - what the pool may open beyond its size, it tells nowhere else
    return pool.checkedin() > 0 or most < 0 or pool.overflow() < most


def sync_engine(handle: Database | SyncDatabase) -> Engine:
    """The engine that events are listened for on."""
    return handle.engine.sync_engine if isinstance(handle.engine, AsyncEngine) else handle.engine


def asyncpg_arguments(access: Access, own: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Arguments of `asyncpg.connect` for an address; what it leaves open asyncpg finds as psql does.

    A strategy's `own` arguments join them, its server settings too; but it can neither write by them nor go by another
    name, by which its queries would be found when they hang.
    """
    address = access.address
    settings = {**own.get("server_settings", {}), "application_name": access.application_name}
    if not _may_write(access):
        settings[READ_ONLY] = "on"
    arguments: dict[str, Any] = {**own, "database": address.database, "server_settings": settings}
    host = address.options.get("hostaddr") or address.host
    arguments |= _present(host=host, port=address.port, user=address.user, password=address.password)
    if "ssl" not in own and (context := context_of_its_own(address)) is not None:
        arguments["ssl"] = context
    if "sslnegotiation" in address.options:
        arguments["direct_tls"] = address.options["sslnegotiation"] == "direct"
    options = {name: value for name, value in address.options.items() if name not in UNKNOWN_TO_ASYNCPG}
    if options:
        arguments["dsn"] = "postgresql://?" + urlencode(options)
    return arguments


def psycopg_arguments(access: Access, own: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Arguments of `psycopg.connect` for an address, joined by a strategy's `own` as those of asyncpg are."""
    address = access.address
    arguments: dict[str, Any] = {**address.options, **own, "dbname": address.database}
    arguments["application_name"] = access.application_name
    options = [address.options.get("options"), own.get("options"), None if _may_write(access) else f"-c {READ_ONLY}=on"]
    if any(options):
        arguments["options"] = " ".join(option for option in options if option)
    return arguments | _present(host=address.host, port=address.port, user=address.user, password=address.password)


def _pooled(arguments: dict[str, Any]) -> dict[str, Any]:
    chosen = {"poolclass", "pool", "pool_size", "max_overflow"} & arguments.keys()
    return arguments if chosen else {"pool_size": 1, "max_overflow": 0, **arguments}


def _present(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _may_write(access: Access) -> bool:
    return access.writes and not access.address.is_read_only


def _guard_sqlite(engine: Engine, access: Access) -> None:
    if access.writes:
        return

    def forbid_writing(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    event.listen(engine, "connect", forbid_writing)


async def _connect_asyncpg(access: Access) -> Any:
    import asyncpg

    fenced = {"connection_class": fenced_asyncpg()} if access.address.is_read_only else {}
    return await asyncpg.connect(**asyncpg_arguments(access), **fenced)


async def _connect_psycopg(access: Access) -> Any:
    import psycopg

    kind = fenced_psycopg()[1] if access.address.is_read_only else psycopg.AsyncConnection
    return await kind.connect(**psycopg_arguments(access), autocommit=True)


def _connect_sync_psycopg(access: Access) -> Any:
    import psycopg

    kind = fenced_psycopg()[0] if access.address.is_read_only else psycopg.Connection
    return kind.connect(**psycopg_arguments(access), autocommit=True)


async def _connect_aiosqlite(access: Access) -> Any:
    import aiosqlite

    connection = await aiosqlite.connect(access.address.database)
    if not access.writes:
        await connection.execute("PRAGMA query_only = ON")
    return connection


def _connect_sqlite(access: Access) -> Any:
    import sqlite3

    connection = sqlite3.connect(access.address.database)
    if not access.writes:
        connection.execute("PRAGMA query_only = ON")
    return connection
