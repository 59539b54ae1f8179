"""What an address asks of TLS to its server, for those that connect to it in the stead of libpq: the tap and PgBouncer,
which stand between a driver and the server, and asyncpg.
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
    "sslcrldir": "PGSSLCRLDIR",
    "sslcertmode": "PGSSLCERTMODE",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
}
_DEFAULTS = {"sslrootcert": "root.crt", "sslcert": "postgresql.crt", "sslkey": "postgresql.key", "sslcrl": "root.crl"}


@dataclass(frozen=True, repr=False)
class Encryption:
    """What is asked of TLS to a server, by libpq's names; files that are not there are None.

    Attributes:
        mode: As `sslmode` has it.
        root: The file with the certificates that the server's is verified by, or `system`.
        certificate: The file with the client's own certificate.
        key: The file with the client's key.
        revoked: The file with the list of revoked certificates.
        revoked_folder: The folder with such lists.
        key_password: What the client's key is encrypted with.
        oldest: The oldest version of TLS that is spoken, as `TLSv1.2`; None for that of the library.
        newest: The newest, the same.
    """

    mode: str
    root: str | None
    certificate: str | None
    key: str | None
    revoked: str | None
    revoked_folder: str | None = None
    key_password: str | None = None
    oldest: str | None = None
    newest: str | None = None

    @classmethod
    def asked(cls, options: Mapping[str, str]) -> Encryption:
        """What the options of an address ask for, then libpq's environment variables, then its default files."""
        found = {name: options.get(name) or os.environ.get(variable) for name, variable in _ENVIRONMENT.items()}
        for name, default in _DEFAULTS.items():
            path = Path.home() / ".postgresql" / default
            if found[name] is None and path.exists():
                found[name] = str(path)
        shows_certificate = found["sslcertmode"] != "disable"
        return cls(
            found["sslmode"] or "prefer",
            found["sslrootcert"],
            found["sslcert"] if shows_certificate else None,
            found["sslkey"] if shows_certificate else None,
            found["sslcrl"],
            found["sslcrldir"],
            options.get("sslpassword"),
            found["ssl_min_protocol_version"],
            found["ssl_max_protocol_version"],
        )

    @property
    def client_mode(self) -> str:
        """The `sslmode` for the way to the tap: the tap verifies the server in the driver's stead."""
        return "require" if self.mode in _VERIFYING else self.mode

    @property
    def verifies(self) -> bool:
        """Whether the server has to show a certificate that is known; as libpq has it, `require` asks for one too where
        there is a root certificate.
        """
        return self.mode in _VERIFYING or (self.mode == "require" and self.root is not None)

    def to_server(self, kind: type[ssl.SSLContext] = ssl.SSLContext) -> ssl.SSLContext:
        """How the server is spoken to.

        Args:
            kind: The class of the context.

        Raises:
            ssl.SSLError: A certificate cannot be read, or a key is encrypted with another password.
            OSError: A file is not there.
            ValueError: There is no such version of TLS.
        """
        context = kind(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.mode == "verify-full"
        context.verify_mode = ssl.CERT_REQUIRED if self.verifies else ssl.CERT_NONE
        if self.verifies:
            self._load_authorities(context)
        if self.certificate is not None:
            # With a password at hand, even where none is needed, nobody is asked for one on a terminal.
            context.load_cert_chain(self.certificate, self.key, self.key_password or "")
        context.minimum_version = _version(self.oldest) or ssl.TLSVersion.TLSv1_2
        if newest := _version(self.newest):
            context.maximum_version = newest
        context.set_alpn_protocols(["postgresql"])
        return context

    def _load_authorities(self, context: ssl.SSLContext) -> None:
        if self.root in (None, "system"):
            context.load_default_certs()
        else:
            context.load_verify_locations(self.root)
        if self.revoked is not None or self.revoked_folder is not None:
            context.load_verify_locations(self.revoked, self.revoked_folder)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _version(name: str | None) -> ssl.TLSVersion | None:
    """A version of TLS by libpq's name for it.

    Raises:
        ValueError: There is none of that name.
    """
    if name is None:
        return None
    try:
        return ssl.TLSVersion[name.replace(".", "_")]
    except KeyError:
        raise ValueError("there is no such version of TLS") from None
