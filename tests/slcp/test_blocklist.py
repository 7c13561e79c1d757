import pytest

from slcp.blocklist import Blocklist, is_name
from slcp.messages import Address

EVE = Blocklist(frozenset({"Eve@192.168.0.66:5001"}))


@pytest.mark.parametrize(
    ("handle", "ip", "port", "blocked"),
    [
        pytest.param("Eve", "192.168.0.66", 5001, True, id="as listed"),
        pytest.param("Mallory", "192.168.0.66", 5001, True, id="another handle at her port"),
        pytest.param("Eve", "192.168.0.66", 5002, True, id="her handle at another port"),
        pytest.param("Mia", "192.168.0.66", 5002, False, id="another user of her machine"),
        pytest.param("Eve", "192.168.0.67", 5001, False, id="someone with her handle on another machine"),
    ],
)
def test_whom_an_entry_means(handle: str, ip: str, port: int, blocked: bool) -> None:
    assert EVE.blocks(handle, Address(ip, port)) is blocked


def test_an_empty_list_blocks_nobody() -> None:
    assert not Blocklist().blocks("Eve", Address("192.168.0.66", 5001))


def test_a_host_is_known_to_have_someone_who_is_blocked() -> None:
    assert EVE.blocks_host("192.168.0.66")
    assert not EVE.blocks_host("192.168.0.67")


def test_a_handle_with_an_at_sign_is_understood() -> None:
    blocklist = Blocklist(frozenset({"eve@home@192.168.0.66:5001"}))
    assert blocklist.blocks("eve@home", Address("192.168.0.66", 5002))


@pytest.mark.parametrize("name", ["Eve@192.168.0.66:5001", "eve@home@10.0.0.1:1", "Änne@127.0.0.1:65535"])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Eve",
        "Eve@192.168.0.66",
        "@192.168.0.66:5001",
        "Eve@192.168.0.66:",
        "Eve@192.168.0.66:port",
        "Eve@192.168.0.66:0",
        "Eve@192.168.0.66:65536",
        "Eve@host:5001",
        "Eve@255.255.255.255:5001",
        pytest.param("Eve@192.168.0.66:" + "9" * 5000, id="a port of 5000 digits"),
        pytest.param("Eve@192.168.0.66:\u0665\u0660\u0660\u0661", id="a port in Arabic digits"),
    ],
)
def test_what_is_no_name(name: str) -> None:
    assert not is_name(name)
