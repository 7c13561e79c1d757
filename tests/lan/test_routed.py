"""Two networks with a router between them: no broadcast passes, so peers are named by hand."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from daemons import WAIT, Daemon
from lan import Host, Lan
from lan_peer import LanPeer
from meeting import meet

from slcp.answering import is_our_turn
from slcp.messages import Address

Start = Callable[..., Daemon]


@pytest.fixture
def ends(lan: Lan) -> Iterator[tuple[Host, Host, Host]]:
    """A host of one network, and two of the other."""
    with Lan(network=1) as other:
        here, router = lan.add_hosts(2)
        there, neighbour = other.add_hosts(2)
        router.join_network(other.switch, "10.77.1.254/24")
        here.add_route("10.77.1.0/24", via=router.ip)
        for host in (there, neighbour):
            host.add_route("10.77.0.0/24", via="10.77.1.254")
        yield here, there, neighbour


def test_named_peers_meet_across_a_router(ends: tuple[Host, Host, Host], start_on: Start) -> None:
    here, there, _ = ends
    ani = start_on(here, "Ani", peers=[there.ip])
    luca = start_on(there, "Luca", peers=[here.ip])
    meet(ani, luca)
    assert ani.users()["Luca"]["ip"] == there.ip
    for sender, recipient in ((ani, "Luca"), (luca, "Ani")):
        sent = sender.request("send_text", to=recipient, text="across")["id"]
        sender.wait_for("text_delivered", id=sent)
    for daemon, other in ((ani, "Luca"), (luca, "Ani")):
        daemon.wait_for("text_received", handle=other, text="across")
    assert luca.stop() == 0
    ani.wait_for("user_left", handle="Luca", reason="said_so")


def test_a_named_peer_tells_of_its_neighbours(ends: tuple[Host, Host, Host], start_on: Start) -> None:
    here, there, neighbour = ends
    sohal = start_on(neighbour, "Sohal")
    luca = start_on(there, "Luca", peers=[here.ip])
    meet(sohal, luca)
    ani = start_on(here, "Ani", peers=[there.ip])
    ani.wait_for("user_joined", handle="Sohal", second_hand=True)
    sent = ani.request("send_text", to="Sohal", text="from far away")["id"]
    ani.wait_for("text_delivered", id=sent)  # so it was known in time that Sohal has an slcpd
    sohal.wait_for("text_received", text="from far away", handle="Ani")


def test_a_named_peer_tells_of_its_neighbours_however_many_they_are(
    ends: tuple[Host, Host, Host], start_on: Start
) -> None:
    here, there, neighbour = ends
    nodes = [Address(neighbour.ip, port) for port in range(6001, 6041)]
    assert not is_our_turn(Address(there.ip, 5001), nodes, len(nodes) + 1, Address(here.ip, 5001))
    luca = start_on(there, "Luca", peers=[here.ip])
    with LanPeer(neighbour, 4000) as crowd:
        for node in nodes:
            crowd.broadcast(f"HELLO User{node.port} {node.port} 1 -")
        luca.wait_for("user_joined", handle="User6040")
        ani = start_on(here, "Ani", peers=[there.ip])
        ani.wait_for("user_joined", handle="User6001", second_hand=True)


def test_it_is_enough_that_one_of_two_slcpd_names_the_other(ends: tuple[Host, Host, Host], start_on: Start) -> None:
    here, there, _ = ends
    luca = start_on(there, "Luca")
    ani = start_on(here, "Ani", peers=[there.ip])
    meet(ani, luca)
    for sender, recipient in ((luca, "Ani"), (ani, "Luca")):
        sent = sender.request("send_text", to=recipient, text="across")["id"]
        sender.wait_for("text_delivered", id=sent)


def test_a_plain_program_beyond_a_router_is_not_heard_unless_it_is_named(
    ends: tuple[Host, Host, Host], start_on: Start
) -> None:
    here, there, _ = ends
    luca = start_on(there, "Luca")
    with here.open_socket(socket.SOCK_DGRAM) as stranger:
        deadline = time.monotonic() + WAIT
        while luca.request("status")["dropped"].get("not_on_link", 0) < 9:
            assert time.monotonic() < deadline
            for datagram, port in ((b"JOIN Eve 5001\n", 4000), (b"WHO\n", 4000), (b"WHO\n", 5001)):
                stranger.sendto(datagram, (there.ip, port))  # the first to a new address may get lost
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(512)
    assert luca.users() == {}
