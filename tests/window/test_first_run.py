"""The first start, in an empty home: one question, a daemon, and what to do when nobody is there."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from awaited import is_alive, until
from daemons import World
from gui import OpenGui
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


def test_from_nothing_to_the_first_text(home: World, open_gui: OpenGui) -> None:
    gui = open_gui(home).wait_in("welcome", "Welcome to slcp").wait_in("welcome", "without any server")
    gui.type("A ni").press("Return").wait_in("welcome", "The name must be")
    assert not home.config.exists()
    gui.wait_focus("handle").type("Ani").click("begin").wait_in("status", "Ani · 0 here").wait_in(
        "about", "nobody is here"
    )
    gui.wait_in("messages", "Nobody else is here yet").wait_in("messages", "slcpctl demo")
    with PlainPeer("Luca", WHOISPORT, "127.0.0.2") as luca:
        luca.join()
        gui.wait_in("people", "Luca").wait_in("status", "1 here").type("Hallo!").press("Return")
        assert luca.take() == b"MSG Luca Hallo!\n"
        luca.leave()
        gui.wait_in("status", "0 here")
    assert 'handle = "Ani"' in home.config.read_text()


def test_who_does_not_answer_has_started_nothing(home: World, open_gui: OpenGui) -> None:
    gui = open_gui(home).wait_in("welcome", "Welcome to slcp").press("Control-q")
    assert gui.wait_for_exit() == 0
    assert not home.config.exists()
    assert not home.socket.exists()


def test_a_daemon_that_cannot_start(home: World, open_gui: OpenGui) -> None:
    home.configure(handle="Ani", port="many")
    gui = open_gui(home).wait_in("welcome", "The daemon does not run").wait_in("welcome", "port")
    home.configure(handle="Ani")
    gui.click("again").wait_in("status", "Ani · 0 here")
