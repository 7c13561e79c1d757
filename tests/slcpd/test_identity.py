import re
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from daemons import World, run_slcpd

from slcp.errors import BadInput, ConfigError, ProtocolError
from slcpd.identity import check_signature, load_identity, public_key_of
from slcpd.tls import server_context

LOADED_BY_A_FIRST_START = """
import sys
from pathlib import Path
from slcpd.identity import load_identity
print(load_identity(Path(sys.argv[1])).fingerprint, [name for name in sys.modules if name.startswith("cryptography")])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data/slcp/identity.pem"


def certificate_in(pem: str) -> str:
    return pem[pem.index("-----BEGIN CERTIFICATE") :]


def key_in(pem: str) -> str:
    return pem[: pem.index("-----BEGIN CERTIFICATE")]


def test_a_key_is_made_once_for_the_user_alone(path: Path) -> None:
    made = load_identity(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["identity.pem"]
    assert load_identity(path).fingerprint == made.fingerprint
    assert load_identity(path.with_name("other.pem")).fingerprint != made.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", made.fingerprint)


def test_to_make_a_key_leaves_nothing_of_cryptography_in_memory(path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", LOADED_BY_A_FIRST_START, path], check=True, capture_output=True)
    assert ran.stdout.split() == [load_identity(path).fingerprint.encode(), b"[]"]
    assert ran.stderr == b""


def test_the_file_is_what_tls_takes_whatever_the_clock_says(path: Path) -> None:
    identity = load_identity(path)
    server_context(path)

    certificate = ssl.PEM_cert_to_DER_cert(certificate_in(path.read_text()))
    assert public_key_of(certificate) == identity.public_key

    parsed = x509.load_der_x509_certificate(certificate)
    assert (parsed.not_valid_before_utc.year, parsed.not_valid_after_utc.year) == (2025, 9999)


def test_what_the_owner_has_signed_is_accepted_and_nothing_else(path: Path) -> None:
    identity, other = load_identity(path), load_identity(path.with_name("other.pem"))
    signature = identity.sign(b"data")
    check_signature(identity.public_key, signature, b"data")
    for key, signed, data in [
        (identity.public_key, signature, b"other data"),
        (other.public_key, signature, b"data"),
        (identity.public_key, other.sign(b"data"), b"data"),
        (identity.public_key, signature[:-1], b"data"),
        (identity.public_key[:-1], signature, b"data"),
        (b"", signature, b"data"),
        (identity.public_key, b"", b"data"),
    ]:
        with pytest.raises(ProtocolError) as caught:
            check_signature(key, signed, data)
        assert caught.value.reason is BadInput.BAD_PROOF


@pytest.mark.parametrize("data", [b"", b"no certificate", b"\x30\x82\xff\xff"])
def test_what_is_no_certificate_is_the_peers_fault(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        public_key_of(data)
    assert caught.value.reason is BadInput.BAD_PROOF


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_not_used(path: Path, mode: int) -> None:
    load_identity(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_identity(path)


def damage(path: Path, how: str) -> None:
    pem, other = path.read_text(), path.with_name("other.pem")
    load_identity(other)
    match how:
        case "empty":
            path.write_text("")
        case "no key":
            path.write_text("This is no key.")
        case "cut":
            path.write_text(pem[:100])
        case "a key without a certificate":
            path.write_text(key_in(pem))
        case "a certificate without a key":
            path.write_text(certificate_in(pem))
        case "the certificate of another key":
            path.write_text(key_in(pem) + certificate_in(other.read_text()))
        case "encrypted":
            encryption = BestAvailableEncryption(b"secret")
            key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
            path.write_bytes(key + certificate_in(pem).encode())
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    "how",
    [
        "empty",
        "no key",
        "cut",
        "a key without a certificate",
        "a certificate without a key",
        "the certificate of another key",
        "encrypted",
    ],
)
def test_a_damaged_file_is_told_with_what_to_do_and_left_as_it_is(path: Path, how: str) -> None:
    load_identity(path)
    damage(path, how)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"identity\.pem: is no key of slcp; restore it from a backup, or remove it"):
        load_identity(path)
    assert path.read_bytes() == before


def test_a_daemon_does_not_start_with_a_damaged_key(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.identity.parent.mkdir(parents=True)
    world.identity.write_text("no key")
    world.identity.chmod(0o600)
    ran = run_slcpd(world)
    assert ran.returncode == 2
    assert str(world.identity) in ran.stderr


def test_a_folder_in_the_place_of_the_key_is_told(path: Path) -> None:
    path.mkdir(parents=True, mode=0o700)
    with pytest.raises(ConfigError, match="cannot be used"):
        load_identity(path)
