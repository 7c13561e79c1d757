"""The machine's network interfaces, as the operating system lists them now."""

import socket
from collections.abc import Collection
from typing import Protocol

import psutil

from slcp.links import Link, Links

LOOPBACK_NAME = "lo"  # names the loopback interface on every platform
NO_NETWORK = "255.255.255.255"  # the netmask of an address that stands alone


class ListedAddress(Protocol):
    """What psutil tells of an address."""

    @property
    def address(self) -> str: ...
    @property
    def netmask(self) -> str | None: ...
    @property
    def broadcast(self) -> str | None: ...
    @property
    def ptp(self) -> str | None: ...


def interface_names() -> set[str]:
    """Return the names that `interfaces` in the config can have, whether up or down."""
    return {LOOPBACK_NAME, *psutil.net_if_stats()}


def links_now(names: Collection[str], hosts: Collection[str] = ()) -> Links:
    """Return the IPv4 links of the interfaces that are up; of those in `names` alone, unless that is empty.

    `hosts` are addresses beyond them that the user has named.
    """
    states = psutil.net_if_stats()
    links = [
        Link.of(interface, address.address, address.netmask, _other_end(address))
        for interface, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if address.family == socket.AF_INET and address.netmask and interface in states and states[interface].isup
    ]
    served = tuple(link for link in links if not names or _is_named(link, names))
    return Links(served, are_all=not names, hosts=frozenset(hosts))


def _other_end(listed: ListedAddress) -> str:
    """Return who is at the other end of a link without a network; "" where there is nobody, or a network.

    The systems list it as `ptp`, and where the interface can broadcast as `broadcast`; a VPN with a
    network names itself there.
    """
    other = listed.ptp or listed.broadcast or ""
    return other if listed.netmask == NO_NETWORK and other != listed.address else ""


def _is_named(link: Link, names: Collection[str]) -> bool:
    return link.interface in names or (link.is_loopback and LOOPBACK_NAME in names)
