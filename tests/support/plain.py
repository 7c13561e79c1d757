"""A program of the course, as far as its sockets go: what it sends is up to the test, what it hears is kept."""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from daemons import WAIT, free_port

LOOPBACK_BROADCAST = "127.255.255.255"


class PlainPeer:
    """One TCP listener and one UDP socket at its port, one more UDP socket at the port of discovery.

    Another `ip` of loopback stands for another host. All waiting ends in an error after WAIT.
    """

    def __init__(self, handle: str, whoisport: int, ip: str = "127.0.0.1") -> None:
        self.handle = handle
        self.ip = ip
        self.port = free_port()
        self._whoisport = whoisport
        self.listen()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.udp.bind((ip, self.port))
        self.voice = self.udp  # what its broadcasts leave from
        self._whois = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._whois.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            self._whois.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._whois.bind((LOOPBACK_BROADCAST, whoisport))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for each in (self.tcp, self.udp, self.voice, self._whois):
            each.close()

    def speak_from_elsewhere(self) -> Self:
        """Leave our port to TCP, as programs do that take texts by TCP alone."""
        self.udp.close()
        self.voice = self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.voice.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.voice.bind((self.ip, 0))
        return self

    @property
    def name(self) -> str:
        return f"{self.handle}@{self.ip}:{self.port}"

    # By UDP

    def broadcast(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.voice.sendto(datagram, (LOOPBACK_BROADCAST, self._whoisport))

    def join(self) -> None:
        self.broadcast(f"JOIN {self.handle} {self.port}\n".encode())

    def leave(self) -> None:
        self.broadcast(f"LEAVE {self.handle}\n".encode())

    def say_hello(self, fingerprint: str = "-") -> None:
        """Pass for an slcpd, without a key or with one: HELLO, then JOIN."""
        self.broadcast(f"HELLO {self.handle} {self.port} 1 {fingerprint}\n".encode())
        self.join()

    def hear(self, wanted: Callable[[bytes], bool]) -> tuple[bytes, int]:
        """Return the next datagram that is wanted, and the port it came from; others are passed over."""
        heard: list[bytes] = []
        deadline = time.monotonic() + WAIT
        while (left := deadline - time.monotonic()) > 0:
            for ready in select.select([self.udp, self._whois], [], [], left)[0]:
                data, source = ready.recvfrom(1 << 16)
                if wanted(data):
                    return data, source[1]
                heard.append(data)
        raise AssertionError(f"not heard; but {heard}")

    # By TCP

    def listen(self) -> None:
        """Open the chat port: at first, and again after a test has closed it."""
        self.tcp = socket.create_server((self.ip, self.port), backlog=32)
        self.tcp.settimeout(WAIT)

    def accept(self) -> socket.socket:
        connection, _ = self.tcp.accept()
        connection.settimeout(WAIT)
        return connection

    def take(self) -> bytes:
        """Take one connection as plain programs do: read to its end, then close. Returns what came."""
        with self.accept() as connection:
            return read_all(connection)

    def take_and_reset(self) -> None:
        """Take one connection and break it off after its first byte."""
        connection = self.accept()
        connection.recv(1)
        reset(connection)

    @contextlib.contextmanager
    def connected(self, port: int) -> Iterator[socket.socket]:
        """Connect to the chat port of another, from our address."""
        with socket.create_connection(("127.0.0.1", port), WAIT, source_address=(self.ip, 0)) as connection:
            yield connection

    def send(self, port: int, data: bytes) -> None:
        """Send a stream whole, end it, and wait until the other has closed too."""
        with self.connected(port) as connection:
            connection.sendall(data)
            finish(connection)


def finish(connection: socket.socket) -> None:
    """End the stream and wait until the other side has done so, too."""
    with contextlib.suppress(OSError):  # it may have ended first
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Read to the end of the stream."""
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def is_closed(connection: socket.socket) -> bool:
    """Wait until the other side has closed; False if it sends something instead."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def reset(connection: socket.socket) -> None:
    """End a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
