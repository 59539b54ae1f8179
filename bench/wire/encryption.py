"""TLS towards the driver: with a certificate made for this tap, so that driver and server speak the protocol as they
would without it.
"""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import cast

HANDSHAKE_PATIENCE = 10.0
"""Seconds that a handshake may take."""


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


@cache
def none_revoked(directory: Path) -> Path:
    """The list of what this tap's certificate has revoked, with nothing in it: who has lists of the server's looks for
    one here too.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    issuer = x509.load_pem_x509_certificate(own_certificate(directory).read_bytes())
    key = cast(EllipticCurvePrivateKey, load_pem_private_key((directory / "tap.key").read_bytes(), None))
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(issuer.not_valid_before_utc)
        .next_update(issuer.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )
    path = directory / "tap.crl"
    path.write_bytes(revoked.public_bytes(Encoding.PEM))
    return path


def to_client(directory: Path) -> ssl.SSLContext:
    """How the tap speaks to the driver."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(directory), directory / "tap.key")
    context.set_alpn_protocols(["postgresql"])
    return context
