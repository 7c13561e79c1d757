"""However the chat ends, the terminal is as it was before."""

import shlex
import signal
from collections.abc import Iterator

import psutil
import pytest
from chat_stage import Open
from daemons import Daemon
from emulated_screen import Mode
from full_screen import CHAT, surroundings, typed
from terminal import Terminal

IN_A_SHELL = f'echo before; {shlex.join(CHAT)} Luca; echo "ended with $?"; read -r line; echo "read: $line"'


@pytest.fixture
def shell(ani: Daemon) -> Iterator[Terminal]:
    """A shell that has opened the chat, and goes on behind it."""
    with Terminal(["sh", "-c", IN_A_SHELL], surroundings(ani.world)) as shell:
        yield shell.wait_for("to Luca >")


def assert_sane(shell: Terminal) -> None:
    """Fail unless a user can go on: what was there is there again, what is typed is seen, the mouse marks text."""
    assert shell.lines[0] == "before"
    assert [mode for mode in Mode if shell.screen.wants(mode)] == []
    shell.type("go on\r").wait_for("read: go on")
    lines = [line for line in shell.lines if line]
    assert lines[-2:] == ["go on", "read: go on"]
    assert not shell.screen.cursor.hidden


@pytest.mark.parametrize(
    "how", ["\x11", "\x04", "/quit\r", "/quit\r\x11\x04"], ids=["^Q", "^D", "/quit", "all at once"]
)
def test_ended_by_the_user(shell: Terminal, ani: Daemon, how: str) -> None:
    shell.type(how).wait_for("ended with 0")
    assert [line for line in shell.lines if line] == ["before", "ended with 0"]
    assert_sane(shell)
    assert ani.request("hello")["handle"] == "Ani"  # the daemon goes on


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_by_a_signal(shell: Terminal, number: signal.Signals) -> None:
    (chat,) = psutil.Process(shell.pid).children()
    chat.send_signal(number)
    shell.wait_for("ended with 0")
    assert_sane(shell)


def test_ctrl_d_ends_only_on_an_empty_line(chat: Open) -> None:
    with_luca = chat().type("ab").press("left", "c-d").wait_in(typed, "to Luca > a").echo()
    assert with_luca.press("backspace", "c-d").wait_for_exit() == 0
