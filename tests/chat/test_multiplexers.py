"""The chat inside tmux and GNU screen, which draw it on the terminal in their own way."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from daemons import WAIT, Daemon
from full_screen import CHAT, Part, pane, rule, surroundings, title
from terminal import Terminal

COLUMNS, ROWS = 100, 30


@contextmanager
def tmux(folder: Path, command: tuple[str, ...], environment: dict[str, str]) -> Iterator[Terminal]:
    """Run a command in a tmux of the test's own."""
    config = folder / "tmux.conf"
    config.write_text("set -g status off\nset -g focus-events on\nset -g mouse on\n")
    own = ["tmux", "-f", str(config), "-S", str(folder / "tmux")]
    try:
        with Terminal([*own, "new-session", shlex.join(command)], environment, columns=COLUMNS, rows=ROWS) as terminal:
            yield terminal
    finally:
        subprocess.run([*own, "kill-server"], capture_output=True, timeout=WAIT, check=False)


@contextmanager
def screen(folder: Path, command: tuple[str, ...], environment: dict[str, str]) -> Iterator[Terminal]:
    """Run a command in a GNU screen of the test's own."""
    sockets = folder / "sockets"
    sockets.mkdir(mode=0o700)
    surroundings = {**environment, "SCREENDIR": str(sockets)}
    own = ["screen", "-U", "-c", os.devnull, "-S", "test"]
    try:
        with Terminal([*own, *command], surroundings, columns=COLUMNS, rows=ROWS) as terminal:
            yield terminal
    finally:
        subprocess.run([*own, "-X", "quit"], env=surroundings, capture_output=True, timeout=WAIT, check=False)


def where_there_is(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@pytest.fixture(
    params=[pytest.param(tmux, marks=where_there_is("tmux")), pytest.param(screen, marks=where_there_is("screen"))]
)
def inside(request: pytest.FixtureRequest, ani: Daemon, tmp_path: Path) -> Iterator[Terminal]:
    """The chat with Luca inside a multiplexer, for which nothing is left behind."""
    with request.param(tmp_path, (*CHAT, "Luca"), surroundings(ani.world)) as terminal:
        yield terminal.wait_for("to Luca >")


def wait_in(terminal: Terminal, part: Part, text: str) -> Terminal:
    return terminal.wait_until(lambda screen: any(text in line for line in part(screen)), f"{text!r} in its part")


def wait_rows(terminal: Terminal, rows: int) -> Terminal:
    return terminal.wait_until(lambda screen: rule(screen) == rows - 3, f"a chat of {rows} rows")


def test_texts_keys_and_sizes(inside: Terminal, luca: Daemon) -> None:
    now = luca.request("hello")["seq"]
    inside.type("one").press("m-enter").type("two 日本 👍\r")
    luca.wait_for("text_received", now, handle="Ani", text="one\ntwo 日本 👍")
    wait_in(inside, pane, "delivered")
    luca.request("send_text", to="Ani", text="back to you")
    wait_in(wait_in(inside, pane, "Luca        back to you"), title, "Luca").press("f1")
    wait_in(inside, title, "Help").press("escape")
    wait_in(inside, title, "Luca")
    for columns, rows in [(60, 15), (110, 40)]:
        wait_in(wait_rows(inside.resize(columns, rows), rows), pane, "two 日本 👍")
    inside.type("three\r")
    luca.wait_for("text_received", now, text="three")
    inside.press("c-q").wait_for_exit()


@where_there_is("tmux")
def test_it_ends_with_its_window(ani: Daemon, tmp_path: Path) -> None:
    """Closed with the mouse, or by the end of a connection."""
    with tmux(tmp_path, (*CHAT, "Luca"), surroundings(ani.world)) as terminal:
        terminal.wait_for("to Luca >")
        own = ["tmux", "-S", str(tmp_path / "tmux")]
        first = psutil.Process(int(subprocess.check_output([*own, "list-panes", "-F", "#{pane_pid}"], timeout=WAIT)))
        inside = [first, *first.children(recursive=True)]
        subprocess.check_call([*own, "kill-server"], timeout=WAIT)
        _, alive = psutil.wait_procs(inside, WAIT)
        assert alive == []
