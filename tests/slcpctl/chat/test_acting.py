from pathlib import Path

import pytest
from fake_daemon import FakeDaemon, Json

from slcpctl.chat.acting import act
from slcpctl.chat.connection import Requests
from slcpctl.chat.room import Room
from slcpctl.chat.typed import COMMANDS, TypedError, parse
from slcpctl.render import paint


async def done(line: str, daemon: FakeDaemon, room: Room) -> list[str]:
    """Do what a line says; return what it shows."""
    requests = Requests(str(daemon.path))
    try:
        return [paint(shown, colour=False) for shown in await act(parse(line), requests, room)]
    finally:
        requests.close()


@pytest.fixture
def room() -> Room:
    return Room("Luca", [{"handle": name, "ip": "127.0.0.1", "port": port} for name, port in [("Luca", 1), ("Tom", 2)]])


@pytest.mark.parametrize(("line", "to"), [("hi", "Luca"), ("MSG Tom hi", "Tom"), ("/msg everyone hi", "*")])
async def test_texts(daemon: FakeDaemon, room: Room, line: str, to: str) -> None:
    daemon.answers["send_text"] = {"id": "a1"}
    assert await done(line, daemon, room) == []
    assert daemon.asked == [("send_text", {"to": to, "text": "hi"})]


async def test_images(daemon: FakeDaemon, room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    daemon.answers["send_image"] = {"id": "a1"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ani")
    await done("/img cat.jpg ~/dog.png", daemon, room)
    assert daemon.params_of("send_image") == [
        {"to": "Luca", "path": f"{tmp_path}/cat.jpg"},
        {"to": "Luca", "path": "/home/ani/dog.png"},
    ]


async def test_a_text_to_nobody_is_refused(daemon: FakeDaemon) -> None:
    with pytest.raises(TypedError, match="/to HANDLE chooses"):
        await done("hi", daemon, Room(None, []))


async def test_the_recipient_may_be_changed(daemon: FakeDaemon, room: Room) -> None:
    assert await done("/to Tom", daemon, room) == []
    assert room.to == "Tom"
    assert await done("/to Eve", daemon, room) == ["Eve is not here now"]
    assert await done("/to everyone", daemon, room) == []


async def test_requests_tell_that_they_are_done(daemon: FakeDaemon, room: Room) -> None:
    daemon.answers["set_config"] = {}
    assert await done("CONFIG inactive ON", daemon, room) == ["inactive is now ON"]
    assert daemon.asked == [("set_config", {"key": "inactive", "value": "ON"})]


@pytest.mark.parametrize(("line", "method"), [("/verify", "verify"), ("/trust Luca", "trust")])
async def test_keys_are_shown_to_be_compared(daemon: FakeDaemon, room: Room, line: str, method: str) -> None:
    ours, lucas = ({"fingerprint": digit * 64, "spoken": digit * 5} for digit in "12")
    daemon.answers[method] = {"handle": "Luca", "standing": "pinned", "own": ours, "pinned": [lucas], "shown": lucas}
    shown = "\n".join(await done(line, daemon, room))
    assert "22222" in shown
    assert "11111" in shown
    assert daemon.params_of(method) == [{"handle": "Luca"}]


def ours(message_id: str, state: str, text: str) -> Json:
    known = {"id": message_id, "state": state, "text": text, "direction": "out", "handle": "Luca", "automatic": False}
    return {**known, "time": "2025-11-24T14:02:00.000Z", "reason": None}


async def test_cancel_takes_back_the_newest_that_waits(daemon: FakeDaemon, room: Room) -> None:
    messages = [ours("a1", "queued", "one"), ours("b2", "queued", "a slip of the pen"), ours("c3", "sent", "three")]
    daemon.answers |= {"history": {"messages": messages}, "cancel": {}}
    [line] = await done("/cancel", daemon, room)
    assert daemon.params_of("cancel") == [{"id": "b2"}]
    assert line.endswith("to Luca  a slip of the pen  [cancelled; id b2]")


async def test_cancel_where_nothing_waits_is_refused(daemon: FakeDaemon, room: Room) -> None:
    daemon.answers["history"] = {"messages": [ours("c3", "sent", "three")]}
    with pytest.raises(TypedError, match="/cancel ID takes an older one"):
        await done("/cancel", daemon, room)


async def test_who_is_here(daemon: FakeDaemon, room: Room) -> None:
    assert await done("WHO", daemon, room) == ["nobody else is here yet"]
    assert daemon.params_of("users") == [{"refresh": True}]


async def test_the_history_of_one(daemon: FakeDaemon, room: Room) -> None:
    assert await done("/history Luca", daemon, room) == ["no messages yet"]
    assert daemon.params_of("history") == [{"with": "Luca", "limit": 20}]


async def test_help_names_every_command(daemon: FakeDaemon, room: Room) -> None:
    shown = "\n".join(await done("HELP", daemon, room))
    assert all(f"/{name}" in shown for name in COMMANDS)
    assert "JOIN LEAVE WHO MSG IMG CONFIG HELP" in shown
