"""Whom the user wants to hear nothing of.

Plain SLCP proves nobody's identity, so an entry means the host: at that address, the peer
with this handle or with this port.
"""

import re
from dataclasses import dataclass

from slcp.messages import Address, is_port, is_unicast

_PORT = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Names of the form handle@ip:port."""

    names: frozenset[str] = frozenset()

    def blocks(self, handle: str, address: Address) -> bool:
        return any(
            ip == address.ip and (name == handle or port == address.port) for name, ip, port in map(_parts, self.names)
        )

    def blocks_host(self, ip: str) -> bool:
        """Tell whether anyone at that address is blocked."""
        return any(blocked == ip for _, blocked, _ in map(_parts, self.names))


def is_name(text: str) -> bool:
    """Tell whether `text` has the form handle@ip:port."""
    handle, at, address = text.rpartition("@")
    ip, colon, port = address.rpartition(":")
    return bool(handle and at and colon and is_unicast(ip) and _PORT.fullmatch(port) and is_port(int(port)))


def _parts(name: str) -> tuple[str, str, int]:
    handle, _, address = name.rpartition("@")
    ip, _, port = address.rpartition(":")
    return handle, ip, int(port)
