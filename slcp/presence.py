"""Presence: datagrams and the time in, events out (docs/protocol.md, section 2)."""

from dataclasses import dataclass
from typing import assert_never

from slcp.addressing import who_left, who_sent
from slcp.announcing import Announcer
from slcp.answering import Answering
from slcp.blocklist import Blocklist
from slcp.dialects import SLCPD, Dialect
from slcp.errors import BadInput, ProtocolError
from slcp.liveness import Liveness
from slcp.membership import Membership
from slcp.messages import Address, Hello, Image, Join, KnownUsers, Leave, Message, Text, Who
from slcp.node import Node
from slcp.peers import LeaveReason, Peer, PeerEvent, PeerHeard, PeerTable
from slcp.wire import decode, lines_of


@dataclass(frozen=True, slots=True)
class TextHeard:
    """A text has come by UDP."""

    text: Text
    source: Address


@dataclass(frozen=True, slots=True)
class InputDropped:
    """Bytes that were not taken, and why."""

    reason: BadInput
    source: Address
    data: bytes


PresenceEvent = PeerEvent | TextHeard | InputDropped


class Presence:
    """The others' being here. Times are seconds of the caller's clock."""

    def __init__(self, me: Node, announcer: Announcer, membership: Membership, blocklist: Blocklist) -> None:
        self.peers = PeerTable()
        self.blocklist = blocklist
        self.liveness = Liveness(self.peers, announcer)
        self._me = me
        self._answering = Answering(me, announcer, membership, self.peers)

    def receive(self, data: bytes, source: Address, now: float, was_broadcast: bool = False) -> list[PresenceEvent]:
        """Take one datagram, sent to us or to all. Our own broadcasts come back to us and are passed over."""
        if self._me.is_me(source):
            return []
        if not self._me.links.reaches(source.ip):
            return [InputDropped(BadInput.NOT_ON_LINK, source, data)]
        events: list[PresenceEvent] = []
        for line in lines_of(data):
            try:
                events += self._take(decode(line), self._me.canonical(source), now, was_broadcast)
            except ProtocolError as error:
                events.append(InputDropped(error.reason, source, line))
        return events

    def admit(self, ip: str) -> None:
        """Raises ProtocolError when the host may not open streams to us."""
        if not self._me.links.admits(ip):
            raise ProtocolError(BadInput.NOT_ON_LINK)

    def receive_from_stream(self, message: Message, ip: str, now: float) -> list[PeerEvent]:
        """Take what is no text or image from a TCP stream: some programs answer WHO there. Raises ProtocolError."""
        source = Address(self._me.links.canonical(ip), 0)
        match message:
            case Hello() | Join() | Leave() | KnownUsers():
                return self._learn(message, source, now)
            case Who() | Text() | Image():
                return []
            case _:
                assert_never(message)

    def who_sent(self, handle: str, source: Address) -> Peer | None:
        """Tell who sent a text or image that names `handle`; port 0 in `source` is that of no peer."""
        return who_sent(self.peers.here(), handle, self._me.canonical(source), self._me.handle)

    def refuse(self, address: Address) -> list[PeerEvent]:
        """Take note that nobody takes connections at `address`."""
        peer = self.peers.at(address)
        return self.peers.drop(peer, LeaveReason.REFUSED) if peer else []

    def block(self, blocklist: Blocklist) -> list[PeerEvent]:
        """Hear nothing more of these; who of them is here is gone for us."""
        self.blocklist = blocklist
        blocked = [peer for peer in self.peers.all() if blocklist.blocks(peer.handle, peer.address)]
        return [event for peer in blocked for event in self.peers.drop(peer, LeaveReason.BLOCKED)]

    def _take(self, message: Message, source: Address, now: float, was_broadcast: bool) -> list[PresenceEvent]:
        match message:
            case Hello() | Join() | Leave() | KnownUsers():
                return list(self._learn(message, source, now))
            case Who():
                asker = self.peers.at(source)
                if self.blocklist.blocks(asker.handle if asker else "", source):
                    raise ProtocolError(BadInput.BLOCKED)
                self._answering.answer_who(source, now, was_broadcast)
                return list(self.peers.hear_again(source, now))
            case Text():
                return [TextHeard(message, source), *self.peers.hear_again(source, now)]
            case Image():
                raise ProtocolError(BadInput.UNKNOWN_COMMAND, "an image by UDP")
            case _:
                assert_never(message)

    def _learn(self, message: Hello | Join | Leave | KnownUsers, source: Address, now: float) -> list[PeerEvent]:
        match message:
            case Hello(handle, port):
                return self._hear(handle, Address(source.ip, port), now, SLCPD)
            case Join(handle, port):
                events = self._hear(handle, Address(source.ip, port), now)
                self._answering.answer_join(Address(source.ip, port), now)
                return events
            case Leave(handle):
                peer = who_left(self.peers.here(), handle, source)
                return self.peers.drop(peer, LeaveReason.SAID_SO) if peer else []
            case KnownUsers(users):
                events = self.peers.hear_again(source, now)
                for user in users:
                    events += self._report(user.handle, user.address, source.ip, now)
                return events
            case _:
                assert_never(message)

    def _hear(self, handle: str, address: Address, now: float, dialect: Dialect | None = None) -> list[PeerEvent]:
        if self.blocklist.blocks(handle, address):
            raise ProtocolError(BadInput.BLOCKED)
        if self._me.is_me(address):
            return []
        events = self.peers.hear(handle, address, now, dialect)
        if events:
            self.liveness.doubt_namesakes(handle, address, now)
        return [*events, PeerHeard(handle)]

    def _report(self, handle: str, address: Address, reporter: str, now: float) -> list[PeerEvent]:
        """Take an entry of a list. Loopback addresses mean something on the machine of the list only."""
        foreign_loopback = address.ip.startswith("127.") and not reporter.startswith("127.")
        address = self._me.canonical(address)
        is_me = self._me.is_me(address) or self._me.was_me(address)
        if foreign_loopback or is_me or self.blocklist.blocks(handle, address):
            return []
        return self.peers.report(handle, address, now)
