"""What every test may use."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemons import Daemon, World, free_port

os.environ["SLCP_INTERFACES"] = "lo"  # whatever a test starts: it never speaks to the machine's own network
os.environ["LANGUAGE"] = "en"  # whatever the language of whoever runs the tests is


@pytest.fixture
def whoisport() -> int:
    """A port of discovery of this test's own, so that tests do not hear each other."""
    return free_port()


@pytest.fixture
def start(tmp_path: Path, whoisport: int) -> Iterator[Callable[..., Daemon]]:
    """Start a daemon of that handle: start("Ani", inactive=True). All are ended after the test."""
    daemons: list[Daemon] = []

    def start(handle: str, **keys: object) -> Daemon:
        world = World(tmp_path / handle)
        world.configure(**{"handle": handle, "port": free_port(), "whoisport": whoisport, **keys})
        daemons.append(Daemon(world))
        return daemons[-1].start()

    yield start
    for daemon in daemons:
        daemon.close()
