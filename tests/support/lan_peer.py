"""A program of the course on a host of the LAN: canonical lines by UDP, no HELLO, sockets in its namespace."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

from daemons import WAIT
from lan import Host

MAX_DATAGRAM = 2048  # bytes: more than any line of SLCP


class Heard(NamedTuple):
    """One datagram that came."""

    line: str
    ip: str
    port: int


class LanPeer:
    """Asks from a port of its own, as many do. Bound to one address, so broadcasts do not come to its whoisport."""

    def __init__(self, host: Host, whoisport: int, ip: str = "") -> None:
        self.ip = ip or host.ip
        self._broadcast = host.broadcast
        self._whoisport = whoisport
        self._own = host.open_socket(socket.SOCK_DGRAM)
        self._own.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._own.bind((self.ip, 0))
        self._whois = host.open_socket(socket.SOCK_DGRAM)
        self._whois.bind((self.ip, whoisport))
        for each in (self._own, self._whois):
            each.settimeout(WAIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()
        self._whois.close()

    def broadcast(self, line: str) -> None:
        self._own.sendto(f"{line}\n".encode(), (self._broadcast, self._whoisport))

    def send(self, line: str, ip: str, port: int | None = None) -> None:
        """Send to one host: to its whoisport, or to another port."""
        self._own.sendto(f"{line}\n".encode(), (ip, port or self._whoisport))

    def hear_answers(self, enough: Callable[[list[Heard]], bool]) -> list[Heard]:
        """Return what came to the port that we ask from, as soon as it is enough."""
        return _receive(self._own, enough)

    def hear_unicast(self, enough: Callable[[list[Heard]], bool]) -> list[Heard]:
        """Return what came to whoisport for this address alone, as soon as it is enough."""
        return _receive(self._whois, enough)

    def unread(self) -> list[Heard]:
        """Return what has come to either port by now."""
        return [heard for each in (self._own, self._whois) for heard in _drain(each)]


def _receive(sock: socket.socket, enough: Callable[[list[Heard]], bool]) -> list[Heard]:
    heard: list[Heard] = []
    while not enough(heard):
        try:
            heard.append(_read(sock))
        except TimeoutError as error:
            shown = "\n".join(map(str, heard))
            raise AssertionError(f"not enough came:\n{shown}") from error
    return heard


def _drain(sock: socket.socket) -> Iterator[Heard]:
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            yield _read(sock)
    sock.settimeout(WAIT)


def _read(sock: socket.socket) -> Heard:
    data, (ip, port) = sock.recvfrom(MAX_DATAGRAM)
    return Heard(data.decode().rstrip("\n"), ip, port)
