"""Who sends a text or an image, and what that tells of how they speak."""

from collections.abc import Set

from slcp.addressing import who_sent
from slcp.dialects import Trait
from slcp.evidence import Evidence
from slcp.messages import Address, Image, Text
from slcp.node import Node
from slcp.peers import Peer, PeerEvent, PeerTable, TraitsLearned


class Senders:
    """Finds the peer behind a message and learns its dialect."""

    def __init__(self, me: Node, peers: PeerTable, evidence: Evidence) -> None:
        self._me = me
        self._peers = peers
        self._evidence = evidence

    def who_sent(self, handle: str, source: Address) -> Peer | None:
        """Tell who sent a text or image that names `handle`; port 0 in `source` is that of no peer."""
        source = self._me.canonical(source)
        known = self._peers.at(source)
        return who_sent(self._peers, handle, known.address if known else source, self._me.handle)

    def learn_from(self, sender: Peer, message: Text | Image, by_udp: bool = False) -> list[PeerEvent]:
        """Learn from a text or image how its sender speaks."""
        if isinstance(message, Text):
            return self.note(sender, {Trait.TEXT_BARE} if message.bare else self._naming(message.handle, sender))
        is_for_us = message.name.casefold() == self._me.handle.casefold()
        naming = self._naming(message.name, sender) or (set() if is_for_us else {Trait.NAMES_FILE})
        return self.note(sender, naming | {Trait.IMAGE_BY_UDP} if by_udp else naming)

    def note(self, peer: Peer, traits: Set[Trait]) -> list[PeerEvent]:
        """Add to what is known of how a peer speaks."""
        before = self._evidence.traits(peer.handle, peer.address)
        if traits <= before:
            return []
        conclusion = self._evidence.learn(peer.handle, peer.address, traits)
        known = self._peers.at(peer.address)  # by now it may be forgotten, or have another handle
        changed = self._peers.take_for(known, conclusion.dialect) if known and known.handle == peer.handle else []
        return [TraitsLearned(peer.handle, peer.address.ip, before | traits), *changed]

    def _naming(self, named: str, sender: Peer) -> set[Trait]:
        """Tell whom the handle of a message means; nothing when we share ours with the sender."""
        ours, theirs = self._me.handle.casefold(), sender.handle.casefold()  # some programs fold handles
        traits = {ours: Trait.NAMES_RECIPIENT, theirs: Trait.NAMES_SENDER}
        return {traits[named.casefold()]} if ours != theirs and named.casefold() in traits else set()
