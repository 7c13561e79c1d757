"""Fingerprints of keys: what programs compare, and what people read to each other."""

import hashlib

GROUPS = 12  # of five digits: 199 of 256 bits, as many as Signal shows, half a minute to read aloud


def fingerprint_of(public_key: bytes) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo, DER) in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def spoken(fingerprint: str) -> str:
    """Write a fingerprint in groups of five digits, to be compared by voice."""
    digits = str(int(fingerprint, 16) % 10 ** (5 * GROUPS)).zfill(5 * GROUPS)
    return " ".join(digits[start : start + 5] for start in range(0, 5 * GROUPS, 5))


def received_id(fingerprint: str, message_id: str) -> str:
    """Return the id that a message of a proven sender has with us: the same however often it comes.

    Made of the sender's key too, so that nobody can take the id of another's message.
    """
    return hashlib.sha256(f"{fingerprint} {message_id}".encode()).hexdigest()[:32]
