"""TLS as libpq speaks it where asyncpg's own options cannot say so."""

from __future__ import annotations

import ssl
from typing import Any

from bench.databases.address import Address
from bench.databases.encryption import Encryption

_ADVISORY = ("disable", "allow", "prefer")
"""Modes in which nothing is asked of the server's certificate, and asyncpg may go on without TLS."""


def context_of_its_own(address: Address) -> ssl.SSLContext | None:
    """How asyncpg speaks to a server whose address asks for what it has no option for; None where it has.

    That is the system's own certificates (`sslrootcert=system`), a folder of revoked ones, to show no certificate, and
    a host that is reached by its number (`hostaddr`) and verified by its name.
    """
    asked = Encryption.asked(address.options)
    host = address.host or ""
    if asked.mode in _ADVISORY or host.startswith(("/", "@")):
        return None
    by_number = asked.mode == "verify-full" and address.options.get("hostaddr") not in (None, "", host)
    needs_one = (asked.verifies and (asked.root == "system" or asked.revoked_folder is not None)) or (
        address.options.get("sslcertmode") == "disable"
    )
    if not (by_number or needs_one):
        return None
    return asked.to_server(_verifying(host) if by_number else ssl.SSLContext)


def _verifying(host: str) -> type[ssl.SSLContext]:
    """A context that verifies a server by that name, whatever the connection was made to."""

    class Verifying(ssl.SSLContext):
        def wrap_bio(
            self,
            incoming: ssl.MemoryBIO,
            outgoing: ssl.MemoryBIO,
            server_side: bool = False,
            server_hostname: str | bytes | None = None,
            session: Any = None,
        ) -> ssl.SSLObject:
            return super().wrap_bio(incoming, outgoing, server_side, host, session)

    return Verifying
