import pytest

from slcp.links import Link, Links
from slcp.messages import Address, Hello, Join
from slcp.node import Node


@pytest.mark.parametrize(
    ("address", "mine"),
    [
        pytest.param(Address("192.168.0.10", 5001), True, id="our network address"),
        pytest.param(Address("127.0.0.1", 5001), True, id="loopback"),
        pytest.param(Address("127.0.0.1", 5002), False, id="another user of this machine"),
        pytest.param(Address("192.168.0.11", 5001), False, id="our port at another machine"),
    ],
)
def test_which_addresses_are_we(me: Node, address: Address, mine: bool) -> None:
    assert me.is_me(address) is mine


def test_what_we_say_of_ourselves(me: Node) -> None:
    assert me.join() == Join("Ani", 5001)
    assert me.hello() == Hello("Ani", 5001, version=1, fingerprint=None)


def test_what_we_say_follows_a_change_of_handle(me: Node) -> None:
    me.handle = "Anita"
    assert me.join() == Join("Anita", 5001)


def test_a_peer_of_this_machine_has_one_address(me: Node) -> None:
    assert me.canonical(Address("192.168.0.10", 5002)) == me.canonical(Address("127.0.0.1", 5002))


@pytest.mark.parametrize(
    ("asker", "peer", "seen"),
    [
        pytest.param("192.168.0.77", "192.168.0.11", "192.168.0.11", id="a neighbour is where it is"),
        pytest.param("192.168.0.77", "127.0.0.1", "192.168.0.10", id="a peer of our machine is at our address"),
        pytest.param("192.168.0.77", "127.0.0.9", None, id="another loopback address means nothing elsewhere"),
        pytest.param("127.0.0.1", "127.0.0.1", "127.0.0.1", id="this machine uses loopback"),
        pytest.param("192.168.0.10", "127.0.0.9", "127.0.0.9", id="this machine by its other address, too"),
    ],
)
def test_where_a_peer_is_as_seen_by_who_asks(me: Node, asker: str, peer: str, seen: str | None) -> None:
    assert me.seen_from(asker, [Address(peer, 5002)]) == (seen and Address(seen, 5002))


def test_without_loopback_two_users_of_the_machine_are_still_told_apart() -> None:
    node = Node("Ani", 5001, Links((Link.of("eth0", "192.168.0.10", "255.255.255.0"),)))
    assert node.is_me(Address("192.168.0.10", 5001))
    assert node.canonical(Address("192.168.0.10", 5002)) == Address("192.168.0.10", 5002)


def test_where_we_were_is_remembered_and_where_we_are_is_we(me: Node) -> None:
    me.move(Links((Link.of("eth0", "192.168.0.55", "255.255.255.0"),)))
    assert me.is_me(Address("192.168.0.55", 5001))
    assert not me.is_me(Address("192.168.0.10", 5001))
    assert me.was_me(Address("192.168.0.10", 5001))
    assert not me.was_me(Address("192.168.0.10", 5002))
    assert not me.was_me(Address("192.168.0.99", 5001))
