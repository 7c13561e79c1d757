import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_daemon import FakeDaemon
from ran import Run

from slcp import client

EVENTS = [
    {"seq": 8, "time": "2025-11-24T14:02:00.000Z", "type": "text_sent", "id": "a1", "handle": "Luca"},
    {"type": "image_progressed", "id": "b2", "handle": "Luca", "direction": "in", "done": 1000, "size": 2000},
]


def test_history_asks_for_what_was_typed(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("history", "Luca", "--search", "cat", "--limit", "3")
    assert (ran.code, ran.out, ran.err) == (0, "", "nothing found\n")
    assert daemon.params_of("history") == [{"with": "Luca", "search": "cat", "limit": 3}]


def test_an_empty_history_says_how_to_begin(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert "`slcpctl msg` sends the first" in slcpctl("history").err


def test_history_for_programs(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["history"] = {"messages": [{"text": "one"}, {"text": "two"}]}
    assert slcpctl("history", "--json").out == '{"text": "one"}\n{"text": "two"}\n'


def test_a_page_of_the_daemon_may_have_fewer_messages_than_are_wanted(slcpctl: Run, daemon: FakeDaemon) -> None:
    """It has three at most here, of 1 to 9."""

    def page(params: dict[str, Any]) -> dict[str, Any]:
        fitting = [{"seq": seq} for seq in range(1, params.get("before", 10))]
        size = min(params["limit"], 3)
        return {"messages": fitting[-size:], "more": len(fitting) > size}

    daemon.answers["history"] = page
    for limit, shown in ((3, [7, 8, 9]), (5, [5, 6, 7, 8, 9]), (20, [1, 2, 3, 4, 5, 6, 7, 8, 9])):
        ran = slcpctl("history", "--json", "--limit", str(limit))
        assert [json.loads(line)["seq"] for line in ran.out.splitlines()] == shown


def test_listen_for_people(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.events = EVENTS
    lines = slcpctl("listen").out.splitlines()
    assert [line[8:] for line in lines] == ["  to Luca: sent", "  image from Luca: 1 kB of 2 kB"]
    assert daemon.params_of("subscribe") == [{"since": 7}]


class Late(list[dict[str, Any]]):
    """Events that come when no answer would be waited for any more."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        threading.Event().wait(4 * client.ANSWERS_WITHIN)
        return super().__iter__()


def test_listen_waits_for_events_without_end(slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWERS_WITHIN", 0.05)
    daemon.events = Late(EVENTS)
    assert len(slcpctl("listen").out.splitlines()) == len(EVENTS)


def test_listen_for_programs(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.events = EVENTS
    ran = slcpctl("listen", "--json", "--since", "3")
    assert [json.loads(line) for line in ran.out.splitlines()] == EVENTS
    assert daemon.params_of("subscribe") == [{"since": 3}]


def test_a_new_cursor_begins_now(slcpctl: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    slcpctl("listen", "--cursor", str(cursor))
    assert daemon.params_of("subscribe") == [{"since": 7}]
    assert cursor.read_text() == "7\n"


def test_a_new_cursor_may_begin_earlier(slcpctl: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    slcpctl("listen", "--cursor", str(tmp_path / "cursor"), "--since", "0")
    assert daemon.params_of("subscribe") == [{"since": 0}]


def test_a_cursor_goes_on_where_it_stopped(slcpctl: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    cursor.write_text("5\n")
    daemon.events = EVENTS
    slcpctl("listen", "--cursor", str(cursor), "--since", "0")
    assert daemon.params_of("subscribe") == [{"since": 5}]
    assert cursor.read_text() == "8\n"
    assert list(tmp_path.iterdir()) == [cursor]


@pytest.mark.parametrize("content", ["", "seven", "-1", "1" * 100])
def test_what_is_no_cursor_is_not_overwritten(slcpctl: Run, daemon: FakeDaemon, tmp_path: Path, content: str) -> None:
    cursor = tmp_path / "cursor"
    cursor.write_text(content)
    ran = slcpctl("listen", "--cursor", str(cursor))
    assert ran.code == 2
    assert "holds no cursor: remove it to begin anew" in ran.err
    assert cursor.read_text() == content
