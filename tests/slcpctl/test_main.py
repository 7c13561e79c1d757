import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon, RefusedError
from ran import Run

from slcp import client


def test_without_a_daemon_the_way_to_one_is_told(slcpctl: Run) -> None:
    ran = slcpctl("users")
    assert (ran.code, ran.out) == (3, "")
    assert "no daemon at " in ran.err
    assert "`slcpctl start` starts one" in ran.err


def test_a_refusal_is_told_in_the_words_of_the_daemon(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["send_text"] = RefusedError("unknown_user", "no user Tom\x1b[2J; here are: Luca")
    ran = slcpctl("msg", "Tom", "hi")
    assert (ran.code, ran.out, ran.err) == (1, "", "slcpctl: no user Tom\\x1b[2J; here are: Luca\n")


def test_an_unknown_command_is_wrong_usage(slcpctl: Run) -> None:
    ran = slcpctl("mgs", "Luca", "hi")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean msg?" in ran.err


def test_the_daemon_may_end_before_it_answers(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("listen")
    assert ran.code == 3
    assert "the daemon has ended" in ran.err


@pytest.fixture
def stuck(socket_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A daemon that is stopped: the system takes connections for it, and it does nothing."""
    monkeypatch.setattr(client, "ANSWERS_WITHIN", 0.05)
    socket_path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        listener.listen()
        yield listener


@pytest.mark.parametrize("words", [["users"], ["msg", "Luca", "hi"], ["msg", "Luca", "x" * (1 << 20)], ["stop"]])
def test_a_daemon_that_is_stuck_is_not_waited_for_without_end(
    slcpctl: Run, stuck: socket.socket, words: list[str]
) -> None:
    ran = slcpctl(*words)
    assert (ran.code, ran.out) == (3, "")
    assert "does not answer within 0.05 s" in ran.err
    assert "`slcpctl logs`" in ran.err
    assert f"`kill -9 {os.getpid()}`" in ran.err


def test_nor_is_one_that_takes_no_more_connections(slcpctl: Run, stuck: socket.socket) -> None:
    stuck.listen(0)
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(stuck.getsockname())
        ran = slcpctl("users")
    assert ran.code == 3
    assert "no daemon" not in ran.err
    assert "does not answer within 0.05 s" in ran.err


def test_a_file_that_cannot_be_written_is_named(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("listen", "--cursor", "/nowhere/cursor")
    assert (ran.code, ran.err) == (1, "slcpctl: /nowhere/cursor.new: No such file or directory\n")


def run_and_close_output(*words: str) -> tuple[int, bytes]:
    """Run slcpctl with a reader that takes one line and goes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "slcpctl", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        process.stdout.readline()
        process.stdout.close()
        return process.wait(), process.stderr.read()


def test_a_reader_that_has_seen_enough_ends_it_quietly(daemon: FakeDaemon) -> None:
    user = {"handle": "Luca" * 10}
    daemon.answers["users"] = {"users": [user] * 10_000}
    assert run_and_close_output("users", "--json") == (141, b"")


HEAVY = {"asyncio", "dataclasses", "datetime", "pathlib", "platformdirs", "prompt_toolkit", "subprocess", "typing"}
IMPORTED = """
import sys
sys.argv[0] = "slcpctl"
from slcpctl.__main__ import main
code = main()
print("", *sorted(name for name in sys.modules if name in {heavy} or name.startswith("slcp")), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", [["users"], ["msg", "Luca", "hi"]])
def test_the_frequent_commands_import_nothing_heavy(daemon: FakeDaemon, words: list[str]) -> None:
    daemon.answers["users"] = {"users": [LUCA]}
    daemon.answers["send_text"] = {"id": "1"}
    code = IMPORTED.format(heavy=HEAVY)
    ran = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path}\n{code}", *words],
                         capture_output=True, text=True, check=True)  # fmt: skip
    imported = set(ran.stderr.split())
    assert "slcp.client" in imported
    assert not imported & HEAVY
    assert not imported & {"slcp.control", "slcp.events", "slcp.requests", "slcp.results", "slcp.config"}


LUCA = {
    "handle": "Luca",
    "ip": "192.168.0.11",
    "port": 5002,
    "name": "Luca@192.168.0.11:5002",
    "state": "present",
    "dialect": "slcpd",
    "second_hand": False,
    "same_handle": False,
}
