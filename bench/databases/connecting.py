"""Connecting to PostgreSQL, and saying in one line why it failed: without host, without password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bench.databases import variables
from bench.databases.address import Address
from bench.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg import Connection, Error

PATIENCE = 10
"""Seconds to wait for a server that does not answer, where its URL says nothing else."""

_FULL = "the server has no connection left: raise its max_connections or close other clients"
_NO_HOST = "no machine of that name is known: correct the host in the URL"
_NO_CONNECT = "permission denied for database"
_NO_LOGIN = "is not permitted to log in"
_EXPLANATIONS = (
    (
        _NO_CONNECT,
        "the user of the URL may not connect to that database: allow it with `GRANT CONNECT ON DATABASE … TO …`",
    ),
    (_NO_LOGIN, "the user of the URL may not log in: allow it with `ALTER ROLE … LOGIN`, or name another"),
    ("password authentication failed", "the database refused user or password: correct them in the URL"),
    ("no password supplied", "the database asks for a password: give it in the URL, in PGPASSWORD or in .pgpass"),
    ("no pg_hba.conf entry", "the server's pg_hba.conf has no entry that lets this user in from here: add one"),
    ("too many clients", _FULL),
    ("too many connections", _FULL),
    ("remaining connection slots", _FULL),
    ("starting up", "the database server is still starting: try again when it is up"),
    (
        "unsupported startup parameter",
        "a pooler before the database takes no settings: name the database itself in the URL, and no pooler",
    ),
    (
        "requires a valid client certificate",
        "the server asks for a certificate of the client's: name it by `sslcert` and `sslkey` in the URL",
    ),
    (
        "certificate authentication failed",
        "the server refused the client's certificate for this user: correct `sslcert`, or the user",
    ),
    (
        "has group or world access",
        "the client's key may be read by others, so that it is not used: `chmod 600` the file that `sslkey` names",
    ),
    (
        "private key file",
        "the client's key cannot be read: correct `sslkey`, and give its password by `sslpassword`",
    ),
    ("could not read certificate file", "the client's certificate cannot be read: correct `sslcert`"),
    ("could not read root certificate file", "the server's root certificate cannot be read: correct `sslrootcert`"),
    ("root certificate file", "the server's root certificate is not there: name it by `sslrootcert`"),
    ("certificate verify failed", "the server's certificate is not one that `sslrootcert` vouches for: correct it"),
    ("server certificate for", "the server's certificate is for another name than the host's: correct the host"),
    ("SSL support is not compiled in", "the psql here speaks no TLS: install PostgreSQL's client, whose own does"),
    ("SSL", "the server and the URL do not agree on SSL: set `sslmode` in the URL"),
    ("role", "the server does not know the user of the URL: correct it, or create that role"),
    ("database", "the server has no database of that name: name one that exists in the URL, such as `postgres`"),
    ("translate host name", _NO_HOST),
    ("resolve host", _NO_HOST),
    ("definition of service", "no service file has that service: correct PGSERVICE, or `service` in the URL"),
    ("service file ", "the service file is not there: correct PGSERVICEFILE"),
)
READ_ONLY = "default_transaction_read_only"
"""The server's setting by which the sessions of a connection are read-only."""
NOT_READ_ONLY = (
    f"sessions are not read-only, as something before the database drops {READ_ONLY}: name the database itself and no "
    f"pooler in the URL, or have the server set it (`ALTER ROLE … SET {READ_ONLY} = on`)"
)
_NO_ACCESS = (_NO_CONNECT, _NO_LOGIN, "password authentication failed", "no pg_hba.conf entry", "role", "database")
_NO_ANSWER = "the database server does not answer: check that it runs, and host and port in the URL"


class AccessError(DatabaseError):
    """The server answers and does not let this user in, which waiting does not change."""


def connect(address: Address, *, application_name: str) -> Connection[Any]:
    """A connection in autocommit mode.

    Raises:
        DatabaseError: The server does not answer, or has no connection left.
        AccessError: It does not let this user in.
    """
    import psycopg

    try:
        with variables.set_aside(address):
            return psycopg.connect(**as_parameters(address), application_name=application_name, autocommit=True)
    except psycopg.Error as error:
        message = str(error)
        kind = AccessError if any(_says(message, sign) for sign in _NO_ACCESS) else DatabaseError
        raise kind(explain(message)) from None


def as_parameters(address: Address) -> dict[str, Any]:
    """An address as psycopg's connection parameters."""
    parameters: dict[str, Any] = {"connect_timeout": PATIENCE, **address.options}
    if address.is_read_only:
        parameters["options"] = " ".join([*filter(None, [address.options.get("options")]), f"-c {READ_ONLY}=on"])
    named = {
        "dbname": address.database or None,
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
    }
    return parameters | {name: value for name, value in named.items() if value is not None}


def explain(message: str) -> str:
    """What a failed connection means and what to do, from the client library's message, which names the host."""
    return next((meaning for sign, meaning in _EXPLANATIONS if _says(message, sign)), _NO_ANSWER)


def _says(message: str, sign: str) -> bool:
    if sign in ("role", "database"):
        return f'{sign} "' in message and "does not exist" in message
    return sign in message


@contextmanager
def refusals(action: str) -> Iterator[None]:
    """Turn what the server refuses while we `action` into one line.

    Raises:
        DatabaseError: The server refused, or the connection broke.
    """
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise DatabaseError(f"PostgreSQL would not {action}: {reason(error)}") from None


def reason(error: Error) -> str:
    """The server's own words for a refusal; a broken connection's message would name the host."""
    return error.diag.message_primary or "the connection to it broke; check the server's log"
