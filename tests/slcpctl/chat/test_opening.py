import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon, RefusedError
from ran import Run

from slcp.config import load
from slcpctl.chat import asking, opening, piped

Typing = Callable[[str], None]
TIME = "2025-11-24T14:02:00.000Z"
QUEUED = {
    "seq": 8, "time": TIME, "type": "text_queued", "id": "a1", "handle": "Luca", "text": "hi", "automatic": False,
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
    daemon.answers["hello"] = {"api": 1, "seq": 8}
    typed("hi\n\n")
    ran = slcpctl("chat", "Luca")
    assert (ran.code, ran.err) == (0, "")
    assert [line[7:] for line in ran.out.splitlines()] == ["to Luca: hi", "to Luca: sent"]
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": "hi"}]


def test_what_stays_queued_is_told(
    slcpctl: Run, daemon: FakeDaemon, typed: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "ENDS_WITHIN", 0.1)
    daemon.events = [QUEUED]
    daemon.answers["hello"] = {"api": 1, "seq": 8}
    typed("hi")
    ran = slcpctl("chat", "Luca", "--json")
    assert (ran.code, ran.err) == (4, "1 not sent within 0.1 s: stays queued until the user is heard\n")


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


def test_the_first_start_asks_for_the_handle(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ask_handle", lambda: "Ani")
    opening.introduce(None)
    config = home / "CONFIG_HOME/slcp/config.toml"
    assert load(config, home / "none", {}, {}).config.handle == "Ani"
    monkeypatch.setattr(asking, "ask_handle", lambda: pytest.fail("it was asked already"))
    opening.introduce(None)


def test_a_daemon_that_runs_needs_no_introduction(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ask_handle", lambda: pytest.fail("a daemon runs"))
    opening.introduce(None)
