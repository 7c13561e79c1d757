from collections.abc import Callable

import pytest

from slcp.errors import BadInput, ProtocolError
from slcp.messages import (
    Address,
    Hello,
    Image,
    Join,
    KnownUsers,
    Leave,
    Message,
    Text,
    User,
    is_handle,
    is_port,
    is_unicast,
    split_name,
)


@pytest.mark.parametrize("handle", ["A", "Ani", "ani-77", "Ännchen", "阿尼", "a" * 32, "ani@home", "🦊"])
def test_handles_that_can_be_had(handle: str) -> None:
    assert is_handle(handle)


@pytest.mark.parametrize(
    "handle",
    [
        pytest.param("", id="empty"),
        pytest.param("a" * 33, id="33 characters"),
        pytest.param("An i", id="space"),
        pytest.param("An\ti", id="tab"),
        pytest.param("Ani\n", id="line feed at the end"),
        pytest.param("An\u00a0i", id="no-break space"),
        pytest.param("An\u2028i", id="line separator"),
        pytest.param("Ani,", id="comma"),
        pytest.param("Ani:", id="colon"),
        pytest.param('"Ani"', id="quotes"),
        pytest.param("\x1b[31mAni", id="escape sequence"),
        pytest.param("Ani\0", id="NUL"),
        pytest.param("Ani\x7f", id="DEL"),
        pytest.param("Ani\x9b", id="C1 control"),
        pytest.param("Ani\udcff", id="lone surrogate"),
    ],
)
def test_handles_that_cannot_be_had(handle: str) -> None:
    assert not is_handle(handle)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Luca", ("Luca", None)),
        ("Luca@192.168.0.11:5002", ("Luca", Address("192.168.0.11", 5002))),
        ("luca@uni", ("luca@uni", None)),
        ("luca@uni@192.168.0.11:5002", ("luca@uni", Address("192.168.0.11", 5002))),
        ("luca@10.0.0.1", ("luca@10.0.0.1", None)),
        ("192.168.0.11", ("192.168.0.11", None)),
        ("@192.168.0.11:5002", ("@192.168.0.11:5002", None)),
        ("Luca@192.168.0.11:", ("Luca@192.168.0.11:", None)),
        ("Luca@host:5002", ("Luca@host:5002", None)),
        ("", ("", None)),
    ],
)
def test_the_handle_and_the_address_of_a_name(name: str, parts: tuple[str, Address | None]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(("port", "usable"), [(0, False), (1, True), (65535, True), (65536, False), (-1, False)])
def test_ports(port: int, usable: bool) -> None:
    assert is_port(port) is usable


@pytest.mark.parametrize("ip", ["192.168.0.10", "10.0.0.1", "127.0.0.1", "169.254.3.4", "8.8.8.8"])
def test_addresses_that_one_host_can_have(ip: str) -> None:
    assert is_unicast(ip)


@pytest.mark.parametrize(
    "ip",
    ["0.0.0.0", "255.255.255.255", "224.0.0.251", "240.0.0.1", "", "Ani", "1.2.3", "1.2.3.256", "::1", "1.2.3.4\n"],
)
def test_addresses_that_no_host_can_have(ip: str) -> None:
    assert not is_unicast(ip)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        pytest.param(lambda: Join("An i", 5001), BadInput.BAD_HANDLE, id="JOIN with a space in the handle"),
        pytest.param(lambda: Join("a" * 65, 5001), BadInput.BAD_HANDLE, id="JOIN with a handle of 65 characters"),
        pytest.param(lambda: Join("Ani", 0), BadInput.BAD_ADDRESS, id="JOIN with port 0"),
        pytest.param(lambda: Leave(""), BadInput.BAD_HANDLE, id="LEAVE of nobody"),
        pytest.param(lambda: User("", Address("10.0.0.1", 1)), BadInput.BAD_HANDLE, id="entry without handle"),
        pytest.param(lambda: User("Ani", Address("10.0.0.1", 65536)), BadInput.BAD_ADDRESS, id="entry with port 65536"),
        pytest.param(lambda: User("Ani", Address("224.0.0.1", 1)), BadInput.BAD_ADDRESS, id="entry with multicast"),
        pytest.param(lambda: KnownUsers(()), BadInput.EMPTY_LIST, id="empty list"),
        pytest.param(lambda: Text("Ani", ""), BadInput.BAD_TEXT, id="empty text"),
        pytest.param(lambda: Text("Ani", "a\nLEAVE Ani"), BadInput.BAD_TEXT, id="text with a line feed"),
        pytest.param(lambda: Text("Ani", "a\rb"), BadInput.BAD_TEXT, id="text with a carriage return"),
        pytest.param(lambda: Text("Ani", "a\0b"), BadInput.BAD_TEXT, id="text with a NUL"),
        pytest.param(lambda: Text("Ani", "\udcff"), BadInput.BAD_TEXT, id="text that is no Unicode"),
        pytest.param(lambda: Image("Ani", 0), BadInput.BAD_NUMBER, id="image of no bytes"),
        pytest.param(lambda: Hello("Ani", 5001, version=0), BadInput.BAD_NUMBER, id="HELLO of version 0"),
        pytest.param(lambda: Hello("Ani", 5001, version=10_000), BadInput.BAD_NUMBER, id="HELLO of version 10000"),
        pytest.param(lambda: Hello("Ani", 5001, fingerprint="a" * 63), BadInput.BAD_NUMBER, id="short fingerprint"),
        pytest.param(lambda: Hello("Ani", 5001, fingerprint="a" * 65), BadInput.BAD_NUMBER, id="long fingerprint"),
        pytest.param(lambda: Hello("Ani", 5001, fingerprint="A" * 64), BadInput.BAD_NUMBER, id="in capitals"),
        pytest.param(lambda: Hello("Ani", 5001, fingerprint="z" * 64), BadInput.BAD_NUMBER, id="not hexadecimal"),
        pytest.param(lambda: Hello("Ani", 5001, fingerprint="-"), BadInput.BAD_NUMBER, id="fingerprint of none"),
    ],
)
def test_a_message_that_is_not_valid_cannot_exist(build: Callable[[], Message | User], reason: BadInput) -> None:
    with pytest.raises(ProtocolError) as caught:
        build()
    assert caught.value.reason is reason


def test_others_may_have_handles_longer_than_ours() -> None:
    assert Join("a" * 64, 5001).handle == "a" * 64
