"""Ani's chat; whom she chats with, tests/support/chat_people.py has."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from chat_people import ani, come, luca, pair, stage
from chat_stage import Open, Send
from daemons import Daemon
from full_screen import Chat
from plain import PlainPeer

__all__ = ["ani", "come", "luca", "pair", "stage"]  # fixtures


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
