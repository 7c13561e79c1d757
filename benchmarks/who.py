"""What one WHO costs on a LAN of N slcpd, and a second one: the simulation behind docs/protocol.md, 2.5.

    python benchmarks/who.py [N ...]

No sockets: the real answering of each node, with the real table of peers that it would have.
Every node has heard every other one lately; the share that crashed did so just now, so all
still count on them. An slcpd that asks has said HELLO, a plain program nothing. The second WHO
comes from who has got no answer, or not enough.
"""

import sys
from random import Random
from typing import NamedTuple

from slcp.announcing import Announcer, Datagram
from slcp.answering import Answering, is_our_turn
from slcp.dialects import SLCPD
from slcp.links import Link, Links
from slcp.membership import Membership
from slcp.messages import Address, KnownUsers
from slcp.node import Node
from slcp.peers import MAX_PEERS, Peer, PeerTable
from slcp.wire import decode

SIZES = (10, 100, 1000, 5000)
CRASHED = (0.0, 0.1, 0.3)
ASKED_AT = (0.0, 2.0)  # seconds
FIRST_TABLE = (
    "| N | crashed | asker | alive | nodes that answer | datagrams | bytes | living ones it then knows "
    "| that answer a second WHO | datagrams | bytes | then knows |"
)
NODES, ASKERS = 100, 1000  # to see how many get no answer at all
WHOISPORT = 4000
LINK = ("eth0", "10.0.0.1", "255.255.0.0")


class Others(PeerTable):
    """The table of one node: all that everyone knows, but for itself."""

    def __init__(self, known: dict[Address, Peer], me: Address) -> None:
        super().__init__()
        self._known = known
        self._me = me

    def at(self, address: Address) -> Peer | None:
        return self._known.get(address)

    def here(self) -> list[Peer]:
        return [peer for address, peer in self._known.items() if address != self._me]


def address_of(number: int) -> Address:
    """Number the hosts of 10.0.0.0/16."""
    return Address(f"10.0.{number // 250 + 1}.{number % 250 + 1}", 5001)


class Outcome(NamedTuple):
    """What one WHO has drawn, and how many of the living the asker knows by then."""

    answering: int  # nodes
    datagrams: int
    size: int  # bytes
    known: int


def answers_of(address: Address, known: dict[Address, Peer], asker: Address) -> list[list[Datagram]]:
    """Let one node hear WHO as often as ASKED_AT says; return what it sends each time."""
    me = Node(
        known[address].handle if address in known else "late",
        address.port,
        Links((Link.of("eth0", address.ip, LINK[2]),)),
    )
    announcer = Announcer(me, WHOISPORT)
    membership = Membership(me, announcer, Random(0))  # noqa: S311  # jitter
    membership.join(0.0)
    announcer.take()
    answering = Answering(me, announcer, membership, Others(known, address))
    answers = []
    for now in ASKED_AT:
        answering.answer_who(asker, now, was_broadcast=True)
        answers.append(announcer.take())
    return answers


def simulate(number: int, crashed: float, is_plain: bool) -> list[Outcome]:
    """Ask `number` nodes as often as ASKED_AT says."""
    addresses = [address_of(index) for index in range(number)]
    known = {
        address: Peer(f"User{index}", address, 0.0, dialect=SLCPD)
        for index, address in list(enumerate(addresses))[-MAX_PEERS:]
    }
    alive = living(number, crashed)
    asker = Address("10.0.200.1", 5001) if is_plain else addresses[0]
    if not is_plain:
        known.setdefault(asker, Peer("User0", asker, 0.0, dialect=SLCPD))
    by_node = [answers_of(address, known, asker) for address in alive if address != asker]
    learnt: set[Address] = set()
    outcomes = []
    for answers in zip(*by_node, strict=True):
        sent = [datagram for answer in answers for datagram in answer]
        lists = [message for datagram in sent if isinstance(message := decode(datagram.data), KnownUsers)]
        learnt |= {user.address for message in lists for user in message.users}
        size = sum(len(datagram.data) for datagram in sent)
        outcomes.append(Outcome(sum(map(bool, answers)), len(sent), size, len(learnt & set(alive))))
    return outcomes


def living(number: int, crashed: float) -> list[Address]:
    """Return those of `number` nodes that have not crashed: each time the same."""
    return [
        address
        for address in map(address_of, range(number))
        if Random(f"{address}").random() >= crashed  # noqa: S311
    ]


def unanswered(crashed: float, times: int) -> int:
    """Count of ASKERS plain programs those who have asked NODES nodes so often, and have heard nothing."""
    nodes = [address_of(index) for index in range(NODES)]
    alive = living(NODES, crashed)
    askers = (Address("10.0.200.1", port) for port in range(10_000, 10_000 + ASKERS))

    def is_answered(asker: Address, asked_before: int) -> bool:
        return any(is_our_turn(me, (node for node in nodes if node != me), NODES, asker, asked_before) for me in alive)

    return sum(not any(is_answered(asker, before) for before in range(times)) for asker in askers)


def main(sizes: list[int]) -> None:
    rows = [FIRST_TABLE, "|" + "---|" * FIRST_TABLE.count(" |")]
    for number in sizes:
        for crashed in CRASHED:
            alive = len(living(number, crashed))
            for is_plain in (False, True):
                kind = "plain" if is_plain else "slcpd"
                cells = [value for outcome in simulate(number, crashed, is_plain) for value in outcome]
                rows.append(f"| {number} | {crashed:.0%} | {kind} | {alive} | {' | '.join(map(str, cells))} |")
    rows += ["", f"| crashed of {NODES} | of {ASKERS} askers unanswered | after a second WHO |", "|" + "---|" * 3]
    rows += [f"| {crashed:.0%} | {unanswered(crashed, 1)} | {unanswered(crashed, 2)} |" for crashed in CRASHED]
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
