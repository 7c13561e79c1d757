"""The machine's network interfaces, as the operating system lists them now."""

import socket
from collections.abc import Collection

import psutil

from slcp.links import Link, Links

LOOPBACK_NAME = "lo"  # names the loopback interface on every platform


def interface_names() -> set[str]:
    """Return the names that `interfaces` in the config can have, whether up or down."""
    return {LOOPBACK_NAME, *psutil.net_if_stats()}


def links_now(names: Collection[str], hosts: Collection[str] = ()) -> Links:
    """Return the IPv4 links of the interfaces that are up; of those in `names` alone, unless that is empty.

    `hosts` are addresses beyond them that the user has named.
    """
    states = psutil.net_if_stats()
    links = [
        Link.of(interface, address.address, address.netmask)
        for interface, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if address.family == socket.AF_INET and address.netmask and interface in states and states[interface].isup
    ]
    served = tuple(link for link in links if not names or _is_named(link, names))
    return Links(served, are_all=not names, hosts=frozenset(hosts))


def _is_named(link: Link, names: Collection[str]) -> bool:
    return link.interface in names or (link.is_loopback and LOOPBACK_NAME in names)
