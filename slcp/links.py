"""The networks that this machine is on, seen as IPv4 arithmetic.

A machine has several addresses, loopback included, so a peer on the same machine is heard
from each of them: `canonical` folds them into one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface
from typing import Self

LOOPBACK = "127.0.0.1"
REMEMBERED = 8192  # addresses as numbers: those of all peers, looked at for each WHO
POINT_TO_POINT = 0xFFFFFFFE  # mask from which on every address of a network is a host's (RFC 3021)


@dataclass(frozen=True, slots=True)
class Link:
    """One address of one interface, and the network behind it."""

    interface: str
    ip: str
    broadcast: str  # the directed broadcast address, 127.255.255.255 on loopback; the other end of a tunnel
    network: int
    mask: int

    @classmethod
    def of(cls, interface: str, ip: str, netmask: str, other_end: str = "") -> Self:
        """Build a link from what an operating system lists, such as ("eth0", "192.168.0.10", "255.255.255.0").

        A tunnel has no broadcast address but one at its `other_end`: what is for all is for that.
        """
        if other_end:
            return cls(interface, ip, other_end, int(IPv4Address(other_end)), 0xFFFF_FFFF)
        network = IPv4Interface(f"{ip}/{netmask}").network
        return cls(interface, ip, str(network.broadcast_address), int(network.network_address), int(network.netmask))

    @property
    def is_loopback(self) -> bool:
        return self.ip.startswith("127.")

    def reaches(self, ip: str) -> bool:
        return _number(ip) & self.mask == self.network

    def is_for_all(self, ip: str) -> bool:
        """Tell whether `ip` means everyone in this network: its last address, or its first (RFC 919)."""
        return self.mask < POINT_TO_POINT and (ip == self.broadcast or _number(ip) == self.network)


@dataclass(frozen=True, slots=True)
class Links:
    """All links that we serve; equal when nothing has changed."""

    links: tuple[Link, ...]
    are_all: bool = True  # False when the user has limited us to these
    hosts: frozenset[str] = frozenset()  # addresses that the user has named: reached by routing, not by broadcast
    _own: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own", frozenset(link.ip for link in self.links))

    @property
    def broadcasts(self) -> tuple[str, ...]:
        """Where what is for all goes to: the directed broadcast addresses, each once, and the named hosts."""
        return (*dict.fromkeys(link.broadcast for link in self.links), *sorted(self.hosts))

    def is_own(self, ip: str) -> bool:
        """Tell whether `ip` is one of this machine's addresses."""
        return ip in self._own

    def reaches(self, ip: str) -> bool:
        """Tell whether `ip` is in one of our networks, or named."""
        return ip in self.hosts or any(link.reaches(ip) for link in self.links)

    def is_for_all(self, ip: str) -> bool:
        """Tell whether `ip` means everyone in one of our networks, and can be nobody's."""
        return any(link.is_for_all(ip) for link in self.links)

    def admits(self, ip: str) -> bool:
        """Tell whether `ip` may connect to us: anyone may, unless the user has limited us to some links."""
        return self.are_all or self.reaches(ip)

    def canonical(self, ip: str) -> str:
        """Fold the addresses of this machine into the loopback address, where that is served."""
        return LOOPBACK if ip in self._own and LOOPBACK in self._own else ip

    def are_together(self, ip: str, other: str) -> bool:
        """Tell whether two addresses are in one of our networks."""
        return any(link.reaches(ip) and link.reaches(other) for link in self.links)

    def facing(self, ip: str) -> str:
        """Return our address in the network that `ip` is in; elsewhere the first that is not loopback."""
        return _first(link.ip for link in self.links if link.reaches(ip)) or self._default()

    def loopback_broadcast(self) -> str | None:
        return _first(link.broadcast for link in self.links if link.is_loopback)

    def _default(self) -> str:
        return _first(link.ip for link in self.links if not link.is_loopback) or LOOPBACK


@lru_cache(maxsize=REMEMBERED)
def _number(ip: str) -> int:
    return int(IPv4Address(ip))


def _first(texts: Iterable[str]) -> str | None:
    return next(iter(texts), None)
