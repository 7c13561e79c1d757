"""Presence on the network: two UDP sockets, a timer, and the interfaces as they come and go.

All that we send leaves from our own port: some programs know a sender by (ip, announced port),
and answers to WHO come back to it (docs/protocol.md, 2.1).
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from slcp.announcing import Announcer
from slcp.errors import BadInput, ConfigError, ProtocolError, StorageError
from slcp.membership import Membership
from slcp.messages import Address, Text
from slcp.peers import PeerEvent
from slcp.presence import InputDropped, Presence, PresenceEvent, TextHeard
from slcpd.datagrams import DatagramSocket, Heard
from slcpd.udp_images import UdpImages

LINKS_EVERY = 5.0  # seconds between two looks at the interfaces
PORTS_TO_TRY = 100  # from `port` on, when the user has not chosen it
HEARD_AT_ONCE = 32  # datagrams before others have their turn: some ms of the loop

Socket = TypeVar("Socket", bound=socket.socket)
Follow = Callable[[float], None]  # takes the time; looks whether the interfaces have changed

log = logging.getLogger(__name__)


class Datagram(NamedTuple):
    """One as it was heard."""

    data: bytes
    source: Address
    was_broadcast: bool


class Ear(asyncio.DatagramProtocol):
    """Passes on the datagrams of one socket: with the one that the loop has read those that wait behind it.

    `is_shared` decides where the system does not tell who else heard them.
    """

    def __init__(self, hear: Callable[[Iterable[Datagram]], None], own: DatagramSocket, is_shared: bool) -> None:
        self._hear = hear
        self._own = own
        self._is_shared = is_shared

    def datagram_received(self, data: bytes, source: tuple[str, int, bool | None]) -> None:
        self._hear(map(self._datagram, self._with_others((data, source))))

    def _with_others(self, first: Heard) -> Iterator[Heard]:
        yield first
        yield from self._own.waiting(HEARD_AT_ONCE - 1)

    def _datagram(self, heard: Heard) -> Datagram:
        data, (ip, port, told) = heard
        return Datagram(data, Address(ip, port), self._is_shared if told is None else told)

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
        own: DatagramSocket,
        whois: DatagramSocket,
        membership: Membership,
        follow: Follow,
        ready: Callable[[], None],
    ) -> None:
        """Be here until cancelled, then say LEAVE. Calls `ready` once the others can know of us."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as stack:
            shared, _ = await loop.create_datagram_endpoint(
                lambda: Ear(self.hear_all, whois, is_shared=True), sock=whois
            )
            stack.callback(shared.close)
            self._own, _ = await loop.create_datagram_endpoint(
                lambda: Ear(self.hear_all, own, is_shared=False), sock=own
            )
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
        self.hear_all([Datagram(data, source, was_broadcast)])

    def hear_all(self, datagrams: Iterable[Datagram]) -> None:
        """Take datagrams, and publish together what they tell of who is here: a storm of them is cheaper so."""
        noticed: list[PeerEvent | InputDropped] = []
        try:
            for event in self._told_by(datagrams):
                if isinstance(event, TextHeard):
                    before, noticed = noticed, []
                    self._publish(before)  # who writes is here first
                    self._take_heard(event)
                else:
                    noticed.append(event)
        finally:  # also of those before one that shows a bug of ours
            self._publish(noticed)
            self.flush()

    def _told_by(self, datagrams: Iterable[Datagram]) -> Iterator[PresenceEvent]:
        now = asyncio.get_running_loop().time()
        for data, source, was_broadcast in datagrams:
            if not self._images.take(data, source):
                yield from self._presence.receive(data, source, now, was_broadcast)

    def _take_heard(self, heard: TextHeard) -> None:
        try:
            self._take_text(heard.text, heard.source)
        except ProtocolError as error:
            self._publish([InputDropped(error.reason, heard.source, heard.text.text.encode())])
        except StorageError:
            self._publish([InputDropped(BadInput.NOT_STORED, heard.source, b"")])


def bind_own(port: int, may_move: bool) -> tuple[socket.socket, DatagramSocket]:
    """Bind TCP and UDP to one port; when it is taken and we may move, to the next that is free. Raises ConfigError."""
    last = min(port + PORTS_TO_TRY, 65536) if may_move else port + 1
    for candidate in range(port, last):
        with contextlib.ExitStack() as stack:
            try:
                tcp = stack.enter_context(bind_tcp(candidate))
                # shared with our own sockets that are connected to one peer
                options = {socket.SO_REUSEADDR: 1, socket.SO_BROADCAST: 1}
                udp = _bind(DatagramSocket(), candidate, options)
            except OSError as error:
                reason = error.strerror
                continue
            stack.pop_all()
            return tcp, udp
    raise ConfigError(f"port {port} cannot be used: {reason}; choose another `port` in the config")


def bind_tcp(port: int) -> socket.socket:
    """Bind a TCP port. Raises OSError."""
    return _bind(socket.socket(socket.AF_INET, socket.SOCK_STREAM), port, {socket.SO_REUSEADDR: 1})


def bind_whois(whoisport: int) -> DatagramSocket:
    """Bind the port of discovery, shared with the other programs of this machine. Raises ConfigError."""
    options = {socket.SO_REUSEADDR: 1}
    if hasattr(socket, "SO_REUSEPORT"):
        options[socket.SO_REUSEPORT] = 1
    try:
        return _bind(DatagramSocket(), whoisport, options)
    except OSError as error:
        raise ConfigError(
            f"whoisport {whoisport} cannot be used: {error.strerror}; another program holds it without sharing"
        ) from error


def _bind(unbound: Socket, port: int, options: Mapping[int, int]) -> Socket:
    """Bind a port on all addresses, or close the socket. Raises OSError."""
    try:
        for option, value in options.items():
            unbound.setsockopt(socket.SOL_SOCKET, option, value)
        unbound.bind(("", port))
    except OSError:
        unbound.close()
        raise
    return unbound
