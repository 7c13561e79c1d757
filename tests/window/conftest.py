"""Ani's window on a display of the tests' own; whom she chats with, tests/support/chat_people.py has."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chat_people import ani, come, luca, pair, stage
from daemons import Daemon, World
from gui import Driver, Gui, OpenGui
from x_display import XDisplay

__all__ = ["ani", "come", "luca", "pair", "stage"]  # fixtures


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with XDisplay(tmp_path_factory.mktemp("display")) as display:
        driver = Driver(display)
        yield driver
        driver.close()


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
