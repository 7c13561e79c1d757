"""Ani's window on a display of the tests' own, and whom she chats with: shared by the tests of a module."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chat_stage import Come, Stage
from daemons import Daemon, World
from gui import Driver, Gui, OpenGui
from plain import PlainPeer
from x_display import XDisplay


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with XDisplay(tmp_path_factory.mktemp("display")) as display:
        driver = Driver(display)
        yield driver
        driver.close()


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
    """Whose window is opened."""
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
def open_gui(driver: Driver, tmp_path: Path) -> Iterator[OpenGui]:
    """Open the window of a world; all are closed after the test, and a picture of each is kept."""
    with ExitStack() as opened:

        def open_gui(world: World, *words: str, **variables: str) -> Gui:
            gui = opened.enter_context(Gui(driver, world, *words, **variables))
            opened.callback(gui.keep_picture, tmp_path / "window.png")
            return gui

        yield open_gui


@pytest.fixture
def gui(open_gui: OpenGui, ani: Daemon) -> Gui:
    """Ani's window, with Luca."""
    return open_gui(ani.world, "Luca").wait_in("name", "Luca")
