"""What a PgBouncer of the harness's own is told: its settings and its users, as the text of its files."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from bench.databases.address import Address
from bench.databases.encryption import Encryption
from bench.errors import DatabaseError

SETTINGS = "pgbouncer.ini"
USERS = "users"
LOG = "log"

POOL_SIZE = 10
"""Connections to the server that PgBouncer has for each database at most: as many as the pools beside it."""
MOST_CLIENTS = 1000
"""Connections that it takes."""
PREPARES_FROM = Version("1.21")
"""The version from which it follows statements that a driver has prepared from one server connection to the next."""

_PREPARED_STATEMENTS = 200
# It has settings of its own for what drivers ask for at the start; of these it knows nothing, and the harness's own
# drivers ask for them. Any other is refused, so that nothing that a strategy asks for is silently left out.
_IGNORED = ("extra_float_digits", "options", "default_transaction_read_only")
# The mark has what the server counts of it left out. It is run once on each connection to the server.
_READ_ONLY = "SELECT set_config('default_transaction_read_only', 'on', false) AS querybench_witness"


@dataclass(frozen=True)
class Door:
    """Where PgBouncer is to listen: in the directory of a Unix socket, or on an address of this machine."""

    host: str
    port: int

    @property
    def is_unix(self) -> bool:
        """Whether it is a socket's directory."""
        return self.host.startswith("/")


def settings_text(server: Address, door: Door, directory: Path, version: Version, tls: Mapping[str, str]) -> str:
    """The settings: transaction mode, in front of all databases of a server, which are only read through it.

    Args:
        server: With the host (or the socket's directory) and the port that it is really reached at.
        door: Where drivers come in.
        directory: Its private directory.
        version: Its own.
        tls: As `tls_settings` has them.
    """
    host = server.options.get("hostaddr") or server.host or ""
    target = {"host": host, "port": str(server.port or 5432), "connect_query": _READ_ONLY}
    told = {
        "pool_mode": "transaction",
        "default_pool_size": POOL_SIZE,
        "max_client_conn": MOST_CLIENTS,
        "auth_type": "scram-sha-256",
        "auth_file": directory / USERS,
        "ignore_startup_parameters": ", ".join(_IGNORED),
        "listen_addr": "" if door.is_unix else door.host,
        "listen_port": door.port,
        # asyncio takes a connection to a socket whose queue is full for one that is there.
        "listen_backlog": MOST_CLIENTS,
        "unix_socket_dir": door.host if door.is_unix else "",
        "unix_socket_mode": "0700",
        "logfile": directory / LOG,
        "log_connections": 0,
        "log_disconnections": 0,
        "log_stats": 0,
        # A query of its own after a pause would be counted as one of the strategy's.
        "server_check_query": "",
        **tls,
    }
    if version >= PREPARES_FROM:
        told["max_prepared_statements"] = _PREPARED_STATEMENTS
    lines = [f"{name} = {value}" for name, value in told.items()]
    return "\n".join(["[databases]", f"* = {_connection(target)}", "[pgbouncer]", *lines, ""])


def users_text(user: str, secret: str) -> str:
    """The one user who may come in, and whom it comes to the server as.

    Args:
        user: The name.
        secret: The password, or what verifies it, exactly as the server keeps it. From a password PgBouncer works that
            out at each connection, for milliseconds in which it does nothing else.
    """
    return " ".join('"' + word.replace('"', '""') + '"' for word in (user, secret)) + "\n"


def tls_files(server: Address) -> Mapping[str, Path]:
    """The files that its settings name, by setting: of the server's certificate, and of the client's own.

    Raises:
        DatabaseError: The address asks for what PgBouncer cannot do.
    """
    asked = Encryption.asked(server.options)
    if "options" in server.options:
        raise DatabaseError("PgBouncer hands no `options` on to the server: leave them out of the URL")
    if not _is_encrypted(server, asked):
        return {}
    if asked.revoked is not None or asked.revoked_folder is not None:
        raise DatabaseError("PgBouncer knows no list of revoked certificates (sslcrl): leave it out of the URL")
    if asked.certificate is not None and asked.key_password:
        raise DatabaseError("PgBouncer reads no key that is encrypted (sslpassword): name one that is not by sslkey")
    root = ssl.get_default_verify_paths().cafile if asked.root == "system" else asked.root
    named = {
        "server_tls_ca_file": root,
        "server_tls_cert_file": asked.certificate,
        "server_tls_key_file": asked.key if asked.certificate is not None else None,
    }
    return {name: Path(path) for name, path in named.items() if path is not None}


def tls_settings(server: Address, files: Mapping[str, Path]) -> dict[str, str]:
    """How it speaks to the server.

    Args:
        server: As its URL asks for it.
        files: Those of `tls_files`, where PgBouncer can read them.
    """
    asked = Encryption.asked(server.options)
    mode = asked.mode if _is_encrypted(server, asked) else "disable"
    if mode == "require" and "server_tls_ca_file" in files:
        mode = "verify-ca"  # as libpq has it where there is a root certificate
    return {"server_tls_sslmode": mode, **{name: str(path) for name, path in files.items()}}


def last_words(log: str) -> str:
    """The last complaint in its log, without whom it speaks of and where."""
    for line in reversed(log.splitlines()):
        _, level, said = next(
            (line.partition(f" {one} ") for one in ("FATAL", "ERROR", "WARNING") if one in line), [""] * 3
        )
        words = said.rpartition(": ")[2] if "@" in said else said
        if level and words and "@" not in words:
            return words
    return "it said nothing"


def _is_encrypted(server: Address, asked: Encryption) -> bool:
    return asked.mode != "disable" and not (server.host or "").startswith(("/", "@"))


def _connection(target: Mapping[str, str]) -> str:
    return " ".join(f"{name}='" + value.replace("'", "''") + "'" for name, value in target.items())
