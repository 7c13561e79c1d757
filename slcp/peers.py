"""Who is here: the peers we know, by address, in the order in which they were last heard.

Two peers with one handle are two peers. What a peer says of itself counts; what others say
of it (a list) counts only until it is heard itself. See docs/protocol.md, 2.6, 2.8 and 2.9.
"""

import enum
from dataclasses import dataclass, replace
from itertools import islice

from slcp.dialects import UNKNOWN, Dialect, Trait
from slcp.messages import Address

MAX_PEERS = 4096  # some MB; an order of magnitude above the largest LAN in one broadcast domain

LOOKED_AT = 64  # of those longest unheard, when one must be forgotten


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


@dataclass(frozen=True, slots=True)
class Peer:
    """One peer as last known."""

    handle: str
    address: Address
    heard_at: float  # seconds of the caller's clock; when reported, for a second-hand peer
    state: PeerState = PeerState.PRESENT
    dialect: Dialect = UNKNOWN
    second_hand: bool = False  # known from the list of another, not heard itself
    answered_at: float | None = None  # when its JOIN was last answered
    probed_at: float | None = None  # when it was asked for a sign of life

    @property
    def name(self) -> str:
        """The name that addresses this peer alone, whatever other handles there are."""
        return f"{self.handle}@{self.address}"

    @property
    def is_here(self) -> bool:
        return self.state is not PeerState.GONE


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

    def all(self) -> list[Peer]:
        """Return the peers, those that are gone included, longest unheard first."""
        return list(self._peers.values())

    def at(self, address: Address) -> Peer | None:
        return self._peers.get(address)

    def here(self) -> list[Peer]:
        """Return the peers that are not gone."""
        return [peer for peer in self._peers.values() if peer.is_here]

    def hear(self, handle: str, address: Address, now: float, dialect: Dialect | None = None) -> list[PeerEvent]:
        """Take what a peer says of itself. Without `dialect` a known peer keeps its own."""
        before = self._peers.get(address)
        if before is None:
            return self._add(Peer(handle, address, now, dialect=dialect or UNKNOWN))
        peer = replace(
            before,
            handle=handle,
            heard_at=now,
            state=PeerState.PRESENT,
            dialect=dialect or before.dialect,
            second_hand=False,
            probed_at=None,
        )
        del self._peers[address]
        self._peers[address] = peer
        if not before.is_here:
            return [PeerJoined(peer)]
        return [PeerChanged(peer, before)] if _differs(peer, before) else []

    def hear_again(self, address: Address, now: float) -> list[PeerEvent]:
        """Take a sign of life that carries no handle; of a known peer only."""
        peer = self._peers.get(address)
        return self.hear(peer.handle, address, now) if peer and peer.is_here else []

    def report(self, handle: str, address: Address, now: float, dialect: Dialect = UNKNOWN) -> list[PeerEvent]:
        """Take what another says of a peer: it never overrides what we know."""
        if address in self._peers or len(self._peers) >= MAX_PEERS:
            return []
        return self._add(Peer(handle, address, now, dialect=dialect, second_hand=True))

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
        gone = replace(peer, state=PeerState.GONE, probed_at=None)
        self._peers[peer.address] = gone
        return [PeerLeft(gone, reason)]

    def note(self, peer: Peer) -> None:
        """Keep a changed copy of a known peer, its place in the order unchanged."""
        self._peers[peer.address] = peer

    def _add(self, peer: Peer) -> list[PeerEvent]:
        events: list[PeerEvent] = []
        if len(self._peers) >= MAX_PEERS:
            candidates = islice(self._peers.values(), LOOKED_AT)
            oldest = self._peers.pop(min(candidates, key=_worth).address)
            events += [PeerLeft(replace(oldest, state=PeerState.GONE), LeaveReason.REPLACED)] if oldest.is_here else []
        self._peers[peer.address] = peer
        return [*events, PeerJoined(peer)]


def _worth(peer: Peer) -> int:
    """Rank whom to forget: first who is gone, then who is only talked of, then who is idle."""
    if not peer.is_here:
        return 0
    return 1 if peer.second_hand else 2 if peer.state is PeerState.IDLE else 3


def _differs(peer: Peer, before: Peer) -> bool:
    """Tell whether a user would see a difference."""
    return (peer.handle, peer.state, peer.dialect, peer.second_hand) != (
        before.handle,
        before.state,
        before.dialect,
        before.second_hand,
    )
