"""What keys do, by way of cryptography: its import costs 60 ms and 10 MB, so identity.py imports this when needed.

As a program it writes a new key to standard output.
"""

import sys
from datetime import UTC, datetime

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

from slcp.errors import BadInput, ProtocolError

FROM, TO = datetime(2025, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)  # a wrong clock must not lock us out


def make_key() -> bytes:
    """Return a new private key and its certificate, PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + _certificate(key)


def sign(pem: bytes, data: bytes) -> bytes:
    """Sign with the private key that make_key has made."""
    key = load_pem_private_key(pem, None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101  # its identity was loaded, so its certificate is of such a key
    return key.sign(data)


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


def _certificate(key: Ed25519PrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "slcp")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), FROM, TO)
    return builder.sign(key, None).public_bytes(Encoding.PEM)


if __name__ == "__main__":
    sys.stdout.buffer.write(make_key())
