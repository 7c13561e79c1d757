"""The machine that the tests of the core run on: Ani's, on one network and on its own loopback."""

import pytest

from slcp.announcing import Announcer
from slcp.links import Link, Links
from slcp.node import Node


@pytest.fixture
def links() -> Links:
    return Links((Link.of("lo", "127.0.0.1", "255.0.0.0"), Link.of("eth0", "192.168.0.10", "255.255.255.0")))


@pytest.fixture
def me(links: Links) -> Node:
    return Node("Ani", 5001, links)


@pytest.fixture
def announcer(me: Node) -> Announcer:
    return Announcer(me, whoisport=4000)
