"""Who we are to other slcpd: one key per profile, made at the first start, never shown to anyone.

The file holds the private key and a certificate of it that nobody has signed but the key itself:
TLS wants one. Only the key counts (docs/delivery.md, "Trust").
"""

import asyncio
import os
import secrets
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from slcp.errors import ConfigError
from slcp.fingerprint import fingerprint_of
from slcpd.disk import sync_file, sync_folder

SIGNING = "slcpd.signing"
ED25519 = bytes.fromhex("302a300506032b6570032100")  # what stands before the 32 bytes of a public key (RFC 8410, 4)
PUBLIC_KEY = len(ED25519) + 32  # bytes
CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Identity:
    """Our key."""

    path: Path  # of the private key and the certificate, as ssl loads them
    public_key: bytes  # SubjectPublicKeyInfo, DER
    pem: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.public_key)

    def sign(self, data: bytes) -> bytes:
        from slcpd.signing import sign

        return sign(self.pem, data)


def load_identity(path: Path) -> Identity:
    """Read the key, or make one where there is none. Raises ConfigError."""
    try:
        if not path.exists():
            _make(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"{path}: others may read the key; `chmod 600 {path}` if nobody has, else remove it")
        pem = path.read_bytes()
        _check_pair(path)
        return Identity(path, _own_public_key(pem), pem)
    except ssl.SSLError as error:
        raise ConfigError(_damaged(path)) from error
    except OSError as error:
        raise ConfigError(f"{path}: the key cannot be used: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(_damaged(path)) from error


async def load_signing() -> None:
    """Import what handshakes need, in a thread: a daemon that is alone on its network does without it."""
    if SIGNING not in sys.modules:
        await asyncio.to_thread(import_module, SIGNING)


def public_key_of(certificate: bytes) -> bytes:
    """Return the public key of a peer's certificate (DER). Raises ProtocolError."""
    from slcpd import signing

    return signing.public_key_of(certificate)


def check_signature(public_key: bytes, signature: bytes, data: bytes) -> None:
    """Raises ProtocolError unless the owner of the key (DER) has signed the data."""
    from slcpd import signing

    signing.check_signature(public_key, signature, data)


def _check_pair(path: Path) -> None:
    """Raises ssl.SSLError unless the key and the certificate belong together."""
    no_password = ""  # OpenSSL would ask for one on the terminal
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password=no_password)


def _own_public_key(pem: bytes) -> bytes:
    """Find the key in our own certificate, where nobody has hidden another one. Raises ValueError."""
    text = pem.decode("ascii")
    der = ssl.PEM_cert_to_DER_cert(text[text.index(CERTIFICATE) :])
    start = der.index(ED25519)
    return der[start : start + PUBLIC_KEY]


def _damaged(path: Path) -> str:
    return (
        f"{path}: is no key of slcp; restore it from a backup, or remove it: "
        "then a new key is made, and the others must `slcpctl trust` you anew"
    )


def _make(path: Path) -> None:
    """Write a new key under its name in one step: a daemon killed meanwhile leaves none, or all of it."""
    key = _new_key()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            sync_file(file)
        part.rename(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _new_key() -> bytes:
    """Make a key; in a process of its own where nothing of cryptography is loaded yet: of it 11 MB would stay."""
    if SIGNING in sys.modules:
        from slcpd import signing

        return signing.make_key()
    return subprocess.run(
        [sys.executable, "-P", "-m", SIGNING],  # -P: not from the folder where we happen to be
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in our terminal is for us
        check=True,
    ).stdout
