"""Two networks with a router between them: no broadcast passes, so peers are named by hand."""

from collections.abc import Callable, Iterator

import pytest
from daemons import Daemon
from lan import Host, Lan
from meeting import meet

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
    ani.request("send_text", to="Sohal", text="from far away")
    sohal.wait_for("text_received", text="from far away")


def test_who_is_not_named_is_not_heard_across_a_router(ends: tuple[Host, Host, Host], start_on: Start) -> None:
    here, there, _ = ends
    luca = start_on(there, "Luca")
    ani = start_on(here, "Ani", peers=[there.ip])
    for _ in range(20):  # by unicast, which the first packets to a new address may not survive
        ani.request("users", refresh=True)
        if "not_on_link" in luca.request("status")["dropped"]:
            break
    assert luca.request("status")["dropped"]["not_on_link"] > 0
    assert luca.users() == {}
