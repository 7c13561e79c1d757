"""Presence on the network: two UDP sockets, a timer, and the interfaces as they come and go.

All that we send leaves from our own port: some programs know a sender by (ip, announced port),
and answers to WHO come back to it (docs/protocol.md, 2.1).
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slcp.announcing import Announcer
from slcp.errors import BadInput, ConfigError, ProtocolError, StorageError
from slcp.membership import Membership
from slcp.messages import Address, Text
from slcp.peers import PeerEvent
from slcp.presence import InputDropped, Presence, TextHeard
from slcpd.datagrams import DatagramSocket
from slcpd.udp_images import UdpImages

LINKS_EVERY = 5.0  # seconds between two looks at the interfaces
PORTS_TO_TRY = 100  # from `port` on, when the user has not chosen it
RECEIVE_BUFFER = 1 << 20  # bytes asked of the system: thousands of datagrams that arrive at once

Follow = Callable[[float], None]  # takes the time; looks whether the interfaces have changed

log = logging.getLogger(__name__)


class Ear(asyncio.DatagramProtocol):
    """Passes on the datagrams of one socket. `is_shared` decides where the system does not tell who else heard them."""

    def __init__(self, hear: Callable[[bytes, Address, bool], None], is_shared: bool) -> None:
        self._hear = hear
        self._is_shared = is_shared

    def datagram_received(self, data: bytes, source: tuple[str | Any, int] | tuple[str, int, bool | None]) -> None:
        ip, port, *told = source
        was_broadcast = told[0] if told and told[0] is not None else self._is_shared
        self._hear(data, Address(ip, port), was_broadcast)

    def error_received(self, error: Exception) -> None:
        log.debug("a datagram could not be sent: %s", error)


class Discovery:
    """Feeds presence and sends what is announced."""

    def __init__(
        self,
        presence: Presence,
        announcer: Announcer,
        broadcast_to: Callable[[], list[Address]],
        publish: Callable[[Iterable[PeerEvent | InputDropped]], None],
        take_text: Callable[[Text, Address], None],
        images: UdpImages,
        send_stream: Callable[[Address, bytes], None],
    ) -> None:
        self._presence = presence
        self._announcer = announcer
        self._broadcast_to = broadcast_to
        self._publish = publish
        self._take_text = take_text
        self._images = images
        self._send_stream = send_stream  # for what a peer wants to hear by TCP
        self._own: asyncio.DatagramTransport | None = None  # of our own port; None while not running

    async def run(
        self,
        own: socket.socket,
        whois: socket.socket,
        membership: Membership,
        follow: Follow,
        ready: Callable[[], None],
    ) -> None:
        """Be here until cancelled, then say LEAVE. Calls `ready` once the others can know of us."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as stack:
            shared, _ = await loop.create_datagram_endpoint(lambda: Ear(self.hear, is_shared=True), sock=whois)
            stack.callback(shared.close)
            self._own, _ = await loop.create_datagram_endpoint(lambda: Ear(self.hear, is_shared=False), sock=own)
            stack.callback(self._leave, membership)
            membership.join(loop.time())
            self.flush()
            ready()
            while True:
                await asyncio.sleep(min(LINKS_EVERY, max(0, membership.due(self._presence.due) - loop.time())))
                follow(loop.time())
                membership.beat(loop.time())
                self._publish(self._presence.expire(loop.time()))
                self.flush()

    def _leave(self, membership: Membership) -> None:
        membership.leave()
        self.flush()
        if self._own is not None:
            self._own.close()

    def flush(self) -> None:
        """Send what is announced. A broadcast goes out once for each link."""
        if self._own is None:
            return
        for datagram in self._announcer.take():
            if datagram.by_tcp and datagram.to:
                self._send_stream(datagram.to, datagram.data)
                continue
            for to in [datagram.to] if datagram.to else self._broadcast_to():
                self._own.sendto(datagram.data, to)

    def hear(self, data: bytes, source: Address, was_broadcast: bool = False) -> None:
        """Take a datagram."""
        if self._images.take(data, source):
            return
        for event in self._presence.receive(data, source, asyncio.get_running_loop().time(), was_broadcast):
            if isinstance(event, TextHeard):
                self._take_heard(event)
            else:
                self._publish([event])
        self.flush()

    def _take_heard(self, heard: TextHeard) -> None:
        try:
            self._take_text(heard.text, heard.source)
        except ProtocolError as error:
            self._publish([InputDropped(error.reason, heard.source, heard.text.text.encode())])
        except StorageError:
            self._publish([InputDropped(BadInput.NOT_STORED, heard.source, b"")])


def bind_own(port: int, may_move: bool) -> tuple[socket.socket, socket.socket]:
    """Bind TCP and UDP to one port; when it is taken and we may move, to the next that is free. Raises ConfigError."""
    last = min(port + PORTS_TO_TRY, 65536) if may_move else port + 1
    for candidate in range(port, last):
        with contextlib.ExitStack() as stack:
            try:
                tcp = stack.enter_context(bind_tcp(candidate))
                # shared with our own sockets that are connected to one peer
                options = {socket.SO_REUSEADDR: 1, socket.SO_BROADCAST: 1, socket.SO_RCVBUF: RECEIVE_BUFFER}
                udp = _bind(socket.SOCK_DGRAM, candidate, options)
            except OSError as error:
                reason = error.strerror
                continue
            stack.pop_all()
            return tcp, udp
    raise ConfigError(f"port {port} cannot be used: {reason}; choose another `port` in the config")


def bind_tcp(port: int) -> socket.socket:
    """Bind a TCP port. Raises OSError."""
    return _bind(socket.SOCK_STREAM, port, {socket.SO_REUSEADDR: 1})


def bind_whois(whoisport: int) -> socket.socket:
    """Bind the port of discovery, shared with the other programs of this machine. Raises ConfigError."""
    options = {socket.SO_REUSEADDR: 1, socket.SO_RCVBUF: RECEIVE_BUFFER}
    if hasattr(socket, "SO_REUSEPORT"):
        options[socket.SO_REUSEPORT] = 1
    try:
        return _bind(socket.SOCK_DGRAM, whoisport, options)
    except OSError as error:
        raise ConfigError(
            f"whoisport {whoisport} cannot be used: {error.strerror}; another program holds it without sharing"
        ) from error


def _bind(kind: socket.SocketKind, port: int, options: Mapping[int, int]) -> socket.socket:
    """Bind a port on all addresses. Raises OSError."""
    bound = DatagramSocket() if kind is socket.SOCK_DGRAM else socket.socket(socket.AF_INET, kind)
    try:
        for option, value in options.items():
            bound.setsockopt(socket.SOL_SOCKET, option, value)
        bound.bind(("", port))
    except OSError:
        bound.close()
        raise
    return bound
