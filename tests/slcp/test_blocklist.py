import pytest

from slcp.blocklist import Blocklist, is_name, ways_to_name
from slcp.messages import Address

KEY = "a" * 64
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


def test_an_slcpd_is_blocked_by_its_key_wherever_and_whoever_it_says_it_is() -> None:
    blocklist = Blocklist(frozenset({f"Eve@192.168.0.66:5001#{KEY}"}))
    assert blocklist.blocks("Mallory", Address("192.168.0.99", 6001), KEY)
    assert blocklist.blocks("Eve", Address("192.168.0.66", 5002), "b" * 64)
    assert not blocklist.blocks("Eve", Address("192.168.0.99", 5001), "b" * 64)
    assert not blocklist.blocks("Eve", Address("192.168.0.99", 5001), None)
    assert blocklist.blocks_host("192.168.0.66")


def test_who_shows_no_key_is_not_who_was_blocked_without_one() -> None:
    assert not EVE.blocks("Mallory", Address("192.168.0.99", 5002), None)
    assert not EVE.blocks("Mallory", Address("192.168.0.99", 5002), KEY)


def test_an_entry_is_called_by_its_handle_its_name_or_in_full() -> None:
    name = f"eve@home@192.168.0.66:5001#{KEY}"
    assert ways_to_name(name) == {name, "eve@home@192.168.0.66:5001", "eve@home"}
    assert ways_to_name("E#ve@192.168.0.66:5001") == {"E#ve@192.168.0.66:5001", "E#ve"}


def test_an_empty_list_blocks_nobody() -> None:
    assert not Blocklist().blocks("Eve", Address("192.168.0.66", 5001))


def test_a_host_is_known_to_have_someone_who_is_blocked() -> None:
    assert EVE.blocks_host("192.168.0.66")
    assert not EVE.blocks_host("192.168.0.67")


def test_a_handle_with_an_at_sign_is_understood() -> None:
    blocklist = Blocklist(frozenset({"eve@home@192.168.0.66:5001"}))
    assert blocklist.blocks("eve@home", Address("192.168.0.66", 5002))


@pytest.mark.parametrize(
    "name",
    [
        "Eve@192.168.0.66:5001",
        "eve@home@10.0.0.1:1",
        "Änne@127.0.0.1:65535",
        f"Eve@192.168.0.66:5001#{KEY}",
        f"E#ve@192.168.0.66:5001#{KEY}",
    ],
)
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
        "Eve@192.168.0.66:5001#",
        pytest.param("Eve@192.168.0.66:5001#" + "a" * 63, id="a key that is too short"),
        pytest.param("Eve@192.168.0.66:5001#" + "A" * 64, id="a key in capitals"),
        pytest.param("Eve@192.168.0.66:" + "9" * 5000, id="a port of 5000 digits"),
        pytest.param("Eve@192.168.0.66:\u0665\u0660\u0660\u0661", id="a port in Arabic digits"),
    ],
)
def test_what_is_no_name(name: str) -> None:
    assert not is_name(name)
