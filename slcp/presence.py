"""Presence: datagrams and the time in, events out (docs/protocol.md, section 2)."""

from dataclasses import dataclass
from typing import assert_never

from slcp.addressing import who_left
from slcp.announcing import Announcer
from slcp.answering import Answering
from slcp.blocklist import Blocklist
from slcp.bounded import put_last
from slcp.dialects import Trait
from slcp.errors import BadInput, ProtocolError
from slcp.evidence import Evidence, Traits
from slcp.liveness import Liveness
from slcp.membership import Membership
from slcp.messages import Address, Hello, Image, Join, KnownUsers, Leave, Message, Text, Who
from slcp.node import Node
from slcp.peers import LeaveReason, Peer, PeerEvent, PeerHeard, PeerLeft, PeerTable, TraitsLearned
from slcp.reading import Reading, list_traits, read
from slcp.senders import Senders

MAX_FROM_AFAR = 256  # peers beyond our networks that have named us: they must not displace all our neighbours
MAX_BLOCKED_AT = 256  # addresses: a blocked key can say that it is at any


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

    def __init__(
        self,
        me: Node,
        announcer: Announcer,
        membership: Membership,
        blocklist: Blocklist,
        evidence: Evidence | None = None,
    ) -> None:
        self.peers = PeerTable()
        self.blocklist = blocklist
        self._from_afar: set[Address] = set()  # peers beyond our networks that have made themselves known
        self._blocked_at: dict[Address, None] = {}  # where blocked keys have been seen, oldest first
        self.evidence = evidence or Evidence({}, {})
        self.senders = Senders(me, self.peers, self.evidence)
        self._liveness = Liveness(self.peers, announcer)
        self._me = me
        self._whoisport = announcer.whoisport
        self._answering = Answering(me, announcer, membership, self.peers)

    @property
    def due(self) -> float:
        """When expire() has something to do."""
        return self._liveness.due

    def expire(self, now: float) -> list[PeerEvent]:
        """Look for peers that have been silent too long. One that comes back may be another program."""
        events = self._liveness.expire(now)
        for event in events:
            if isinstance(event, PeerLeft):
                self.evidence.forget(event.peer.handle, event.peer.address)
        return events

    def receive(self, data: bytes, source: Address, now: float, was_broadcast: bool = False) -> list[PresenceEvent]:
        """Take one datagram, sent to us or to all. Our own broadcasts come back to us and are passed over."""
        if self._me.is_me(source):
            return []
        is_near = self._me.links.reaches(source.ip)
        if not is_near and (was_broadcast or not self._me.links.admits(source.ip)):
            return [InputDropped(BadInput.NOT_ON_LINK, source, data)]
        events: list[PresenceEvent] = []
        for reading in read(data):
            try:
                if is_near:
                    events += self._take(reading, self._me.canonical(source), now, was_broadcast)
                else:
                    events += self._take_from_afar(reading, source, now)
            except ProtocolError as error:
                events.append(InputDropped(error.reason, source, reading.data))
        return events

    def receive_from_stream(self, message: Message, ip: str, now: float) -> list[PeerEvent]:
        """Take what is no text or image from a TCP stream: some programs answer WHO there. Raises ProtocolError."""
        source = Address(self._me.links.canonical(ip), 0)
        match message:
            case Leave():
                return self._learn(message, source, now, frozenset({Trait.LEAVE_BY_TCP}))
            case KnownUsers():
                return self._learn(message, source, now, list_traits(message) | {Trait.LIST_BY_TCP})
            case Hello() | Join():
                return self._learn(message, source, now, frozenset())
            case Who() | Text() | Image():
                return []
            case _:
                assert_never(message)

    def refuse(self, address: Address) -> list[PeerEvent]:
        """Take note that nobody takes connections at `address`."""
        peer = self.peers.at(address)
        if peer and peer.sightings:
            return self.peers.disown(address)
        return self._drop(peer, LeaveReason.REFUSED) if peer else []

    def block(self, blocklist: Blocklist) -> list[PeerEvent]:
        """Hear nothing more of these; who of them is here is gone for us."""
        self.blocklist = blocklist
        self._blocked_at.clear()
        blocked = [peer for peer in self.peers.all() if blocklist.blocks(peer.handle, peer.address, peer.fingerprint)]
        return [event for peer in blocked for event in self.peers.drop(peer, LeaveReason.BLOCKED)]

    def _take(self, reading: Reading, source: Address, now: float, was_broadcast: bool) -> list[PresenceEvent]:
        match reading.message:
            case ProtocolError() as error:
                raise error
            case Hello() | Join() | Leave() | KnownUsers() as message:
                return list(self._learn(message, source, now, reading.traits))
            case Who():
                self._answer(source, now, was_broadcast, reading.traits)
                asker = self.peers.at(source)
                learnt = self.senders.note(asker, reading.traits) if asker else []
                heard = [PeerHeard(asker.handle)] if asker and asker.is_here else []
                return [*learnt, *self.peers.hear_again(source, now), *heard]
            case Text() as text:
                sender = self.senders.who_sent(text.handle, source)
                traits = reading.traits & {Trait.JSON} or {Trait.TEXT_BY_UDP}
                learnt = self.senders.note(sender, traits) if sender else []
                return [TextHeard(text, source), *learnt, *self.peers.hear_again(source, now)]
            case Image():
                raise ProtocolError(BadInput.UNKNOWN_COMMAND, "an image by UDP")
            case _:
                assert_never(reading.message)

    def _take_from_afar(self, reading: Reading, source: Address, now: float) -> list[PeerEvent]:
        """Take what comes through a router: somebody has named us in `peers`, and we have not named that host.

        A HELLO with a key makes known and is answered by one HELLO: who forges its source gains nothing by us.
        """
        match reading.message:
            case Hello(_, port, fingerprint=str()) as hello:
                address = Address(source.ip, port)
                self._make_room_for_afar(address)
                events = self._learn(hello, source, now, reading.traits)
                self._from_afar.add(address)
                self._answering.answer_hello(address, now)
                return events
            case Leave() as leave if source in self._from_afar:
                return self._learn(leave, source, now, reading.traits)
            case Join() if source in self._from_afar:
                return []  # it comes with each HELLO and tells no more
            case _:
                raise ProtocolError(BadInput.NOT_ON_LINK)

    def _make_room_for_afar(self, address: Address) -> None:
        """Raises ProtocolError when there is none."""
        if address in self._from_afar or len(self._from_afar) < MAX_FROM_AFAR:
            return
        known = ((one, self.peers.at(one)) for one in self._from_afar)
        self._from_afar = {one for one, peer in known if peer and peer.is_here}
        if len(self._from_afar) >= MAX_FROM_AFAR:
            raise ProtocolError(BadInput.RATE_LIMITED)

    def _answer(self, source: Address, now: float, was_broadcast: bool, traits: Traits) -> None:
        asker = self.peers.at(source)
        if self.blocklist.blocks(asker.handle if asker else "", source):
            raise ProtocolError(BadInput.BLOCKED)
        if asker and asker.dialect.is_slcpd and traits:
            return  # it asks in every form; one answer is enough
        self._answering.answer_who(source, now, was_broadcast, traits | self._port_traits(source, None))

    def _port_traits(self, source: Address, announced: int | None) -> Traits:
        """Return what the port that a datagram came from tells."""
        traits = {Trait.FROM_WHOISPORT: self._whoisport, Trait.FROM_OWN_PORT: announced}
        return frozenset(trait for trait, port in traits.items() if port == source.port)

    def _learn(
        self, message: Hello | Join | Leave | KnownUsers, source: Address, now: float, traits: Traits
    ) -> list[PeerEvent]:
        match message:
            case Hello(handle, port):
                return self._hear(handle, Address(source.ip, port), now, frozenset({Trait.HELLO}), message)
            case Join(handle, port):
                traits |= self._port_traits(source, port)
                events = self._hear(handle, Address(source.ip, port), now, traits)
                self._answering.answer_join(Address(source.ip, port), now)
                return events
            case Leave(handle):
                known = self.peers.at(source)
                is_known = known is not None and known.is_here and known.handle == handle
                peer = known if is_known else who_left(self.peers, handle, source)
                if peer is None:
                    return []
                return [*self.senders.note(peer, traits & {Trait.LEAVE_BY_TCP}), *self._drop(peer, LeaveReason.SAID_SO)]
            case KnownUsers(users):
                events = self.peers.hear_again(source, now)
                for user in users:
                    events += self._report(user.handle, user.address, source.ip, now)
                lister = self.senders.who_sent("", source)
                if lister is None:
                    return events
                return [*events, *self.senders.note(lister, traits | self._port_traits(source, lister.address.port))]
            case _:
                assert_never(message)

    def _drop(self, peer: Peer, reason: LeaveReason) -> list[PeerEvent]:
        """Take a peer for gone. One that was an slcpd may come back as another program."""
        if peer.dialect.is_slcpd:
            self.evidence.forget(peer.handle, peer.address)
        return self.peers.drop(peer, reason)

    def _hear(
        self, handle: str, address: Address, now: float, traits: Traits, hello: Hello | None = None
    ) -> list[PeerEvent]:
        if self._blocks(handle, address, hello.fingerprint if hello else None):
            raise ProtocolError(BadInput.BLOCKED)
        if self._me.is_me(address):
            return []
        before = self.evidence.traits(handle, address)
        conclusion = self.evidence.learn(handle, address, traits)
        events = self.peers.hear(handle, address, now, conclusion.dialect, hello)
        if events:
            self._liveness.doubt_namesakes(handle, address, now)
        learnt = [] if traits <= before else [TraitsLearned(handle, address.ip, before | traits)]
        return [*events, *learnt, PeerHeard(handle)]

    def _blocks(self, handle: str, address: Address, fingerprint: str | None) -> bool:
        """Tell whether the user wants to hear nothing of a peer. JOIN shows no key: it counts where one was."""
        if self.blocklist.blocks(handle, address, fingerprint):
            if fingerprint and address not in self._blocked_at:
                put_last(self._blocked_at, address, None, MAX_BLOCKED_AT)
            return True
        return address in self._blocked_at

    def _report(self, handle: str, address: Address, reporter: str, now: float) -> list[PeerEvent]:
        """Take an entry of a list, of our networks only: a stranger could name anyone in the world."""
        foreign_loopback = address.ip.startswith("127.") and not reporter.startswith("127.")
        address = self._me.canonical(address)
        is_me = self._me.is_me(address) or self._me.was_me(address)
        links = self._me.links
        is_elsewhere = foreign_loopback or not (links.reaches(address.ip) or reporter in links.hosts)
        is_nobody = is_elsewhere or links.is_for_all(address.ip)
        if is_nobody or is_me or self.blocklist.blocks(handle, address):
            return []
        dialect = self.evidence.conclusion(handle, address).dialect
        return self.peers.report(handle, address, now, dialect, reporter)
