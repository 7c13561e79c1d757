"""Whom the user wants to hear nothing of.

Plain SLCP proves nobody's identity, so an entry means the host: at that address, the peer
with this handle or with this port. An slcpd is known by its key too, wherever it goes.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from slcp.messages import Address, is_port, is_unicast

_PORT = re.compile(r"[0-9]{1,5}")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class Entry(NamedTuple):
    """One entry: handle@ip:port, or handle@ip:port#fingerprint."""

    handle: str
    address: Address
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Entries as the configuration has them; each must be valid (is_name)."""

    names: frozenset[str] = frozenset()
    _entries: tuple[Entry, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_entries", tuple(map(_parse, self.names)))

    def blocks(self, handle: str, address: Address, fingerprint: str | None = None) -> bool:
        return any(
            (entry.fingerprint is not None and entry.fingerprint == fingerprint)
            or (entry.address.ip == address.ip and (entry.handle == handle or entry.address.port == address.port))
            for entry in self._entries
        )

    def blocks_host(self, ip: str) -> bool:
        """Tell whether anyone at that address is blocked."""
        return any(entry.address.ip == ip for entry in self._entries)


def is_name(text: str) -> bool:
    """Tell whether `text` is an entry."""
    handle, at, rest = text.rpartition("@")  # a handle may have an @, and a #
    address, mark, fingerprint = rest.partition("#")
    ip, colon, port = address.rpartition(":")
    is_address = bool(colon) and is_unicast(ip) and _PORT.fullmatch(port) is not None and is_port(int(port))
    return bool(handle and at) and is_address and (not mark or _FINGERPRINT.fullmatch(fingerprint) is not None)


def ways_to_name(name: str) -> set[str]:
    """Return what a user may call an entry: in full, without its key, or by the handle alone."""
    entry = _parse(name)
    return {name, f"{entry.handle}@{entry.address}", entry.handle}


def _parse(name: str) -> Entry:
    handle, _, rest = name.rpartition("@")
    address, mark, fingerprint = rest.partition("#")
    ip, _, port = address.rpartition(":")
    return Entry(handle, Address(ip, int(port)), fingerprint if mark else None)
