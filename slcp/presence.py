"""Presence: datagrams and the time in, events out (docs/protocol.md, section 2).

An slcpd speaks every 30 s; after SILENT_AFTER it is asked once and then gone, and it is asked
too when its handle comes from another address: who moves has no way to say LEAVE. A plain
program never repeats itself: its silence makes it idle, no more. Only LEAVE or a refused
connection tells that it is gone.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from slcp.announcing import Announcer
from slcp.blocklist import Blocklist
from slcp.dialects import CANONICAL, SLCPD, Dialect
from slcp.errors import BadInput, ProtocolError
from slcp.membership import Membership
from slcp.messages import Address, Hello, Image, Join, KnownUsers, Leave, Message, Text, Who
from slcp.node import Node
from slcp.peers import LeaveReason, Peer, PeerEvent, PeerTable
from slcp.wire import decode, lines_of

SILENT_AFTER = 90.0  # seconds: three heartbeats of an slcpd
PROBE_FOR = 5.0  # seconds that a silent slcpd has to answer
IDLE_AFTER = 600.0  # seconds without a word from a plain peer
EXPIRE_EVERY = 5.0  # seconds between two looks at the table
ANSWER_JOIN_EVERY = 10.0  # seconds: at most one JOIN in answer to the JOINs of a peer
ANSWERS_PER_ADDRESS = 4  # a second: WHO amplifies for who forges a source address
ANSWERS_IN_ALL = 64  # a second


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


class AnswerLimit:
    """Counts the answers of the current second; holds at most ANSWERS_IN_ALL addresses."""

    def __init__(self) -> None:
        self._began = 0.0
        self._answers: Counter[str] = Counter()

    def allows(self, ip: str, now: float) -> bool:
        """Count one more answer to `ip`, unless it would be one too many."""
        if not 0 <= now - self._began < 1:
            self._began = now
            self._answers.clear()
        if self._answers[ip] >= ANSWERS_PER_ADDRESS or self._answers.total() >= ANSWERS_IN_ALL:
            return False
        self._answers[ip] += 1
        return True


class Presence:
    """The others' being here. Times are seconds of the caller's clock."""

    def __init__(self, me: Node, announcer: Announcer, membership: Membership, blocklist: Blocklist) -> None:
        self.peers = PeerTable()
        self.blocklist = blocklist
        self.expire_at = 0.0
        self.listeners: list[Callable[[str], None]] = []  # are told the handle of each JOIN and HELLO
        self._me = me
        self._announcer = announcer
        self._membership = membership
        self._limit = AnswerLimit()

    def receive(self, data: bytes, source: Address, now: float) -> list[PresenceEvent]:
        """Take one datagram. Our own broadcasts come back to us and are passed over."""
        if self._me.is_me(source):
            return []
        if not self._me.links.reaches(source.ip):
            return [InputDropped(BadInput.NOT_ON_LINK, source, data)]
        events: list[PresenceEvent] = []
        for line in lines_of(data):
            try:
                events += self._take(decode(line), self._me.canonical(source), now)
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

    def sender(self, handle: str, source: Address) -> Peer | None:
        """Tell who sent a text or image that names `handle`, the recipient or in some dialects the sender.

        A slcpd says HELLO at the head of its streams, so a stream without belongs to a plain peer.
        """
        source = self._me.canonical(source)
        at_host = self.peers.at_host(source.ip)
        exact = [peer for peer in at_host if peer.address == source]
        named = [peer for peer in at_host if peer.handle == handle != self._me.handle]
        plain = [peer for peer in at_host if not peer.dialect.is_slcpd]
        return next((found[0] for found in (exact, named, plain, at_host) if len(found) == 1), None)

    def refuse(self, address: Address) -> list[PeerEvent]:
        """Take note that nobody takes connections at `address`."""
        peer = self.peers.at(address)
        return self.peers.drop(peer, LeaveReason.REFUSED) if peer else []

    def block(self, blocklist: Blocklist) -> list[PeerEvent]:
        """Hear nothing more of these; who of them is here is gone for us."""
        self.blocklist = blocklist
        blocked = [peer for peer in self.peers if blocklist.blocks(peer.handle, peer.address)]
        return [event for peer in blocked for event in self.peers.drop(peer, LeaveReason.BLOCKED)]

    def expire(self, now: float) -> list[PeerEvent]:
        """Look for peers that have been silent too long, when that is due."""
        if now < self.expire_at:
            return []
        self.expire_at = now + EXPIRE_EVERY
        doubtful = (
            peer for peer in self.peers.here() if peer.probed_at is not None or now - peer.heard_at >= SILENT_AFTER
        )
        return [event for peer in doubtful for event in self._expire(peer, now)]

    def _expire(self, peer: Peer, now: float) -> list[PeerEvent]:
        if not peer.dialect.is_slcpd:
            return self.peers.idle(peer) if now - peer.heard_at >= IDLE_AFTER else []
        if peer.probed_at is None:
            self._probe(peer, now)
            return []
        return self.peers.drop(peer, LeaveReason.SILENT) if now - peer.probed_at >= PROBE_FOR else []

    def _probe(self, peer: Peer, now: float) -> None:
        """Ask for a sign of life."""
        self._announcer.greet(peer.address)
        self._announcer.ask(peer.address)
        self.peers.note(replace(peer, probed_at=now))

    def _take(self, message: Message, source: Address, now: float) -> list[PresenceEvent]:
        match message:
            case Hello() | Join() | Leave() | KnownUsers():
                return list(self._learn(message, source, now))
            case Who():
                self._answer_who(source, now)
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
                self._answer_join(Address(source.ip, port), now)
                return events
            case Leave(handle):
                peer = self.peers.find(handle, source)
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
            self._doubt_namesakes(handle, address, now)
        for listener in self.listeners:
            listener(handle)
        return events

    def _doubt_namesakes(self, handle: str, address: Address, now: float) -> None:
        """Ask each slcpd that has the handle of one who has just come: it may be the same one, at its old address."""
        for peer in self.peers.here():
            if peer.handle == handle and peer.address != address and peer.dialect.is_slcpd and peer.probed_at is None:
                self._probe(peer, now)

    def _report(self, handle: str, address: Address, reporter: str, now: float) -> list[PeerEvent]:
        """Take an entry of a list. Loopback addresses mean something on the machine of the list only."""
        foreign_loopback = address.ip.startswith("127.") and not reporter.startswith("127.")
        address = self._me.canonical(address)
        is_me = self._me.is_me(address) or self._me.was_me(address)
        if foreign_loopback or is_me or self.blocklist.blocks(handle, address):
            return []
        return self.peers.report(handle, address, now)

    def _answer_join(self, address: Address, now: float) -> None:
        peer = self.peers.at(address)
        if peer is None or peer.dialect.is_slcpd or not self._membership.is_here:
            return
        is_due = peer.answered_at is None or now - peer.answered_at >= ANSWER_JOIN_EVERY
        if is_due and self._limit.allows(address.ip, now):
            self.peers.note(replace(peer, answered_at=now))
            self._announcer.answer_join(address.ip)

    def _answer_who(self, source: Address, now: float) -> None:
        """Answer with ourselves and who was heard; hearsay is not passed on, or it would never die."""
        if not self._membership.is_here:
            return
        asker = self.peers.at(source)
        if self.blocklist.blocks(asker.handle if asker else "", source):
            raise ProtocolError(BadInput.BLOCKED)
        if not self._limit.allows(source.ip, now):
            raise ProtocolError(BadInput.RATE_LIMITED)
        heard = [peer for peer in self.peers.here() if not peer.second_hand and peer.address != source]
        self._announcer.answer_who(source, heard, asker.dialect if asker else CANONICAL)
