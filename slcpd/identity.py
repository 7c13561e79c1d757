"""Who we are to other slcpd: one key per profile, made at the first start, never shown to anyone.

The file holds the private key and a certificate of it that nobody has signed but the key itself:
TLS wants one. Only the key counts (docs/delivery.md, "Trust").
"""

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from slcp.errors import BadInput, ConfigError, ProtocolError
from slcp.fingerprint import fingerprint_of
from slcpd.disk import sync_file, sync_folder

FROM, TO = datetime(2025, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)  # a wrong clock must not lock us out


@dataclass(frozen=True, slots=True)
class Identity:
    """Our key."""

    path: Path  # of the private key and the certificate, as ssl loads them
    key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.public_key)

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)


def load_identity(path: Path) -> Identity:
    """Read the key, or make one where there is none. Raises ConfigError."""
    try:
        if not path.exists():
            _make(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"{path}: others may read the key; `chmod 600 {path}` if nobody has, else remove it")
        pem = path.read_bytes()
        key, certificate = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
    except OSError as error:
        raise ConfigError(f"{path}: the key cannot be used: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(_damaged(path)) from error
    if not isinstance(key, Ed25519PrivateKey) or certificate.public_key() != key.public_key():
        raise ConfigError(_damaged(path))
    return Identity(path, key)


def public_key_of(certificate: bytes) -> bytes:
    """Return the public key of a certificate (DER). Raises ProtocolError."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except Exception as error:  # whatever a parser makes of a stranger's bytes
        raise ProtocolError(BadInput.BAD_PROOF, "no certificate") from error
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def check_signature(public_key: bytes, signature: bytes, data: bytes) -> None:
    """Raises ProtocolError unless the owner of the key (DER) has signed the data."""
    try:
        key = load_der_public_key(public_key)
        if not isinstance(key, Ed25519PublicKey):
            raise ProtocolError(BadInput.BAD_PROOF, "a key of another kind")
        key.verify(signature, data)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise ProtocolError(BadInput.BAD_PROOF, "signature") from error


def _damaged(path: Path) -> str:
    return (
        f"{path}: is no key of slcp; restore it from a backup, or remove it: "
        "then a new key is made, and the others must `slcpctl trust` you anew"
    )


def _make(path: Path) -> None:
    """Write a new key under its name in one step: a daemon killed meanwhile leaves none, or all of it."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem + _certificate(key))
            sync_file(file)
        part.rename(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _certificate(key: Ed25519PrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "slcp")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), FROM, TO)
    return builder.sign(key, None).public_bytes(Encoding.PEM)
