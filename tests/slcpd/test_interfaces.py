"""The interfaces of this machine; only loopback is sure to be there."""

from slcpd.interfaces import interface_names, links_now


def test_loopback_alone() -> None:
    links = links_now(["lo"])
    assert "127.0.0.1" in {link.ip for link in links.links}
    assert all(link.is_loopback for link in links.links)
    assert links.broadcasts == ("127.255.255.255",)


def test_hosts_outside_the_chosen_links_are_not_admitted() -> None:
    links = links_now(["lo"])
    assert links.admits("127.0.0.9")
    assert not links.admits("192.0.2.1")


def test_without_names_all_are_served_and_all_admitted() -> None:
    links = links_now([])
    assert set(links_now(["lo"]).links) <= set(links.links)
    assert links.admits("192.0.2.1")


def test_a_name_that_does_not_exist_gives_nothing() -> None:
    assert links_now(["nosuch0"]).links == ()


def test_two_looks_are_equal_when_nothing_has_changed() -> None:
    assert links_now([]) == links_now([])


def test_loopback_has_its_name_on_every_platform() -> None:
    assert "lo" in interface_names()
    assert "nosuch0" not in interface_names()
