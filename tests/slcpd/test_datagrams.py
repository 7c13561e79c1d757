"""Real datagrams on loopback: to one, and to all."""

import socket
import sys
from collections.abc import Iterator

import pytest
from daemons import WAIT
from plain import LOOPBACK_BROADCAST

from slcpd.datagrams import DatagramSocket, was_sent_to_all

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")


@pytest.fixture
def ear() -> Iterator[DatagramSocket]:
    with DatagramSocket() as ear:
        ear.bind(("", 0))
        ear.settimeout(WAIT)
        yield ear


@on_linux
@pytest.mark.parametrize(
    ("to", "was_broadcast"), [("127.0.0.1", False), ("127.0.0.2", False), (LOOPBACK_BROADCAST, True)]
)
def test_a_datagram_to_all_is_told_from_one_to_us(ear: DatagramSocket, to: str, was_broadcast: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.bind(("127.0.0.3", 0))
        sender.sendto(b"WHO\n", (to, ear.getsockname()[1]))
        assert ear.recvfrom(512) == (b"WHO\n", (*sender.getsockname(), was_broadcast))


def test_what_waits_is_given_to_a_limit_and_nothing_is_waited_for(ear: DatagramSocket) -> None:
    ear.setblocking(False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(3):
            sender.sendto(b"%d" % number, ("127.0.0.1", ear.getsockname()[1]))
    assert [data for data, _ in ear.waiting(2)] == [b"0", b"1"]
    assert [data for data, _ in ear.waiting(2)] == [b"2"]
    assert list(ear.waiting(2)) == []


def test_where_the_system_says_nothing_nothing_is_told() -> None:
    assert was_sent_to_all([]) is None
    assert was_sent_to_all([(socket.IPPROTO_IP, 1, b"")]) is None
