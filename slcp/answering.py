"""Whom we answer on UDP, and how often (docs/protocol.md, 2.3, 2.4, 2.5 and 2.7)."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from slcp.announcing import Announcer
from slcp.dialects import UNKNOWN, conclude
from slcp.errors import BadInput, ProtocolError
from slcp.evidence import Traits
from slcp.membership import Membership
from slcp.messages import Address
from slcp.node import Node
from slcp.peers import Peer, PeerTable

ANSWER_JOIN_EVERY = 10.0  # seconds: at most one JOIN in answer to the JOINs of a peer
ANSWERERS = 3  # of all slcpd on the LAN answer one WHO: two may just have crashed
ANSWERS_PER_ADDRESS = 4  # a second: WHO amplifies for who forges a source address
ANSWERS_IN_ALL = 64  # a second


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


def is_among_first(me: Address, others: Iterable[Address], asker: Address) -> bool:
    """Tell whether we are one of the ANSWERERS for `asker`, by rendezvous hashing.

    Every node scores every node for this asker and finds the same order, so nothing has to be
    agreed on or kept, and the load spreads over the nodes (Thaler and Ravishankar, 1998).
    """
    mine = _score(me, asker)
    before_me = 0
    for other in others:
        before_me += _score(other, asker) < mine
        if before_me == ANSWERERS:
            return False
    return True


def _score(node: Address, asker: Address) -> bytes:
    return hashlib.blake2b(f"{asker} {node}".encode(), digest_size=8).digest()


class Answering:
    """Answers JOIN and WHO, while we are here. Times are seconds of the caller's clock."""

    def __init__(self, me: Node, announcer: Announcer, membership: Membership, peers: PeerTable) -> None:
        self._me = me
        self._announcer = announcer
        self._membership = membership
        self._peers = peers
        self._limit = AnswerLimit()

    def answer_join(self, address: Address, now: float) -> None:
        """Say JOIN to a plain peer that has, unless it was told lately or the limit is reached."""
        peer = self._peers.at(address)
        if peer is None or peer.dialect.is_slcpd or not self._membership.is_here:
            return
        is_due = peer.answered_at is None or now - peer.answered_at >= ANSWER_JOIN_EVERY
        if is_due and self._limit.allows(address.ip, now):
            self._peers.note(replace(peer, answered_at=now))
            self._announcer.answer_join(address.ip, peer.dialect)

    def answer_who(self, asker: Address, now: float, was_broadcast: bool, traits: Traits = frozenset()) -> None:
        """List ourselves and who was heard; hearsay is not passed on, or it would never die.

        A broadcast is answered by those whose turn it is. `traits` are those of the WHO itself: an
        asker may be nobody we know. Raises ProtocolError when the limit is reached.
        """
        heard = [peer for peer in self._peers.here() if not peer.second_hand and peer.address != asker]
        if not self._membership.is_here or (was_broadcast and not self._is_our_turn(heard, asker)):
            return
        if not self._limit.allows(asker.ip, now):
            raise ProtocolError(BadInput.RATE_LIMITED)
        known = self._asker(asker)
        dialect = known.dialect if known and known.dialect is not UNKNOWN else conclude(traits).dialect
        by_tcp = known.address if known and dialect.lists_by_tcp else None
        self._announcer.answer_who(asker, heard, dialect, by_tcp)

    def _asker(self, asker: Address) -> Peer | None:
        """Find who asks: some send from a socket of their own, but are the only plain program at their host."""
        plain = [peer for peer in self._peers.here() if peer.address.ip == asker.ip and not peer.dialect.is_slcpd]
        return self._peers.at(asker) or (plain[0] if len(plain) == 1 else None)

    def _is_our_turn(self, heard: list[Peer], asker: Address) -> bool:
        """Plain peers answer for themselves or not at all, so only slcpd take turns."""
        nodes = (self._me.seen_from(asker.ip, peer.addresses) for peer in heard if peer.dialect.is_slcpd)
        me = Address(self._me.links.facing(asker.ip), self._me.port)
        return is_among_first(me, (node for node in nodes if node), asker)
