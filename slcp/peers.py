"""Who is here: the peers we know, by address, in the order in which they were last heard.

Two peers with one handle are two peers, but one that is heard from two networks with the same
handle and key is one, with two addresses. What a peer says of itself counts; what others say of
it (a list) counts only until it is heard itself. See docs/protocol.md, 2.6, 2.8 and 2.9.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from slcp.dialects import UNKNOWN, Dialect, Trait
from slcp.groups import Groups
from slcp.messages import Address, Hello

MAX_PEERS = 4096  # some MB; an order of magnitude above the largest LAN in one broadcast domain
MAX_PER_HOST = 256  # users of one machine: a large shared one; else one stranger fills the table
MAX_NAMED = 2048  # peers that one host has named and nobody has heard: half of the table
MAX_SIGHTINGS = 4  # addresses of one peer besides that in use: a machine with more networks is rare


class PeerState(enum.StrEnum):
    """How sure we are that a peer is there."""

    PRESENT = "present"  # heard lately
    IDLE = "idle"  # a plain peer, silent for long: proves nothing
    GONE = "gone"  # said LEAVE, refused a connection, or an slcpd that answers no more


class LeaveReason(enum.StrEnum):
    """Why a peer is taken for gone."""

    SAID_SO = "said_so"  # LEAVE
    SILENT = "silent"  # an slcpd that missed its heartbeats and a probe
    REFUSED = "refused"  # nobody takes connections at its address
    BLOCKED = "blocked"  # by the user
    REPLACED = "replaced"  # the oldest, dropped for a new one at MAX_PEERS
    SAME_USER = "same_user"  # shows the key of one who is known at another address


class _Worth(enum.IntEnum):
    """How much a peer is missed when it must be forgotten for another, least first."""

    GONE = enum.auto()
    TALKED_OF = enum.auto()  # known from lists alone
    IDLE = enum.auto()
    PRESENT = enum.auto()

    __hash__ = int.__hash__  # that of an enum is Python, and a JOIN asks for it three times


class Sighting(NamedTuple):
    """Where else a peer was heard, and when last."""

    address: Address
    heard_at: float


@dataclass(frozen=True, slots=True)
class Peer:
    """One peer as last known."""

    handle: str
    address: Address
    heard_at: float  # seconds of the caller's clock; when reported, for a second-hand peer
    state: PeerState = PeerState.PRESENT
    dialect: Dialect = UNKNOWN
    second_hand: bool = False  # known from the list of another, not heard itself
    named_by: str = ""  # the IP address of that other
    fingerprint: str | None = None  # of the key that it says it has
    sightings: tuple[Sighting, ...] = ()  # at other addresses, the latest last
    answered_at: float | None = None  # when its JOIN was last answered
    probed_at: float | None = None  # when it was asked for a sign of life

    @property
    def name(self) -> str:
        """The name that addresses this peer alone, whatever other handles there are."""
        return f"{self.handle}@{self.address}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names that address it by any of its addresses, `name` first."""
        return tuple(f"{self.handle}@{address}" for address in self.addresses)

    @property
    def is_here(self) -> bool:
        return self.state is not PeerState.GONE

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where it may be reached, the likeliest first."""
        return (self.address, *(sighting.address for sighting in reversed(self.sightings)))


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """A peer has become known, or is back."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """A peer has another handle, state or dialect than before."""

    peer: Peer
    before: Peer


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """A peer is gone."""

    peer: Peer
    reason: LeaveReason


@dataclass(frozen=True, slots=True)
class PeerHeard:
    """A peer of that handle has said JOIN or HELLO: the moment to send what waits for it."""

    handle: str


@dataclass(frozen=True, slots=True)
class TraitsLearned:
    """More is known of how a peer speaks: worth remembering across restarts."""

    handle: str
    ip: str
    traits: frozenset[Trait]


PeerEvent = PeerJoined | PeerChanged | PeerLeft | PeerHeard | TraitsLearned


class PeerTable:
    """All known peers, those that are gone included until they are forgotten at MAX_PEERS."""

    def __init__(self) -> None:
        self._peers: dict[Address, Peer] = {}  # longest unheard first
        self._aliases: dict[Address, Address] = {}  # other addresses of peers that have several
        self._by_key: dict[tuple[str, str], Address] = {}  # handle and fingerprint of who is here
        self._by_handle: Groups[str] = Groups()  # folded
        self._by_host: Groups[str] = Groups()
        self._by_namer: Groups[str] = Groups()  # those of hearsay, by who has named them
        self._by_worth: Groups[_Worth] = Groups()  # of whom nothing was heard for longest first

    def all(self) -> list[Peer]:
        """Return the peers, those that are gone included, longest unheard first."""
        return list(self._peers.values())

    def at(self, address: Address) -> Peer | None:
        return self._peers.get(self._aliases.get(address, address))

    def here(self) -> list[Peer]:
        """Return the peers that are not gone."""
        return [peer for peer in self._peers.values() if peer.is_here]

    def here_at(self, ip: str) -> list[Peer]:
        """Return those at an IP address that are not gone: at most MAX_PER_HOST."""
        return [peer for address in self._by_host.of(ip) if (peer := self._peers[address]).is_here]

    def named(self, handle: str) -> list[Peer]:
        """Return those of a handle that are not gone."""
        return [peer for peer in self._called(handle) if peer.handle == handle and peer.is_here]

    def called(self, handle: str) -> list[Peer]:
        """Return those of a handle in whatever case, those that are gone included, longest unheard first."""
        return sorted(self._called(handle), key=lambda peer: peer.heard_at)

    def hear(
        self, handle: str, address: Address, now: float, dialect: Dialect | None = None, hello: Hello | None = None
    ) -> list[PeerEvent]:
        """Take what a peer says of itself. Without `dialect` or `hello` a known peer keeps what these tell."""
        twin = self._twin(handle, address, hello.fingerprint if hello else None)
        if twin:
            return self._sight(twin, address, now)
        if address in self._aliases:
            self.disown(address)
        before = self._peers.get(address)
        if before is None:
            fingerprint = hello.fingerprint if hello else None
            return self._add(Peer(handle, address, now, dialect=dialect or UNKNOWN, fingerprint=fingerprint))
        peer = replace(
            before,
            handle=handle,
            heard_at=now,
            state=PeerState.PRESENT,
            dialect=dialect or before.dialect,
            second_hand=False,
            named_by="",
            fingerprint=hello.fingerprint if hello else before.fingerprint,
            probed_at=None,
        )
        del self._peers[address]
        self._unindex(before)
        self._put(peer)
        if not before.is_here:
            return [PeerJoined(peer)]
        return [PeerChanged(peer, before)] if _differs(peer, before) else []

    def hear_again(self, address: Address, now: float) -> list[PeerEvent]:
        """Take a sign of life that carries no handle; of a known peer only."""
        peer = self.at(address)
        return self.hear(peer.handle, address, now) if peer and peer.is_here else []

    def report(
        self, handle: str, address: Address, now: float, dialect: Dialect = UNKNOWN, named_by: str = ""
    ) -> list[PeerEvent]:
        """Take what another says of a peer: it never overrides what we know, nor displaces anyone."""
        is_full = len(self._peers) >= MAX_PEERS or self._by_host.size(address.ip) >= MAX_PER_HOST
        if address in self._peers or address in self._aliases or is_full:
            return []
        if self._by_namer.size(named_by) >= MAX_NAMED:
            return []
        return self._add(Peer(handle, address, now, dialect=dialect, second_hand=True, named_by=named_by))

    def take_for(self, peer: Peer, dialect: Dialect) -> list[PeerEvent]:
        """Take note of how a peer is to be spoken to."""
        changed = replace(peer, dialect=dialect)
        self.note(changed)
        return [PeerChanged(changed, peer)] if _differs(changed, peer) and peer.is_here else []

    def idle(self, peer: Peer) -> list[PeerEvent]:
        """Take note that a plain peer has been silent for long."""
        if peer.state is not PeerState.PRESENT:
            return []
        idle = replace(peer, state=PeerState.IDLE)
        self.note(idle)
        return [PeerChanged(idle, peer)]

    def drop(self, peer: Peer, reason: LeaveReason) -> list[PeerEvent]:
        """Take a peer for gone; it stays known, so that a message to it can be queued."""
        if not peer.is_here:
            return []
        gone = replace(peer, state=PeerState.GONE, probed_at=None, sightings=())
        self._unindex(peer)
        self._put(gone)
        return [PeerLeft(gone, reason)]

    def move(self, peer: Peer) -> list[PeerEvent]:
        """Take the address where a peer was seen last for the one in use; [] where it was seen nowhere else."""
        if not peer.sightings:
            return []
        address, heard_at = peer.sightings[-1]
        moved = replace(peer, address=address, heard_at=heard_at, probed_at=None, sightings=peer.sightings[:-1])
        self._unindex(peer)
        del self._peers[peer.address]
        self._put(moved)
        return [PeerChanged(moved, peer)]

    def disown(self, address: Address) -> list[PeerEvent]:
        """Take note that whoever is at `address` is not the peer that we know there."""
        peer = self.at(address)
        if peer is None or not peer.is_here:
            return []
        if peer.address == address:
            return self.move(peer) or self.drop(peer, LeaveReason.REFUSED)
        self._unindex(peer)
        kept = tuple(sighting for sighting in peer.sightings if sighting.address != address)
        self._put(replace(peer, sightings=kept))
        return []

    def note(self, peer: Peer) -> None:
        """Keep a changed copy of a known peer, its place in the order unchanged."""
        worth, before = _worth(peer), _worth(self._peers[peer.address])
        if worth is not before:
            self._by_worth.discard(before, peer.address)
            self._by_worth.add(worth, peer.address)
        self._peers[peer.address] = peer

    def _called(self, handle: str) -> Iterator[Peer]:
        return (self._peers[address] for address in self._by_handle.of(handle.casefold()))

    def _add(self, peer: Peer) -> list[PeerEvent]:
        events: list[PeerEvent] = []
        if self._by_host.size(peer.address.ip) >= MAX_PER_HOST:
            events += self._forget(min(map(self._peers.__getitem__, self._by_host.of(peer.address.ip)), key=_worth))
        if len(self._peers) >= MAX_PEERS:
            events += self._forget(self._missed_least())
        self._put(peer)
        return [*events, PeerJoined(peer)]

    def _missed_least(self) -> Peer:
        """Return who is to be forgotten: of the least worth, the one of whom nothing was heard for longest."""
        return self._peers[next(filter(None, map(self._by_worth.first, _Worth)))]

    def _forget(self, peer: Peer) -> list[PeerEvent]:
        """Make room for a new one."""
        del self._peers[peer.address]
        self._unindex(peer)
        return [PeerLeft(replace(peer, state=PeerState.GONE), LeaveReason.REPLACED)] if peer.is_here else []

    def _twin(self, handle: str, address: Address, fingerprint: str | None) -> Peer | None:
        """Find who is known at another address, with the same handle and key, or has been seen at this one before."""
        known = self._aliases.get(address)
        if fingerprint is not None:
            known = self._by_key.get((handle, fingerprint))
        peer = self._peers.get(known) if known and known != address else None
        return peer if peer and peer.handle == handle else None

    def _sight(self, peer: Peer, address: Address, now: float) -> list[PeerEvent]:
        """Take note of another address of a peer; who was thought to be there is the same."""
        others = tuple(sighting for sighting in peer.sightings if sighting.address != address)
        sighted = replace(peer, sightings=(*others, Sighting(address, now))[-MAX_SIGHTINGS:])
        events: list[PeerEvent] = [PeerChanged(sighted, peer)] if len(others) == len(peer.sightings) else []
        alone = self._peers.pop(address, None)
        if alone is not None:
            self._unindex(alone)
            events += [PeerLeft(replace(alone, state=PeerState.GONE), LeaveReason.SAME_USER)] if alone.is_here else []
        self._unindex(peer)
        self._put(sighted)
        return events

    def _put(self, peer: Peer) -> None:
        self._peers[peer.address] = peer
        self._by_handle.add(peer.handle.casefold(), peer.address)
        self._by_host.add(peer.address.ip, peer.address)
        self._by_worth.add(_worth(peer), peer.address)
        if peer.second_hand:
            self._by_namer.add(peer.named_by, peer.address)
        if peer.fingerprint is not None and peer.is_here:
            self._by_key[peer.handle, peer.fingerprint] = peer.address
        for sighting in peer.sightings:
            self._aliases[sighting.address] = peer.address

    def _unindex(self, peer: Peer) -> None:
        """Forget by what else than its address a peer is found."""
        self._by_handle.discard(peer.handle.casefold(), peer.address)
        self._by_host.discard(peer.address.ip, peer.address)
        self._by_worth.discard(_worth(peer), peer.address)
        self._by_namer.discard(peer.named_by, peer.address)
        if peer.fingerprint is not None and self._by_key.get((peer.handle, peer.fingerprint)) == peer.address:
            del self._by_key[peer.handle, peer.fingerprint]
        for sighting in peer.sightings:
            if self._aliases.get(sighting.address) == peer.address:
                del self._aliases[sighting.address]


def _worth(peer: Peer) -> _Worth:
    if not peer.is_here:
        return _Worth.GONE
    if peer.second_hand:
        return _Worth.TALKED_OF
    return _Worth.IDLE if peer.state is PeerState.IDLE else _Worth.PRESENT


def _differs(peer: Peer, before: Peer) -> bool:
    """Tell whether a user would see a difference."""
    return (peer.handle, peer.state, peer.dialect, peer.second_hand, peer.fingerprint) != (
        before.handle,
        before.state,
        before.dialect,
        before.second_hand,
        before.fingerprint,
    )
