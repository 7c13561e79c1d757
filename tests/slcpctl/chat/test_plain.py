"""The chat in plain lines: from a pipe, from a file, on a terminal."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from emulated_screen import Mode
from fake_daemon import FakeDaemon, Json, RefusedError
from ran import Run
from terminal import Terminal

from slcp import API_VERSION
from slcpctl.chat import piped, plain

Typing = Callable[[str], None]
TIME = "2025-11-24T14:02:00.000Z"
QUEUED = {
    "seq": 8, "time": TIME, "type": "text_queued", "id": "a1", "handle": "Luca", "text": "hi", "automatic": False,
}  # fmt: skip
EARLIER = {
    "direction": "in", "kind": "text", "handle": "Luca", "text": "of before", "time": TIME, "automatic": False,
}  # fmt: skip
SENT = {"seq": 9, "time": TIME, "type": "text_sent", "id": "a1", "handle": "Luca"}


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    daemon.answers["send_text"] = {"id": "a1"}
    daemon.keeps_open = True
    return daemon


def pipe_with(text: str, _: Path) -> int:
    """Return a descriptor to read the text from, as from another program."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


def file_with(text: str, folder: Path) -> int:
    """Return a descriptor to read the text from, as from a file."""
    (folder / "typed").write_text(text)
    return os.open(folder / "typed", os.O_RDONLY)


@pytest.fixture(params=[pipe_with, file_with])
def typed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Typing]:
    """Type lines into standard input."""
    with ExitStack() as opened:

        def write(text: str) -> None:
            stdin = opened.enter_context(os.fdopen(request.param(text, tmp_path)))
            monkeypatch.setattr(sys, "stdin", stdin)

        yield write


def test_what_is_typed_is_done_to_its_end(slcpctl: Run, daemon: FakeDaemon, typed: Typing) -> None:
    daemon.events = [QUEUED, SENT]
    daemon.answers["hello"] = {"api": API_VERSION, "seq": 8}
    typed("hi\n\n")
    ran = slcpctl("chat", "Luca")
    assert (ran.code, ran.err) == (0, "")
    assert [line[7:] for line in ran.out.splitlines()] == ["to Luca: hi", "to Luca: sent"]
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": "hi"}]


def test_what_stays_queued_is_told(
    slcpctl: Run, daemon: FakeDaemon, typed: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "ENDS_WITHIN", 0.1)
    daemon.events = [QUEUED]
    daemon.answers["hello"] = {"api": API_VERSION, "seq": 8}
    typed("hi")
    ran = slcpctl("chat", "Luca", "--json")
    assert (ran.code, ran.err) == (4, "1 not sent within 0.1 s: stays queued until the user is heard\n")


def test_of_a_line_that_is_done_in_part_the_rest_is_named(
    slcpctl: Run, daemon: FakeDaemon, typed: Typing, tmp_path: Path
) -> None:
    daemon.answers["send_image"] = _take_only_a
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    typed(f"/img {tmp_path}/a.png {tmp_path}/b.png\n")
    [line] = slcpctl("chat", "Luca").err.splitlines()
    assert line == f"slcpctl: no image; queued before it: {tmp_path}/a.png; not done: /img {tmp_path}/b.png"


def _take_only_a(params: Json) -> Json:
    if params["path"].endswith("a.png"):
        return {"id": "a1"}
    raise RefusedError("not_an_image", "no image")


def test_a_line_that_is_refused_does_not_stop_the_others(slcpctl: Run, daemon: FakeDaemon, typed: Typing) -> None:
    daemon.answers["join"] = RefusedError("daemon_leaving", "the daemon is shutting down")
    daemon.answers["leave"] = {}
    typed("JOIN\n/nonsense\nLEAVE\n/quit\nnot read any more\n")
    ran = slcpctl("chat", "Luca")
    assert (ran.code, ran.out) == (1, "you have left; /join comes back\n")
    assert ran.err.splitlines() == [
        "slcpctl: the daemon is shutting down; not done: JOIN",
        "slcpctl: /nonsense is no command; /help shows what there is; not done: /nonsense",
    ]
    assert daemon.params_of("send_text") == []


def test_a_line_that_is_too_long_is_refused_and_nothing_behind_it_is_done(
    slcpctl: Run, daemon: FakeDaemon, typed: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "MAX_LINE", 100)
    typed(f"hi\n{'x' * 500}\nnot read any more\n")
    ran = slcpctl("chat", "Luca")
    assert ran.code == 1
    assert ran.err.startswith("slcpctl: a line of standard input has over 100 bytes")
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": "hi"}]


# On a terminal


@pytest.fixture
def luca_is_here(daemon: FakeDaemon) -> FakeDaemon:
    """Luca is here, and has written before."""
    daemon.answers["users"] = {"users": [{"handle": "Luca", "ip": "127.0.0.2", "port": 5002}]}
    daemon.answers["history"] = {"messages": [EARLIER]}
    return daemon


@pytest.mark.parametrize(
    ("options", "term"),
    [(["--plain"], "xterm-256color"), (["--json"], "xterm-256color"), ([], "dumb")],
    ids=["--plain", "--json", "a terminal that can do no more"],
)
def test_a_user_may_have_plain_lines_on_a_terminal(luca_is_here: FakeDaemon, options: list[str], term: str) -> None:
    with Terminal([sys.executable, "-m", "slcpctl", "chat", *options], columns=120, term=term) as terminal:
        terminal.wait_for("Luca  of before").wait_for("you are Ani; /help shows").wait_for("here: Luca")
        assert not terminal.screen.wants(Mode.ALTERNATE_SCREEN, Mode.MOUSE_BUTTONS)
        terminal.type("hi\r/nonsense\r").wait_for("slcpctl: /nonsense is no command")
        assert terminal.type("/quit\r").wait_for_exit() == 0
    assert luca_is_here.params_of("send_text") == [{"to": "Luca", "text": "hi"}]
    assert luca_is_here.params_of("history") == [{"before": 8, "limit": 10}]


def test_whom_to_write_to_is_chosen_among_the_lines(luca_is_here: FakeDaemon) -> None:
    with Terminal([sys.executable, "-m", "slcpctl", "chat", "--plain"], columns=120) as terminal:
        terminal.wait_for("here: Luca").type("/to Eve\r").wait_for("Eve is not here now").type("hi\r/quit\r")
        assert terminal.wait_for_exit() == 0
    assert luca_is_here.params_of("send_text") == [{"to": "Eve", "text": "hi"}]
