"""Closed in every way there is: all has ended within a second, and what was typed last has reached the daemon."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import WAIT, Daemon, World
from gui import Gui
from PIL import Image

AT_MOST = 1.0  # seconds

CLOSING: dict[str, Callable[[Gui], object]] = {
    "by key": lambda gui: gui.press("Control-q"),
    "by the frame": lambda gui: gui.tcl("after idle [wm protocol . WM_DELETE_WINDOW]"),
    "by a word": lambda gui: gui.type("/quit").press("Return"),
    "by a signal": lambda gui: gui.process.send_signal(signal.SIGTERM),
    "by Ctrl-C": lambda gui: gui.process.send_signal(signal.SIGINT),
}


@pytest.mark.parametrize("how", CLOSING)
def test_all_ends_within_a_second(gui: Gui, how: str) -> None:
    CLOSING[how](gui)
    began = time.monotonic()
    assert gui.wait_for_exit() == 0
    assert time.monotonic() - began < AT_MOST
    assert gui.said == ""


def test_what_was_typed_last_is_sent(gui: Gui, luca: Daemon) -> None:
    gui.type("noch schnell").press("Return", "Control-q")
    assert gui.wait_for_exit() == 0
    luca.wait_for("text_received", handle="Ani", text="noch schnell")


def test_while_an_image_is_decoded(gui: Gui, ani: Daemon, luca: Daemon, tmp_path: Path) -> None:
    Image.effect_noise((4800, 4800), 90).save(tmp_path / "large.png")
    luca.request("send_image", to="Ani", path=str(tmp_path / "large.png"))
    gui.wait_in("messages", "4800x4800").press("Control-q")
    began = time.monotonic()
    assert gui.wait_for_exit() == 0
    assert time.monotonic() - began < AT_MOST


def test_a_daemon_that_does_not_answer_holds_up_nothing(gui: Gui, ani: Daemon) -> None:
    pid = ani.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        gui.type("Hallo?").press("Return", "Control-q")
        began = time.monotonic()
        assert gui.wait_for_exit() == 1
        assert time.monotonic() - began < AT_MOST
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "`slcpctl history` shows what was queued" in gui.said


def run_gui(world: World, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**world.environment, "LANGUAGE": "en", **variables}
    command = [sys.executable, "-m", "slcpctl", "gui"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WAIT, check=False)


def test_without_a_display(ani: Daemon) -> None:
    ended = run_gui(ani.world, DISPLAY="")
    assert ended.returncode == 1
    assert "no window can be opened here" in ended.stderr
    assert "`slcpctl chat`" in ended.stderr


def test_without_tkinter(ani: Daemon, tmp_path: Path) -> None:
    (tmp_path / "tkinter.py").write_text("raise ImportError('No module named _tkinter')")
    ended = run_gui(ani.world, PYTHONPATH=str(tmp_path))
    assert ended.returncode == 1
    assert "sudo apt install python3-tk" in ended.stderr
    assert "`slcpctl chat` needs none" in ended.stderr
