"""A server that is there already, named by a URL. The harness works in databases of its own there and in no other."""

from __future__ import annotations

import os
from collections.abc import Mapping

from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.databases.server import Say, silent
from bench.errors import UsageError

_SCHEMES = ("postgresql", "postgres")
_DRIVERS = ("asyncpg", "psycopg", "psycopg_async")
_EXAMPLE = "postgresql://user@host:5432/database"


def open_url(
    url: str, settings: Mapping[str, str], *, say: Say = silent, reason: str = "named by --database"
) -> PostgresServer:
    """The server that a URL names: libpq's form, or SQLAlchemy's with a driver in it.

    Raises:
        UsageError: The URL cannot be read, is not PostgreSQL's, or the server refuses one of `settings`.
        DatabaseError: The server does not answer, does not let us in, or lets us create no database.
    """
    return PostgresServer("url", reason, parse_url(url), settings, say=say)


def parse_url(url: str) -> Address:
    """The address that a URL names; nothing of it is shown in an error, for it may hold a password.

    Raises:
        UsageError: It cannot be read, or is not PostgreSQL's.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    scheme, _, rest = url.partition("://")
    dialect, _, driver = scheme.partition("+")
    if dialect not in _SCHEMES or (driver and driver not in _DRIVERS):
        raise UsageError(f"--database: `{scheme}://` is not a PostgreSQL URL: write it like {_EXAMPLE}")
    try:
        read = conninfo_to_dict(f"postgresql://{_with_sslmode(rest)}")
    except psycopg.Error:
        raise UsageError(f"--database: this PostgreSQL URL cannot be read: write it like {_EXAMPLE}") from None
    parts: dict[str, str] = {name: str(value) for name, value in read.items() if value is not None}
    host, port, user, password = (parts.pop(name, None) for name in ("host", "port", "user", "password"))
    if "," in (host or "") or "," in (port or ""):
        raise UsageError("--database: the URL names several hosts: name the one to measure")
    if port is not None and not port.isdigit():
        raise UsageError("--database: the port in the URL is no number")
    return Address(
        dialect="postgresql",
        database=parts.pop("dbname", "") or _maintenance_database(parts),
        host=host,
        port=None if port is None else int(port),
        user=user,
        password=password,
        options=parts,
    )


def _with_sslmode(rest: str) -> str:
    """asyncpg's name for the option `sslmode` is `ssl`; libpq refuses that one."""
    before, mark, query = rest.partition("?")
    pairs = (f"sslmode={pair[4:]}" if pair.startswith("ssl=") else pair for pair in query.split("&"))
    return before + mark + "&".join(pairs)


def _maintenance_database(parts: Mapping[str, str]) -> str:
    """Where the URL names no database: what libpq is told elsewhere, else the one that every server has."""
    told = "service" in parts or "PGSERVICE" in os.environ or "PGDATABASE" in os.environ
    return "" if told else "postgres"
