"""Whom we answer on UDP, and how often (docs/protocol.md, 2.3, 2.4, 2.5 and 2.7)."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from slcp.announcing import Announcer
from slcp.bounded import put_last
from slcp.dialects import UNKNOWN, conclude
from slcp.errors import BadInput, ProtocolError
from slcp.evidence import Traits
from slcp.membership import Membership
from slcp.messages import Address
from slcp.node import Node
from slcp.peers import Peer, PeerTable
from slcp.rates import RateLimit

ANSWER_JOIN_EVERY = 10.0  # seconds: at most one JOIN in answer to the JOINs of a peer
ANSWERERS = 3  # of all slcpd on the LAN answer one WHO: two may just have crashed
ANSWERS_PER_ADDRESS = 4  # a second: WHO amplifies for who forges a source address
ANSWERS_IN_ALL = 64  # a second
MAX_LISTED = 1024  # users in an answer, some 40 KB: more than any LAN of people; a forged WHO has 4 bytes
ENTRIES_PER_ADDRESS = 8192  # a second, some 300 KB: a list in two spellings has each entry twice
ENTRIES_IN_ALL = 16384  # a second
QUESTIONS_PER_ADDRESS = 16  # a second: WHO on each link and in each form
QUESTIONS_IN_ALL = 128  # a second: to find whose turn it is costs some 0.6 ms in a LAN of 500
ASKS_AGAIN_AFTER = 0.5  # seconds; sooner it is the same question, on another link or in another form
ASKS_AGAIN_WITHIN = 10.0  # seconds: about what a user waits before another try
MAX_ASKERS = 1024  # whose questions are counted; of more than that the ones longest ago begin anew


def is_our_turn(me: Address, others: Iterable[Address], nodes: int, asker: Address, asked_before: int = 0) -> bool:
    """Tell whether we are one of the ANSWERERS for `asker`, by rendezvous hashing.

    Every node scores every node for this asker and finds the same order, so nothing has to be
    agreed on, and the load spreads over the nodes (Thaler and Ravishankar, 1998). Who asks again
    is answered by the next of that order, for the first may have crashed; after the last come the
    first. `nodes` is the number of all, ourselves included; of the others no more are looked at than must be.
    """
    first = asked_before * ANSWERERS % nodes
    last = first + ANSWERERS - 1
    place = _place(me, others, asker, at_most=nodes if last >= nodes else last + 1)
    return (place - first) % nodes < ANSWERERS


def _place(me: Address, others: Iterable[Address], asker: Address, at_most: int) -> int:
    """Return how many nodes come before us in the order of `asker`. Counts no further than `at_most`: hashing costs."""
    mine = _score(me, asker)
    before_me = 0
    for other in others:
        if before_me == at_most:
            break
        before_me += _score(other, asker) < mine
    return before_me


def _score(node: Address, asker: Address) -> bytes:
    return hashlib.blake2b(f"{asker} {node}".encode(), digest_size=8).digest()


class Askers:
    """Counts how often in a row each has broadcast WHO. Every node hears the same, so all count the same."""

    def __init__(self) -> None:
        self._asked: dict[Address, tuple[float, int]] = {}  # when last, and how often before; longest ago first

    def count(self, asker: Address, now: float) -> int:
        """Take note of a question; return how many others of the same asker came shortly before."""
        at, before = self._asked.get(asker, (now, 0))
        if now - at >= ASKS_AGAIN_WITHIN:
            at, before = now, 0
        elif now - at >= ASKS_AGAIN_AFTER:
            at, before = now, before + 1
        put_last(self._asked, asker, (at, before), MAX_ASKERS)
        return before


class Answering:
    """Answers JOIN and WHO, while we are here. Times are seconds of the caller's clock."""

    def __init__(self, me: Node, announcer: Announcer, membership: Membership, peers: PeerTable) -> None:
        self._me = me
        self._announcer = announcer
        self._membership = membership
        self._peers = peers
        self._questions = RateLimit(QUESTIONS_PER_ADDRESS, QUESTIONS_IN_ALL)
        self._limit = RateLimit(ANSWERS_PER_ADDRESS, ANSWERS_IN_ALL)
        self._entries = RateLimit(ENTRIES_PER_ADDRESS, ENTRIES_IN_ALL)
        self._askers = Askers()

    def answer_join(self, address: Address, now: float) -> None:
        """Say JOIN to a plain peer that has, unless it was told lately or the limit is reached."""
        peer = self._peers.at(address)
        if peer and not peer.dialect.is_slcpd and self._may_answer(peer, now):
            self._announcer.answer_join(address.ip, peer.dialect)

    def answer_hello(self, address: Address, now: float) -> None:
        """Say HELLO to an slcpd that no broadcast of ours reaches, unless it was told lately."""
        peer = self._peers.at(address)
        if peer and self._may_answer(peer, now):
            self._announcer.greet(address)

    def answer_who(self, asker: Address, now: float, was_broadcast: bool, traits: Traits = frozenset()) -> None:
        """List ourselves and who was heard; hearsay is not passed on, or it would never die.

        A broadcast is answered by those whose turn it is. `traits` are those of the WHO itself: an
        asker may be nobody we know. Raises ProtocolError when the limit is reached.
        """
        if not self._questions.allows(asker.ip, now):
            raise ProtocolError(BadInput.RATE_LIMITED)
        heard = [peer for peer in self._peers.here() if not peer.second_hand and peer.address != asker]
        if not self._membership.is_here or (was_broadcast and not self._is_our_turn(heard, asker, now)):
            return
        known = self._asker(asker)
        dialect = known.dialect if known and known.dialect is not UNKNOWN else conclude(traits).dialect
        listed = heard[-MAX_LISTED:]  # those heard last
        entries = (1 + len(listed)) * len(dialect.lists)
        if not self._limit.allows(asker.ip, now) or not self._entries.allows(asker.ip, now, entries):
            raise ProtocolError(BadInput.RATE_LIMITED)
        by_tcp = known.address if known and dialect.lists_by_tcp else None
        self._announcer.answer_who(asker, listed, dialect, by_tcp)

    def _may_answer(self, peer: Peer, now: float) -> bool:
        """Count an answer to a JOIN or HELLO, unless the peer was told lately or the limit is reached."""
        is_due = peer.answered_at is None or now - peer.answered_at >= ANSWER_JOIN_EVERY
        if not self._membership.is_here or not is_due or not self._limit.allows(peer.address.ip, now):
            return False
        self._peers.note(replace(peer, answered_at=now))
        return True

    def _asker(self, asker: Address) -> Peer | None:
        """Find who asks: some send from a socket of their own, but are the only plain program at their host."""
        plain = [peer for peer in self._peers.here_at(asker.ip) if not peer.dialect.is_slcpd]
        return self._peers.at(asker) or (plain[0] if len(plain) == 1 else None)

    def _is_our_turn(self, heard: list[Peer], asker: Address, now: float) -> bool:
        """Plain peers answer for themselves or not at all, so only slcpd take turns."""
        others = [peer.addresses for peer in heard if peer.dialect.is_slcpd]
        seen = (self._me.seen_from(asker.ip, addresses) for addresses in others)
        me = Address(self._me.links.facing(asker.ip), self._me.port)
        asked_before = self._askers.count(asker, now)
        return is_our_turn(me, filter(None, seen), 1 + len(others), asker, asked_before)
