"""What peers send, in every output of slcpctl but --json: visible, and without any effect on the terminal."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from daemons import WAIT, Daemon, World, free_port
from hostile.player import RAW, slcpctl
from plain import PlainPeer

TEXTS = {  # as sent, and as shown
    "\x1b[2J\x1b[H": r"\x1b[2J\x1b[H",
    "\x1b]52;c;cm0gLXJmIH4K\x07": r"\x1b]52;c;cm0gLXJmIH4K\x07",
    "\x1b]0;owned\x1b\\": r"\x1b]0;owned\x1b" + "\\",
    "\x9b31mred\x9c": r"\x9b31mred\x9c",
    "a\x08\x08b\x7f\x0c\x0b": r"a\x08\x08b\x7f\x0c\x0b",
    "gpj.\u202eexe.tac": r"gpj.\u202eexe.tac",
    "\u2066a\u2069\u200f\u061c": r"\u2066a\u2069\u200f\u061c",
    "un\u200bse\ufeffen\xad": r"un\u200bse\ufeffen\xad",
    "\U000e0041\U000e0042tags": r"\U000e0041\U000e0042tags",
    "one\u2028Ani: two\x85three": r"one\u2028Ani: two\x85three",
}
HANDLES = {
    "\u202eacuL": r"\u202eacuL",
    "Lu\u200bca": r"Lu\u200bca",
    "Lu\u2060ca": r"Lu\u2060ca",
    "\ufeffLuca": r"\ufeffLuca",
    "Lu\u200dca": r"Lu\u200dca",
    "\u3164": r"\u3164",
    "Luca\U000e0061": r"Luca\U000e0061",
}


@pytest.fixture(scope="module")
def ani(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """Everybody with a hostile handle is here, and has sent every text."""
    whoisport = free_port()
    world = World(tmp_path_factory.mktemp("terminal") / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    daemon = Daemon(world).start()
    port = daemon.request("status")["port"]
    try:
        for number, handle in enumerate(HANDLES):
            with PlainPeer(handle, whoisport, f"127.0.0.{50 + number}") as eve:
                eve.join()
                daemon.wait_for("user_joined", handle=handle)
                eve.send(port, b"".join(f"MSG Ani {text}\n".encode() for text in TEXTS))
                eve.send(port, b"IMG Ani 5\nhello")
                eve.broadcast(b"JOIN \x1b[2J 5001", b"\x9b31m", "\u202e".encode())  # for the log
        yield daemon
        assert daemon.stop() == 0
    finally:
        daemon.close()


def listened(ani: Daemon, last: int) -> str:
    """Run `slcpctl listen` from the first event to the last, and interrupt it."""
    command = [sys.executable, "-m", "slcpctl", "listen", "--since", "0"]
    with subprocess.Popen(command, env=ani.world.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        guard = threading.Timer(WAIT, run.kill)
        guard.start()
        assert run.stdout is not None
        lines = [run.stdout.readline() for _ in range(last)]
        run.send_signal(signal.SIGINT)
        lines.append(run.stdout.read())
        guard.cancel()
    return b"".join(lines).decode()


def shown(output: str, *expected: str) -> None:
    """Fail unless all of these are there, and nothing that acts on a terminal."""
    assert not RAW.search(output), ascii(RAW.search(output))
    assert [each for each in expected if each not in output] == []


def test_users(ani: Daemon) -> None:
    shown(slcpctl(ani, "users").stdout, *HANDLES.values())


def test_history(ani: Daemon) -> None:
    shown(slcpctl(ani, "history", "--limit", "500").stdout, *HANDLES.values(), *TEXTS.values())


def test_listen(ani: Daemon) -> None:
    shown(listened(ani, ani.request("hello")["seq"]), *HANDLES.values(), *TEXTS.values())


def test_logs(ani: Daemon) -> None:
    shown(slcpctl(ani, "logs", "-n", "5000").stdout, r"\x1b[2J", r"\xe2\x80\xae")


def test_the_log_file_itself(ani: Daemon) -> None:
    shown(ani.world.log.read_text())


def test_status(ani: Daemon) -> None:
    shown(slcpctl(ani, "status").stdout, "bad_handle")


def test_the_chat_of_a_pipe(ani: Daemon) -> None:
    command = [sys.executable, "-m", "slcpctl", "chat"]
    typed = "/users\n/history\n/to \u202eacuL\n/to \u200b\n/verify \u202eacuL\n/nonsense \u202e\n/quit\n"
    ran = subprocess.run(
        command, env=ani.world.environment, input=typed.encode(), capture_output=True, timeout=WAIT, check=False
    )
    shown(ran.stdout.decode() + ran.stderr.decode(), *HANDLES.values(), r"\x9b31mred\x9c")


@pytest.mark.parametrize(
    "words",
    [("msg", "Nobody", "x"), ("verify", "\u202eacuL"), ("trust", "\u202eacuL")],
    ids=lambda words: words[0],
)
def test_refusals_and_other_words_to_the_user(ani: Daemon, words: tuple[str, ...]) -> None:
    ran = slcpctl(ani, *words)
    shown(ran.stdout + ran.stderr)
    assert r"\u20" in ran.stderr + ran.stdout


def test_a_handle_that_is_used_twice(ani: Daemon) -> None:
    with (
        PlainPeer("\u202eacuL", ani.request("status")["whoisport"], "127.0.0.90") as first,
        PlainPeer("\u202eacuL", ani.request("status")["whoisport"], "127.0.0.91") as second,
    ):
        for twin in (first, second):
            twin.join()
            ani.wait_for("user_joined", ip=twin.ip)
        ran = slcpctl(ani, "msg", "\u202eacuL", "x")
        shown(ran.stderr, r"\u202eacuL@127.0.0.90", r"\u202eacuL@127.0.0.91")
        ran = slcpctl(ani, "block", first.name)
        shown(ran.stderr, r"\u202eacuL@127.0.0.90")


def test_json_holds_what_was_sent(ani: Daemon) -> None:
    ran = slcpctl(ani, "history", "--limit", "500", "--json")
    assert {json.loads(line)["text"] for line in ran.stdout.splitlines()} >= TEXTS.keys()
    assert ran.stdout.isascii()


def test_what_a_terminal_gets_is_coloured_and_no_more(ani: Daemon) -> None:
    """On a terminal of its own: only our own colours and nothing of a peer's."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "slcpctl", "users"]
    with subprocess.Popen(command, env={**ani.world.environment, "TERM": "xterm"}, stdout=theirs) as run:
        os.close(theirs)
        output = b""
        while data := _read(ours):
            output += data
        assert run.wait(WAIT) == 0
    os.close(ours)
    text = output.decode().replace("\r\n", "\n")
    for colour in ("\x1b[1m", "\x1b[2m", "\x1b[m"):
        assert colour in text
        text = text.replace(colour, "")
    shown(text, *HANDLES.values())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other end is closed
        return b""
