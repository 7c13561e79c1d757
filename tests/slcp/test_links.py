import pytest

from slcp.links import Link, Links

LO = Link.of("lo", "127.0.0.1", "255.0.0.0")
CABLE = Link.of("eth0", "192.168.0.10", "255.255.255.0")
RADIO = Link.of("wlan0", "10.20.30.40", "255.255.252.0")
EVERYTHING = Links((LO, CABLE, RADIO))


@pytest.mark.parametrize(
    ("ip", "netmask", "broadcast"),
    [
        ("192.168.0.10", "255.255.255.0", "192.168.0.255"),
        ("10.20.30.40", "255.255.252.0", "10.20.31.255"),
        ("172.16.5.6", "255.240.0.0", "172.31.255.255"),
        ("192.168.7.130", "255.255.255.128", "192.168.7.255"),
        ("127.0.0.1", "255.0.0.0", "127.255.255.255"),
    ],
)
def test_the_broadcast_address_is_that_of_the_network(ip: str, netmask: str, broadcast: str) -> None:
    assert Link.of("eth0", ip, netmask).broadcast == broadcast


def test_what_is_for_all_goes_to_the_other_end_of_a_tunnel() -> None:
    links = Links((CABLE, Link.of("tun0", "10.9.0.1", "255.255.255.255", "10.9.0.2")))
    assert links.broadcasts == ("192.168.0.255", "10.9.0.2")
    assert links.reaches("10.9.0.2")
    assert not links.reaches("10.9.0.3")
    assert links.facing("10.9.0.2") == "10.9.0.1"
    assert links.is_own("10.9.0.1")


@pytest.mark.parametrize(
    ("ip", "reached"),
    [
        ("192.168.0.1", True),
        ("192.168.1.1", False),
        ("10.20.28.1", True),
        ("10.20.31.254", True),
        ("10.20.32.1", False),
        ("127.4.5.6", True),
        ("8.8.8.8", False),
    ],
)
def test_what_is_in_our_networks(ip: str, reached: bool) -> None:
    assert EVERYTHING.reaches(ip) is reached


@pytest.mark.parametrize(
    ("ip", "for_all"),
    [
        ("127.0.0.0", True),
        ("127.255.255.255", True),
        ("192.168.0.0", True),
        ("192.168.0.255", True),
        ("10.20.31.255", True),
        ("10.20.29.255", False),
        ("10.20.29.0", False),
        ("127.0.0.1", False),
        ("8.8.8.255", False),
    ],
)
def test_which_addresses_mean_everyone(ip: str, for_all: bool) -> None:
    assert EVERYTHING.is_for_all(ip) is for_all


@pytest.mark.parametrize("netmask", ["255.255.255.254", "255.255.255.255"])
def test_between_two_points_no_address_means_everyone(netmask: str) -> None:
    tunnel = Links((Link.of("tun0", "10.8.0.2", netmask),))
    assert not any(map(tunnel.is_for_all, ("10.8.0.2", "10.8.0.3")))


@pytest.mark.parametrize(
    ("ip", "folded"),
    [
        pytest.param("192.168.0.10", "127.0.0.1", id="own address"),
        pytest.param("127.0.0.1", "127.0.0.1", id="loopback"),
        pytest.param("192.168.0.11", "192.168.0.11", id="neighbour"),
    ],
)
def test_the_addresses_of_this_machine_are_one(ip: str, folded: str) -> None:
    assert EVERYTHING.canonical(ip) == folded


def test_without_loopback_an_own_address_stays_itself() -> None:
    assert Links((CABLE,)).canonical("192.168.0.10") == "192.168.0.10"


@pytest.mark.parametrize(
    ("links", "ip", "ours"),
    [
        pytest.param(EVERYTHING, "10.20.29.1", "10.20.30.40", id="in a network of ours"),
        pytest.param(EVERYTHING, "127.0.0.1", "127.0.0.1", id="this machine"),
        pytest.param(EVERYTHING, "8.8.8.8", "192.168.0.10", id="elsewhere: the first that is not loopback"),
        pytest.param(Links((LO,)), "8.8.8.8", "127.0.0.1", id="loopback where there is no other"),
        pytest.param(Links(()), "8.8.8.8", "127.0.0.1", id="no network at all"),
    ],
)
def test_our_address_as_another_host_can_use_it(links: Links, ip: str, ours: str) -> None:
    assert links.facing(ip) == ours


def test_two_addresses_in_one_network_have_one_broadcast() -> None:
    second = Link.of("eth0", "192.168.0.99", "255.255.255.0")
    assert Links((LO, CABLE, second)).broadcasts == ("127.255.255.255", "192.168.0.255")


def test_every_address_of_ours_is_own_and_no_other() -> None:
    assert EVERYTHING.is_own("10.20.30.40")
    assert not EVERYTHING.is_own("10.20.30.41")


def test_the_loopback_broadcast_exists_where_loopback_is_served() -> None:
    assert EVERYTHING.loopback_broadcast() == "127.255.255.255"
    assert Links((CABLE,)).loopback_broadcast() is None


def test_links_are_equal_when_nothing_has_changed() -> None:
    assert Links((LO, CABLE)) == Links((LO, Link.of("eth0", "192.168.0.10", "255.255.255.0")))
    assert Links((LO, CABLE)) != Links((LO, RADIO))
