"""Ani's chat, and those whom she chats with: shared by the tests of a module, as far as that stays clear."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from chat_stage import Come, Open, Send, Stage
from daemons import Daemon
from full_screen import Chat
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
    """Whose chats are opened."""
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


@pytest.fixture
def send(ani: Daemon) -> Send:
    """Let a plain program send texts to Ani; return when they are in her history."""

    def send(peer: PlainPeer, *texts: str) -> None:
        peer.send(ani.request("status")["port"], b"".join(f"MSG Ani {text}\n".encode() for text in texts))
        ani.wait_for("text_received", handle=peer.handle, text=texts[-1])

    return send


@pytest.fixture
def chat(ani: Daemon) -> Iterator[Open]:
    """Open Ani's chat with someone, and wait until it is there; all are closed after the test."""
    with ExitStack() as opened:

        def open_chat(to: str = "Luca", **look: object) -> Chat:
            chat = opened.enter_context(Chat(ani.world, to, **look))  # type: ignore[arg-type]  # of Chat
            return chat.wait_for(f"to {to} >")

        yield open_chat
