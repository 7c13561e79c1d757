"""What standard input is left like: others read and write the same pipe or terminal, at once or later."""

import array
import fcntl
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from daemons import WAIT, Json
from fake_daemon import FakeDaemon

CHAT = [sys.executable, "-m", "slcpctl", "chat", "--plain", "Luca"]
TEXT = "x" * 60_000  # more than a terminal takes before somebody reads it
FULL = 4_000  # bytes that wait in a terminal whose reader sleeps; it holds 4 KiB of Linux, or somewhat more
TEN: Json = {
    "messages": [
        {"direction": "in", "kind": "text", "handle": "Luca", "text": TEXT, "time": "2025-11-24T14:02:00.000Z",
         "automatic": False}
    ] * 10,
    "more": False,
}  # fmt: skip


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    daemon.answers["send_text"] = {"id": "a1"}
    daemon.keeps_open = True
    return daemon


@contextmanager
def chat(stdin: int, output: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """Run the chat; it must have ended by itself when the context is left without an error."""
    with subprocess.Popen(CHAT, stdin=stdin, stdout=output, stderr=output) as process:
        try:
            yield process
            assert process.wait(WAIT) == 0
        finally:
            process.kill()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def waiting_in(descriptor: int) -> int:
    """Return how many bytes may be read now."""
    number = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, number)
    return number[0]


def test_a_pipe_stays_one_that_blocks_and_need_not_end(daemon: FakeDaemon) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0) as typed, chat(reading):
        typed.write(b"hi\n")
        wait_until(lambda: daemon.params_of("send_text") == [{"to": "Luca", "text": "hi"}])
        assert os.get_blocking(reading)
        typed.write(b"/quit\n")


@pytest.mark.parametrize("end", [b"/quit\n", b"\x04"], ids=["/quit", "^D"])
def test_a_terminal_loses_nothing_while_nobody_reads_it(daemon: FakeDaemon, end: bytes) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal, os.fdopen(theirs, "r+b", buffering=0), chat(theirs, theirs):
        wait_until(lambda: bool(daemon.params_of("history")))  # what is shown at the start
        daemon.answers["history"] = TEN
        terminal.write(b"/history\n")
        wait_until(lambda: waiting_in(ours) >= FULL)
        assert os.get_blocking(theirs)
        shown = 0
        while shown < 10 * len(TEXT):
            shown += terminal.read(1 << 16).count(b"x")
        terminal.write(end)
