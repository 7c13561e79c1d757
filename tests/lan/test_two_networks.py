"""Two machines that are on the same two networks: each is heard twice, and is one user."""

from collections.abc import Callable, Iterator

import pytest
from daemons import Daemon, Json
from lan import Host, Lan
from meeting import meet

Start = Callable[..., Daemon]


@pytest.fixture
def hosts(lan: Lan) -> Iterator[tuple[Host, Host]]:
    """Two hosts, eth0 at one switch and eth1 at another."""
    with Lan(network=1) as other:
        first, second = lan.add_hosts(2)
        first.join_network(other.switch, "10.77.1.1/24")
        second.join_network(other.switch, "10.77.1.2/24")
        yield first, second


def user_on_both(daemon: Daemon, handle: str) -> Json:
    """Return a user once it has been heard from both networks: the second time it changes."""
    daemon.wait_until(lambda _: bool(daemon.users()[handle]["other_addresses"]), f"{handle} from both networks")
    return daemon.users()[handle]


def addresses(user: Json) -> set[str]:
    return {f"{user['ip']}:{user['port']}", *user["other_addresses"]}


def test_a_peer_on_two_networks_is_one_user_with_two_addresses(hosts: tuple[Host, Host], start_on: Start) -> None:
    ani, luca = start_on(hosts[0], "Ani"), start_on(hosts[1], "Luca")
    meet(ani, luca)
    user = user_on_both(ani, "Luca")
    assert addresses(user) == {f"10.77.0.2:{user['port']}", f"10.77.1.2:{user['port']}"}
    assert [user["handle"] for user in ani.request("users")["users"]] == ["Luca"]
    sent = ani.request("send_text", to="Luca", text="once")["id"]
    ani.wait_for("text_delivered", id=sent)
    assert [message["text"] for message in luca.messages()] == ["once"]


def test_a_text_takes_the_other_network_when_one_is_cut(hosts: tuple[Host, Host], start_on: Start) -> None:
    ani, luca = start_on(hosts[0], "Ani"), start_on(hosts[1], "Luca")
    meet(ani, luca)
    if user_on_both(ani, "Luca")["ip"] == "10.77.0.2":
        hosts[1].cut_off()
    else:
        hosts[1].cut_off_second()
    sent = ani.request("send_text", to="Luca", text="all the same")["id"]
    ani.wait_for("text_delivered", id=sent)
    luca.wait_for("text_received", text="all the same")
    assert [user["handle"] for user in ani.request("users")["users"]] == ["Luca"]
