"""Who is still there (docs/protocol.md, 2.6).

An slcpd speaks every 30 s. After SILENT_AFTER it is asked once and then gone, and it is asked
too when its handle comes from another address: who moves has no way to say LEAVE. One that is
heard at another address has moved there instead. A plain
program never repeats itself: its silence makes it idle, no more. Only LEAVE or a refused
connection tells that it is gone.
"""

from dataclasses import replace

from slcp.announcing import Announcer
from slcp.messages import Address
from slcp.peers import LeaveReason, Peer, PeerEvent, PeerTable

SILENT_AFTER = 90.0  # seconds: three heartbeats of an slcpd
PROBE_FOR = 5.0  # seconds that a silent slcpd has to answer
IDLE_AFTER = 600.0  # seconds without a word from a plain peer
EXPIRE_EVERY = 5.0  # seconds between two looks at the table


class Liveness:
    """Doubts peers that are silent. Times are seconds of the caller's clock."""

    def __init__(self, peers: PeerTable, announcer: Announcer) -> None:
        self.due = 0.0  # when expire() has something to do
        self._peers = peers
        self._announcer = announcer

    def expire(self, now: float) -> list[PeerEvent]:
        """Look for peers that have been silent too long, when that is due."""
        if now < self.due:
            return []
        self.due = now + EXPIRE_EVERY
        doubtful = (
            peer for peer in self._peers.here() if peer.probed_at is not None or now - peer.heard_at >= SILENT_AFTER
        )
        return [event for peer in doubtful for event in self._expire(peer, now)]

    def doubt_namesakes(self, handle: str, address: Address, now: float) -> None:
        """Ask each slcpd that has the handle of one who has just come: it may be the same one, at its old address."""
        for peer in self._peers.named(handle):
            if peer.address != address and peer.dialect.is_slcpd and peer.probed_at is None:
                self._probe(peer, now)

    def _expire(self, peer: Peer, now: float) -> list[PeerEvent]:
        if not peer.dialect.is_slcpd:
            return self._peers.idle(peer) if now - peer.heard_at >= IDLE_AFTER else []
        if peer.probed_at is None:
            self._probe(peer, now)
            return []
        if now - peer.probed_at < PROBE_FOR:
            return []
        return self._peers.move(peer) or self._peers.drop(peer, LeaveReason.SILENT)

    def _probe(self, peer: Peer, now: float) -> None:
        """Ask for a sign of life."""
        self._announcer.greet(peer.address)
        self._announcer.ask(peer.address)
        self._peers.note(replace(peer, probed_at=now))
