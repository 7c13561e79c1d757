"""The first start, in an empty home: one question, a daemon, and what to do when nobody is there."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from awaited import is_alive, until
from daemons import World
from full_screen import Chat, pane, people, status, title
from plain import PlainPeer

from slcp.client import DaemonUnreachableError, request
from slcp.config import Config

WHOISPORT = Config().whoisport


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[World]:
    """Where nothing is yet. A daemon that is started there is ended after the test."""
    world = World(tmp_path)
    yield world
    with suppress(DaemonUnreachableError):
        pid = request(str(world.socket), "status")["pid"]
        request(str(world.socket), "shutdown")
        await until(lambda: not is_alive(pid))


def test_from_nothing_to_the_first_text(home: World) -> None:
    with Chat(home, columns=80, rows=24) as chat:
        chat.wait_for("slcp finds the people on your local network by itself").wait_for("There is no server.")
        chat.wait_for("A daemon receives what they send").wait_for("The name that others see and write to:")
        chat.press("c-u").type("A ni\r").wait_for("The name must be 1 to 32")
        chat.press("home", "right", "delete", "enter").wait_in(status, "Ani · 0 here")
        chat.wait_in(pane, "Nobody else is here yet.").wait_in(pane, "/users asks the network once").wait_in(
            pane, "`slcpctl demo`"
        )
        assert chat.find("to everyone >")[1] == 22
        with PlainPeer("Luca", WHOISPORT, "127.0.0.2") as luca:
            luca.join()
            chat.wait_until(lambda screen: people(screen) == ["everyone", "Luca"], "Luca").wait_in(status, "1 here")
            chat.wait_gone("Nobody else").type("Hallo!\r")
            assert luca.take() == b"MSG Luca Hallo!\n"
            luca.leave()
            chat.wait_in(status, "0 here")
        assert chat.close_by_key() == 0
    assert 'handle = "Ani"' in home.config.read_text()
    with Chat(home) as again:
        again.wait_in(status, "Ani ·").wait_in(title, "Luca  not here")
        assert again.screen.find("The name that others see") is None


def test_who_does_not_answer_has_started_nothing(home: World) -> None:
    with Chat(home) as chat:
        chat.wait_for("The name that others see").press("c-c")
        assert chat.wait_for_exit() == 130
    assert not home.config.exists()
    assert not home.socket.exists()
