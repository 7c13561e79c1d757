"""Ani, and those whom she chats with: fixtures for the tests of the chat and of the window, of a module each."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from chat_stage import Come, Stage
from daemons import Daemon
from plain import PlainPeer


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def pair(stage: Stage) -> list[Daemon]:
    return stage.start(stage.world("Ani"), stage.world("Luca"))


@pytest.fixture(scope="module")
def ani(pair: list[Daemon]) -> Daemon:
    """Whose chats or windows are opened."""
    return pair[0]


@pytest.fixture(scope="module")
def luca(pair: list[Daemon]) -> Daemon:
    """Another slcpd."""
    return pair[1]


@pytest.fixture
def come(stage: Stage, ani: Daemon) -> Iterator[Come]:
    """Let a plain program of that handle, which no other test of the module has, be here until the test ends."""
    with ExitStack() as here:

        def come(handle: str) -> PlainPeer:
            peer = here.enter_context(stage.peer(handle))
            peer.join()
            ani.wait_for("user_joined", ip=peer.ip)
            here.callback(peer.leave)
            return peer

        yield come
