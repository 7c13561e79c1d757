"""The rows of the encrypted stream: TLS that is none, frames that are none, proofs that prove nothing."""

import ssl

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hostile.row import Effect, Finish, Row, Via
from slcp.frames import (
    MAX_BODY,
    MAX_HEADER,
    Acknowledged,
    AnyFrame,
    ImageOffered,
    ImagePart,
    Ping,
    Proof,
    TextFrame,
    Welcome,
    encode_frame,
)

ENDED = "ended and counted; nothing is taken or pinned"


def _client_hello(newest: ssl.TLSVersion) -> bytes:
    """Return how a client begins that speaks nothing newer; its random bytes are no secret here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = newest
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        hello = out.read()
        return hello[:11] + bytes(32) + hello[43:]
    raise AssertionError


def _key() -> str:
    """Return a public key that somebody has."""
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def _frame(header: bytes, body: bytes = b"") -> bytes:
    """Write a frame by hand."""
    return _lengths(len(header), len(body)) + header + body


def _lengths(header: int, body: int) -> bytes:
    return header.to_bytes(2, "big") + body.to_bytes(4, "big")


def _proof(**changes: str) -> bytes:
    """Write a proof by hand; changes are JSON."""
    proof = {"type": '"proof"', "version": "1", "handle": '"Eve"', "port": "5001", "key": '"00"', "signature": '"00"'}
    members = [f'"{name}":{value}' for name, value in {**proof, **changes}.items()]
    return _frame(f"{{{','.join(members)}}}".encode())


def _tcp(name: str, sent: bytes) -> Row:
    return Row(name, Via.TCP, (sent,), ENDED, Effect({"no_tls": 1}, heard=None))  # TLS says what is wrong


def _tls(name: str, sent: bytes, reason: str) -> Row:
    return Row(name, Via.TLS, (sent,), ENDED, Effect({reason: 1}))


def _first(name: str, frame: AnyFrame) -> Row:
    return _tls(f"{name} before the proof", encode_frame(frame), "bad_frame")


_FORGED = encode_frame(Proof(1, "Eve", 5001, _key(), bytes(64).hex()))

ENCRYPTED = [
    _tcp("0x16 alone", b"\x16"),
    _tcp("garbage behind 0x16", b"\x16" + b"garbage" * 100),
    _tcp("a TLS record of 65,535 bytes", b"\x16\x03\x01\xff\xff" + b"a" * 70_000),
    _tcp("a client of TLS 1.2", _client_hello(ssl.TLSVersion.TLSv1_2)),
    _tcp("a client of TLS 1.3 that goes", _client_hello(ssl.TLSVersion.TLSv1_3)),
    Row("RST in the middle of TLS", Via.TCP, (b"\x16\x03\x01\x02\0\x01",), "nothing is kept", Effect(), Finish.RESET),
    _tls("TLS without a frame", b"", "truncated"),
    _tls("plain text inside TLS", b"MSG Ani Hallo\n", "line_too_long"),
    _tls("a header over the limit", _lengths(MAX_HEADER + 1, 0), "line_too_long"),
    _tls("a body over the limit", _lengths(2, MAX_BODY + 1), "line_too_long"),
    _tls("the largest lengths", _lengths(0xFFFF, 0xFFFF_FFFF), "line_too_long"),
    _tls("lengths, and nothing behind", _lengths(100, 100), "truncated"),
    _tls("a frame without a header", _lengths(0, 0), "bad_frame"),
    _tls("a header that is no JSON", _frame(b"hello"), "bad_frame"),
    _tls("a header that is no UTF-8", _frame(b'{"type":"\xff"}'), "bad_frame"),
    _tls("a header that is an array", _frame(b'["proof"]'), "bad_frame"),
    _tls("a header of arrays without end", _frame(b"[" * MAX_HEADER), "bad_frame"),
    _tls("a type that is a number", _frame(b'{"type":1}'), "bad_frame"),
    _tls("a type that is nothing", _frame(b"{}"), "bad_frame"),
    _tls("a thousand frames of unknown types", _frame(b'{"type":"tomorrow"}') * 1000, "truncated"),
    _tls("an unknown type, then a forged proof", _frame(b'{"type":"tomorrow"}', b"x") + _FORGED, "bad_proof"),
    _first("a text", TextFrame("1", False, b"never")),
    _first("an image", ImageOffered("1", "cat.png", 1, "0" * 64)),
    _first("a part of an image", ImagePart(bytes(MAX_BODY))),
    _first("an acknowledgement", Acknowledged("1")),
    _first("a welcome", Welcome()),
    _first("a ping", Ping()),
    _tls("a proof of another's key", _FORGED, "bad_proof"),
    _tls("a proof, and a text at once", _FORGED + encode_frame(TextFrame("1", False, b"never")), "bad_proof"),
    _tls("a proof with a key that is none", _proof(), "bad_proof"),
    _tls("a proof with an empty key", _proof(key='""'), "bad_frame"),
    _tls("a proof with a key that is no hexadecimal", _proof(key='"zz"'), "bad_frame"),
    _tls("a proof of version 0", _proof(version="0"), "bad_frame"),
    _tls("a proof of version true", _proof(version="true"), "bad_frame"),
    _tls("a proof with port 65536", _proof(port="65536"), "bad_frame"),
    _tls("a proof with port 1.0", _proof(port="1.0"), "bad_frame"),
    _tls("a proof with ESC in the handle", _proof(handle='"\\u001b[2J"'), "bad_frame"),
    _tls("a proof with half a pair in the handle", _proof(handle='"\\ud800"'), "bad_frame"),
    _tls("a proof without a handle", _proof(handle="null"), "bad_frame"),
]  # fmt: skip
