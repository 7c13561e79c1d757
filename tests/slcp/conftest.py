"""The machine that the tests of the core run on: Ani's, on one network and on its own loopback.

The clients have a daemon that answers what a test wants.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon

from slcp.announcing import Announcer
from slcp.endpoint import control_socket
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


@pytest.fixture
def socket_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The path of the default profile, short enough for a socket wherever the tests run."""
    with tempfile.TemporaryDirectory(prefix="slcp-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(control_socket())


@pytest.fixture
def daemon(socket_path: Path) -> Iterator[FakeDaemon]:
    with FakeDaemon(socket_path) as daemon:
        yield daemon
