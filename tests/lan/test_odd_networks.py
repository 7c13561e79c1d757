"""Interfaces that are not as usual: without broadcast, or with no address but the one they gave themselves."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from daemons import Daemon
from lan import Host, Lan
from meeting import meet
from PIL import Image
from tunnel import Tunnel

Start = Callable[..., Daemon]


def talk(ani: Daemon, luca: Daemon, tmp_path: Path) -> None:
    """A text each way, and an image."""
    for sender, recipient in ((ani, "Luca"), (luca, "Ani")):
        sent = sender.request("send_text", to=recipient, text=f"to {recipient}")["id"]
        sender.wait_for("text_delivered", id=sent)
    photo = tmp_path / "photo.png"
    Image.effect_noise((200, 100), 60).save(photo)
    sent = ani.request("send_image", to="Luca", path=str(photo))["id"]
    ani.wait_for("image_delivered", id=sent)
    received = luca.wait_for("image_received", handle="Ani")
    assert Path(received["path"]).read_bytes() == photo.read_bytes()


@pytest.fixture
def ends(lan: Lan) -> Iterator[tuple[Host, Host]]:
    """Two hosts with a tunnel between them."""
    first, second = lan.add_hosts(2)
    with Tunnel(first, "10.9.0.1", second, "10.9.0.2"):
        yield first, second


def test_who_is_at_the_other_end_of_a_vpn_is_found(ends: tuple[Host, Host], start_on: Start, tmp_path: Path) -> None:
    first, second = ends
    luca = start_on(second, "Luca", interfaces=["tunnel"])
    ani = start_on(first, "Ani", interfaces=["tunnel"])
    meet(ani, luca)
    assert ani.users()["Luca"]["ip"] == "10.9.0.2"
    assert luca.users()["Ani"]["ip"] == "10.9.0.1"
    talk(ani, luca, tmp_path)
    for daemon in (ani, luca):
        log = daemon.world.log.read_text()
        assert '"warning"' not in log
        assert "Traceback" not in log


def test_beside_a_vpn_the_ordinary_network_is_served_as_ever(
    ends: tuple[Host, Host], start_on: Start, tmp_path: Path
) -> None:
    ani, luca = start_on(ends[0], "Ani"), start_on(ends[1], "Luca")
    meet(ani, luca)
    assert ani.users()["Luca"]["ip"] == ends[1].ip
    talk(ani, luca, tmp_path)


def test_hosts_that_gave_themselves_an_address_find_each_other(lan: Lan, start_on: Start, tmp_path: Path) -> None:
    """Without DHCP: RFC 3927."""
    hosts: list[Host] = list(lan.add_hosts(2))
    for host, ip in zip(hosts, ("169.254.7.1", "169.254.200.2"), strict=True):
        host.leave_network()
        host.add_address(f"{ip}/16")
        host.address = IPv4Interface(f"{ip}/16")
    ani, luca = start_on(hosts[0], "Ani"), start_on(hosts[1], "Luca")
    meet(ani, luca)
    assert ani.users()["Luca"]["ip"] == "169.254.200.2"
    talk(ani, luca, tmp_path)


def test_a_vpn_may_have_a_network(ends: tuple[Host, Host], start_on: Start, tmp_path: Path) -> None:
    """Its interface has no broadcast flag either, and names its own address as the other end."""
    for host, ip in zip(ends, ("10.9.0.1", "10.9.0.2"), strict=True):
        host.cut_off()
        host.configure("address", "flush", "dev", "tunnel")
        host.configure("address", "add", f"{ip}/24", "dev", "tunnel")
    ani, luca = start_on(ends[0], "Ani"), start_on(ends[1], "Luca")
    meet(ani, luca)
    assert ani.users()["Luca"]["ip"] == "10.9.0.2"
    talk(ani, luca, tmp_path)


def test_ethernet_may_be_a_line_between_two(lan: Lan, start_on: Start, tmp_path: Path) -> None:
    """Each end has an address and no network."""
    first, second = lan.add_hosts(2)
    first.configure("link", "add", "line", "type", "veth", "peer", "name", "line", "netns", second.name)
    for host, ip, other in ((first, "10.9.0.1", "10.9.0.2"), (second, "10.9.0.2", "10.9.0.1")):
        host.cut_off()
        host.configure("address", "add", ip, "peer", f"{other}/32", "dev", "line")
        host.configure("link", "set", "line", "up")
    ani, luca = start_on(first, "Ani"), start_on(second, "Luca")
    meet(ani, luca)
    assert ani.users()["Luca"]["ip"] == "10.9.0.2"
    talk(ani, luca, tmp_path)
