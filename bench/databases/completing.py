"""Completes an address with all that it leaves open, as libpq found it for a connection: in the environment, in service
files, in .pgpass. asyncpg and the tap would look in fewer places, and in other ways.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.databases.address import Address

if TYPE_CHECKING:
    from psycopg import Connection

_CARRIED = frozenset(
    {
        *("channel_binding", "gssdelegation", "gssencmode", "gsslib", "krbsrvname", "options", "require_auth"),
        *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "requirepeer"),
        *("ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcertmode", "sslcrl", "sslcrldir"),
        *("sslkey", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert", "sslsni"),
        "tcp_user_timeout",
    }
)
"""Options of libpq's that bear on how a server is reached, and on how its sessions begin."""
_CHOOSES = "target_session_attrs"
_FOUND = frozenset({"passfile", "service", "servicefile", _CHOOSES})
"""Options that say where others are to be looked for, and which server is taken: that has been done."""
_DEFAULTS = {
    "channel_binding": "prefer",
    "gssdelegation": "0",
    "gssencmode": "prefer",
    "krbsrvname": "postgres",
    "ssl_min_protocol_version": "TLSv1.2",
    "sslcertmode": "allow",
    "sslmode": "prefer",
    "sslnegotiation": "postgres",
    "sslsni": "1",
}
"""What libpq does by itself, for those options of which it does not tell.

Source: PostgreSQL documentation, Parameter Key Words.
"""
_SHIELDS = {
    "PGHOSTADDR": ("hostaddr", ""),
    "PGREQUIREPEER": ("requirepeer", ""),
    "PGSSLCERTMODE": ("sslcertmode", "allow"),
    "PGSSLNEGOTIATION": ("sslnegotiation", "postgres"),
}
"""Options, with what they say where there is nothing to say, by the variables that they take the place of."""


def completed(address: Address, connection: Connection[Any]) -> Address:
    """An address with all that the connection which was made for it has found; it leaves nothing open.

    Options that are as libpq has them by itself are left out, unless the environment says something else of them.
    """
    found, options = connection.info, _options_of(connection)
    if address.is_read_only:
        options.pop("options", None)  # what makes that session read-only is in it
    named = {name: value for name, value in address.options.items() if name not in _FOUND}
    if found.hostaddr and _asks_for_a_number(address, connection):
        named["hostaddr"] = found.hostaddr
    return replace(
        address,
        database=address.database or found.dbname,
        host=found.host or found.hostaddr,
        port=found.port,
        user=found.user,
        password=address.password or found.password or None,
        options=options | named,
    )


def _options_of(connection: Connection[Any]) -> dict[str, str]:
    options = {}
    for one in connection.pgconn.info:
        name, value, default = (os.fsdecode(part or b"") for part in (one.keyword, one.val, one.compiled))
        is_set = one.envvar is not None and os.fsdecode(one.envvar) in os.environ
        if name in _CARRIED and value and (is_set or value != (default or _DEFAULTS.get(name))):
            options[name] = value
        elif name == _CHOOSES and value not in ("", "any"):
            options[name] = "any"  # a session that is read-only on purpose would be taken for a standby's
    return options


def _asks_for_a_number(address: Address, connection: Connection[Any]) -> bool:
    """Whether somebody says at which number the host is reached; else psycopg has looked its name up."""
    if address.options.get("hostaddr") or os.environ.get("PGHOSTADDR"):
        return True
    if address.host is not None or os.environ.get("PGHOST"):
        return False
    return any(one.keyword == b"hostaddr" and one.val for one in connection.pgconn.info)


def shields(options: Mapping[str, str]) -> dict[str, str]:
    """Options for a way that leads to a relay of the harness's own: they keep from it what libpq's variables and its
    service say of the way to the server.

    Args:
        options: Those of the address of the server itself.
    """
    return {
        option: value
        for variable, (option, value) in _SHIELDS.items()
        if os.environ.get(variable) or options.get(option)
    }
