"""TLS on both sides of the tap: to the server as its URL asks for it, and to the driver with a certificate made for
this tap, so that both speak the protocol as they would without it.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

HANDSHAKE_PATIENCE = 10.0
"""Seconds that a handshake may take."""
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


@cache
def own_certificate(directory: Path) -> Path:
    """A certificate for 127.0.0.1, made once for this tap; its key lies beside it, for the owner alone to read."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "querybench tap")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = directory / "tap.key"
    with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    path = directory / "tap.crt"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


def to_client(directory: Path) -> ssl.SSLContext:
    """How the tap speaks to the driver."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(directory), directory / "tap.key")
    context.set_alpn_protocols(["postgresql"])
    return context
