"""A LAN made of network namespaces: hosts on a bridge, apart from every network of this machine.

The bridge stands in a namespace of its own, so that nothing outside is touched. Linux and root only.
"""

import contextlib
import ctypes
import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Interface
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

NAMESPACES = Path("/run/netns")  # where iproute2 keeps them
CLONE_NEWNET = 0x40000000  # sched.h
PREFIX = "slcp-lan"
NETWORK = "10.77.{}.{}/24"

Result = TypeVar("Result")

_numbers = iter(range(1_000_000))


class LanUnavailableError(Exception):
    """This machine, or this user, cannot make network namespaces."""


class Host:
    """One machine: a namespace with `lo` and `eth0`, and a cable to the bridge."""

    def __init__(self, switch: str, number: int, network: int = 0) -> None:
        self.name = f"{switch}-{number}"
        self.prefix = ("ip", "netns", "exec", self.name)  # before a command that is to run on this host
        self.address = IPv4Interface(NETWORK.format(network, number))
        self._switch = switch
        self._port = f"port{number}"
        self._second = ("", "")  # switch and port of eth1

    @property
    def ip(self) -> str:
        return str(self.address.ip)

    @property
    def broadcast(self) -> str:
        return str(self.address.network.broadcast_address)

    def build(self) -> None:
        _ip("netns", "add", self.name)
        _ip("-n", self._switch, "link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("-n", self._switch, "link", "set", self._port, "master", "bridge", "up")
        _ip("-n", self.name, "link", "set", "lo", "up")
        self.add_address(str(self.address))
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def cut_off(self) -> None:
        """Pull the cable: eth0 keeps its address and loses its carrier."""
        _ip("-n", self._switch, "link", "set", self._port, "down")

    def cut_off_second(self) -> None:
        """Pull the cable of eth1."""
        switch, port = self._second
        _ip("-n", switch, "link", "set", port, "down")

    def bring_back(self) -> None:
        """Put the cable in again."""
        _ip("-n", self._switch, "link", "set", self._port, "up")

    def close_way_to(self, ip: str) -> None:
        """Let everything sent to `ip` fail at once; what comes from there still comes."""
        _ip("-n", self.name, "route", "add", "unreachable", ip)

    def open_way_to(self, ip: str) -> None:
        _ip("-n", self.name, "route", "del", "unreachable", ip)

    def add_address(self, address: str) -> None:
        """Give eth0 one more address, such as 10.77.0.22/24."""
        _ip("-n", self.name, "address", "add", address, "broadcast", "+", "dev", "eth0")

    def change_address(self, address: str) -> None:
        """Take the address of eth0 away and give it another."""
        _ip("-n", self.name, "address", "del", str(self.address), "dev", "eth0")
        self.add_address(address)
        self.address = IPv4Interface(address)

    def leave_network(self) -> None:
        """Take the address of eth0 away."""
        _ip("-n", self.name, "address", "del", str(self.address), "dev", "eth0")

    def set_up_tunnel(self, here: str, there: str) -> None:
        """Give the interface `tunnel` an address, and say who is at the other end."""
        _ip("-n", self.name, "address", "add", here, "peer", there, "dev", "tunnel")
        _ip("-n", self.name, "link", "set", "tunnel", "up")

    def add_route(self, network: str, via: str | None = None) -> None:
        """Let what goes to `network` leave by eth0, to the router `via`."""
        _ip("-n", self.name, "route", "add", network, *(["via", via] if via else []), "dev", "eth0")

    def join_network(self, switch: str, address: str) -> None:
        """Give the host a second interface, eth1, at another switch, and let it pass on what is for others."""
        self._second = (switch, f"second{self._port}")
        _ip("-n", switch, "link", "add", self._second[1], "type", "veth", "peer", "name", "eth1", "netns", self.name)
        _ip("-n", switch, "link", "set", self._second[1], "master", "bridge", "up")
        _ip("-n", self.name, "address", "add", address, "broadcast", "+", "dev", "eth1")
        _ip("-n", self.name, "link", "set", "eth1", "up")
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"  # the namespace's own
        subprocess.run([*self.prefix, "sh", "-c", forward], check=True)

    def configure(self, *arguments: str) -> None:
        """Run iproute2 for this host. Raises OSError with what it says."""
        _ip("-n", self.name, *arguments)

    def open_socket(self, kind: socket.SocketKind) -> socket.socket:
        """Open a socket on this host; it stays there whoever uses it."""
        return self.run_inside(lambda: socket.socket(socket.AF_INET, kind))

    def run_inside(self, function: Callable[[], Result]) -> Result:
        """Call a function on this host."""

        def enter_and_call() -> Result:
            libc = ctypes.CDLL(None, use_errno=True)
            with (NAMESPACES / self.name).open("rb") as namespace:
                if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns to {self.name}")
            return function()

        with ThreadPoolExecutor(1) as thread:  # setns() moves a thread, and this one ends here
            return thread.submit(enter_and_call).result()


class Lan:
    """Some hosts that reach each other, 10.77.N.1 to 10.77.N.n; gone when the context ends."""

    def __init__(self, network: int = 0) -> None:
        self._network = network
        self._name = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        self._made: list[str] = []

    def __enter__(self) -> Self:
        """Raises LanUnavailableError."""
        if os.geteuid() != 0:
            raise LanUnavailableError("only root can make network namespaces")
        try:
            _remove_stale()
            self._made.append(self._name)
            _ip("netns", "add", self._name)
            _ip("-n", self._name, "link", "add", "bridge", "type", "bridge", "stp_state", "0")
            _ip("-n", self._name, "link", "set", "bridge", "up")
        except OSError as error:
            self._remove()
            raise LanUnavailableError(f"network namespaces do not work here: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def switch(self) -> str:
        """The namespace of the bridge."""
        return self._name

    def add_host(self) -> Host:
        """Add a machine with the next address."""
        host = Host(self._name, len(self._made), self._network)
        self._made.append(host.name)
        host.build()
        return host

    def add_hosts(self, number: int) -> Iterator[Host]:
        return (self.add_host() for _ in range(number))

    def _remove(self) -> None:
        while self._made:
            _remove_namespace(self._made.pop())


def _ip(*arguments: str) -> None:
    """Run iproute2. Raises OSError with what it says."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _remove_namespace(name: str) -> None:
    with contextlib.suppress(OSError):  # it may never have been made
        _ip("netns", "delete", name)


def _remove_stale() -> None:
    """Remove what a run that was killed has left behind."""
    for namespace in NAMESPACES.glob(f"{PREFIX}-*"):
        owner = re.match(rf"{PREFIX}-(\d+)-", namespace.name)
        if owner and not Path("/proc", owner[1]).exists():
            _remove_namespace(namespace.name)
