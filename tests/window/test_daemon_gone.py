"""The daemon ends under the open window: it says so, brings it back, and misses nothing."""

from collections.abc import Iterator

import pytest
from awaited import is_alive, until
from daemons import Daemon
from gui import Gui


@pytest.fixture(autouse=True)
def _running(ani: Daemon) -> Iterator[None]:
    """Whatever a test does, Ani's daemon runs for the next."""
    yield
    ani.close()
    ani.start()


def test_killed_and_back(gui: Gui, ani: Daemon, luca: Daemon) -> None:
    ani.kill()
    gui.wait_in("lost", "no daemon now").type("zu frueh").press("Return").wait_in("message", "zu frueh")
    luca.request("send_text", to="Ani", text="Hallo?")
    ani.start()
    gui.wait_gone("lost").wait_in("messages", "Hallo?").press("Return")
    luca.wait_for("text_received", handle="Ani", text="zu frueh")
    assert gui.words("messages").count("Hallo?") == 1


async def test_started_by_the_button(gui: Gui, ani: Daemon) -> None:
    ani.kill()
    gui.wait_in("lost", "no daemon now").click("start").wait_gone("lost")
    pid = ani.pid  # of one that is not the test's
    ani.request("shutdown")
    await until(lambda: not is_alive(pid))
