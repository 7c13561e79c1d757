"""What we say on UDP. HELLO goes before every JOIN and every list, in a datagram of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from slcp import json_wire
from slcp.dialects import CANONICAL, UNKNOWN, Dialect
from slcp.messages import Address, Leave, Message, User, Who
from slcp.node import Node
from slcp.peers import Peer
from slcp.wire import encode, fit_users


@dataclass(frozen=True, slots=True)
class Datagram:
    """Bytes to send from our own port; without `to`: broadcast to whoisport on every link.

    `by_tcp`: in a TCP stream of their own instead.
    """

    data: bytes
    to: Address | None
    by_tcp: bool = False


class Announcer:
    """Collects the datagrams to send, in order. Without `to` they are broadcast."""

    def __init__(self, me: Node, whoisport: int) -> None:
        self._me = me
        self.whoisport = whoisport
        self._waiting: list[Datagram] = []

    def take(self) -> list[Datagram]:
        """Return what is to be sent now, once."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def join(self) -> None:
        """HELLO and JOIN to all. Programs that speak JSON want to hear the address of the link too."""
        self._say([self._me.hello(), self._me.join()], None)
        for link in self._me.links.links:
            broadcast = Address(link.broadcast, self.whoisport)
            self._waiting.append(Datagram(json_wire.join(self._me.join(), link.ip), broadcast))

    def leave(self, handle: str) -> None:
        """LEAVE, of our handle or of one that we have given up."""
        self._say([Leave(handle)], None)
        self._waiting.append(Datagram(json_wire.leave(handle), None))

    def ask_all(self) -> None:
        """WHO in each form that some program takes alone."""
        self._say([Who()], None)
        self._waiting += [Datagram(b"WHO", None), Datagram(json_wire.who(self._me.handle), None)]

    def ask(self, to: Address) -> None:
        """WHO to one slcpd."""
        self._say([Who()], to)

    def greet(self, to: Address | None = None) -> None:
        """HELLO alone: the heartbeat."""
        self._say([self._me.hello()], to)

    def answer_join(self, ip: str, dialect: Dialect) -> None:
        """JOIN to (ip, whoisport): the one message that every program registers (2.3).

        One that nothing is known of is asked WHO besides: how it answers tells its dialect. A
        unicast to the shared whoisport of our own machine would reach only one of the programs
        there, so it is broadcast on loopback.
        """
        broadcast = self._me.links.loopback_broadcast()
        to = Address(broadcast if broadcast and self._me.links.is_own(ip) else ip, self.whoisport)
        if dialect.is_json:
            self._waiting.append(Datagram(json_wire.join(self._me.join(), self._me.links.facing(ip)), to))
        else:
            question = [Who()] if dialect is UNKNOWN else []
            self._say([self._me.hello(), self._me.join(), *question], to, dialect)

    def answer_who(self, asker: Address, peers: Iterable[Peer], dialect: Dialect, by_tcp: Address | None) -> None:
        """The list of ourselves and `peers` to where WHO came from, in each form it may want (2.4).

        With `by_tcp` the list goes to that chat port too.
        """
        seen = [(peer, self._me.seen_from(asker.ip, peer.addresses)) for peer in peers]
        me = User(self._me.handle, Address(self._me.links.facing(asker.ip), self._me.port))
        if dialect.is_json:  # each program answers for itself; of the others slcpd understands JSON
            users = [me, *(User(peer.handle, address) for peer, address in seen if address and peer.dialect.is_slcpd)]
            self._waiting += [Datagram(json_wire.known_user(user), asker) for user in users]
            return
        users = [me, *(User(peer.handle, address) for peer, address in seen if address)]
        lists = [part for form in dialect.lists for part in fit_users(users, form.command, form.entries)]
        self._say([self._me.hello(), *lists], asker, dialect)
        if by_tcp:
            self._waiting.append(Datagram(b"".join(map(encode, lists)), by_tcp, by_tcp=True))

    def _say(self, messages: Iterable[Message], to: Address | None, dialect: Dialect = CANONICAL) -> None:
        lines = map(encode, messages)
        self._waiting += [Datagram(line if dialect.ends_with_lf else line.removesuffix(b"\n"), to) for line in lines]
