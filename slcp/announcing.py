"""What we say on UDP. HELLO goes before every JOIN and every list, in a datagram of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from slcp.dialects import Dialect
from slcp.messages import Address, Leave, Message, User, Who
from slcp.node import Node
from slcp.peers import Peer
from slcp.wire import encode, fit_users


@dataclass(frozen=True, slots=True)
class Datagram:
    """Bytes to send from our own port; without `to`: broadcast to whoisport on every link."""

    data: bytes
    to: Address | None


class Announcer:
    """Collects the datagrams to send, in order. Without `to` they are broadcast."""

    def __init__(self, me: Node, whoisport: int) -> None:
        self._me = me
        self._whoisport = whoisport
        self._waiting: list[Datagram] = []

    def take(self) -> list[Datagram]:
        """Return what is to be sent now, once."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def join(self) -> None:
        self._say([self._me.hello(), self._me.join()], None)

    def leave(self, handle: str) -> None:
        """LEAVE, of our handle or of one that we have given up."""
        self._say([Leave(handle)], None)

    def ask(self, to: Address | None = None) -> None:
        """WHO."""
        self._say([Who()], to)

    def greet(self, to: Address | None = None) -> None:
        """HELLO alone: the heartbeat."""
        self._say([self._me.hello()], to)

    def answer_join(self, ip: str) -> None:
        """JOIN to (ip, whoisport): the one message that every program registers (2.3).

        A unicast to the shared whoisport of our own machine would reach only one of the
        programs there, so it is broadcast on loopback.
        """
        broadcast = self._me.links.loopback_broadcast()
        target = broadcast if broadcast and self._me.links.is_own(ip) else ip
        self._say([self._me.hello(), self._me.join()], Address(target, self._whoisport))

    def answer_who(self, asker: Address, peers: Iterable[Peer], dialect: Dialect) -> None:
        """The list of ourselves and `peers` to where WHO came from, in each spelling it may want (2.4)."""
        users = [User(self._me.handle, Address(self._me.links.facing(asker.ip), self._me.port))]
        seen = ((peer.handle, self._me.seen_from(asker.ip, peer.address)) for peer in peers)
        users += [User(handle, address) for handle, address in seen if address]
        lists = [part for command in dialect.list_commands for part in fit_users(users, command)]
        self._say([self._me.hello(), *lists], asker)

    def _say(self, messages: Iterable[Message], to: Address | None) -> None:
        self._waiting += [Datagram(encode(message), to) for message in messages]
