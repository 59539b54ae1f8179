"""What an address asks of TLS to its server, for those that stand between a driver and the server and connect to it in
the driver's stead.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_VERIFYING = ("verify-ca", "verify-full")
_ENVIRONMENT = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
}
_DEFAULTS = {"sslrootcert": "root.crt", "sslcert": "postgresql.crt", "sslkey": "postgresql.key", "sslcrl": "root.crl"}


@dataclass(frozen=True)
class Encryption:
    """What is asked of TLS to a server, by libpq's names; files that are not there are None."""

    mode: str
    root: str | None
    certificate: str | None
    key: str | None
    revoked: str | None

    @classmethod
    def asked(cls, options: Mapping[str, str]) -> Encryption:
        """What the options of an address ask for, then libpq's environment variables, then its default files."""
        found = {name: options.get(name) or os.environ.get(variable) for name, variable in _ENVIRONMENT.items()}
        for name, default in _DEFAULTS.items():
            path = Path.home() / ".postgresql" / default
            if found[name] is None and path.exists():
                found[name] = str(path)
        return cls(
            found["sslmode"] or "prefer", found["sslrootcert"], found["sslcert"], found["sslkey"], found["sslcrl"]
        )

    @property
    def client_mode(self) -> str:
        """The `sslmode` for the way to the tap: the tap verifies the server in the driver's stead."""
        return "require" if self.mode in _VERIFYING else self.mode

    def to_server(self) -> ssl.SSLContext:
        """How the tap speaks to the server.

        Raises:
            ssl.SSLError: A certificate cannot be read.
            OSError: A file is not there.
        """
        # As libpq has it, `require` verifies too where there is a root certificate.
        verifies = self.mode in _VERIFYING or (self.mode == "require" and self.root is not None)
        context = ssl.create_default_context()
        context.check_hostname = self.mode == "verify-full"
        context.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
        if verifies and self.root not in (None, "system"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = self.mode == "verify-full"
            context.load_verify_locations(self.root)
            if self.revoked is not None:
                context.load_verify_locations(self.revoked)
                context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        context.set_alpn_protocols(["postgresql"])
        return context
