from pathlib import Path

import pytest
from fake_daemon import FakeDaemon, Json

from slcp.async_client import Requests
from slcpctl.conversing.acting import act
from slcpctl.conversing.typed import COMMANDS, TypedError, parse
from slcpctl.render import paint


async def done(line: str, daemon: FakeDaemon, to: str | None = "Luca") -> list[str]:
    """Do what a line says while writing to Luca, or to another; return what it shows."""
    requests = Requests(str(daemon.path))
    try:
        return [paint(shown, colour=False) for shown in await act(parse(line), requests, to)]
    finally:
        requests.close()


@pytest.mark.parametrize(("line", "to"), [("hi", "Luca"), ("MSG Tom hi", "Tom"), ("/msg everyone hi", "*")])
async def test_texts(daemon: FakeDaemon, line: str, to: str) -> None:
    daemon.answers["send_text"] = {"id": "a1"}
    assert await done(line, daemon) == []
    assert daemon.asked == [("send_text", {"to": to, "text": "hi"})]


@pytest.mark.parametrize(("line", "to"), [("/img cat.png", "Luca"), ("IMG Tom cat.png", "Tom")])
async def test_images(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, to: str) -> None:
    daemon.answers["send_image"] = {"id": "a1"}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").touch()
    assert await done(line, daemon) == []
    assert daemon.asked == [("send_image", {"to": to, "path": f"{tmp_path}/cat.png"})]


async def test_a_text_to_nobody_is_refused(daemon: FakeDaemon) -> None:
    with pytest.raises(TypedError, match="/to HANDLE chooses"):
        await done("hi", daemon, to=None)


@pytest.mark.parametrize("line", ["/to Tom", "/quit"])
async def test_what_is_about_the_chat_alone_asks_for_nothing(daemon: FakeDaemon, line: str) -> None:
    assert await done(line, daemon) == []
    assert daemon.asked == []


async def test_requests_tell_that_they_are_done(daemon: FakeDaemon) -> None:
    daemon.answers["set_config"] = {}
    assert await done("CONFIG inactive ON", daemon) == ["inactive is now ON"]
    assert daemon.asked == [("set_config", {"key": "inactive", "value": "ON"})]


@pytest.mark.parametrize(("line", "method"), [("/verify", "verify"), ("/trust Luca", "trust")])
async def test_keys_are_shown_to_be_compared(daemon: FakeDaemon, line: str, method: str) -> None:
    ours, lucas = ({"fingerprint": digit * 64, "spoken": digit * 5} for digit in "12")
    daemon.answers[method] = {"handle": "Luca", "standing": "pinned", "own": ours, "pinned": [lucas], "shown": lucas}
    shown = "\n".join(await done(line, daemon))
    assert "22222" in shown
    assert "11111" in shown
    assert daemon.params_of(method) == [{"handle": "Luca"}]


def ours(message_id: str, state: str, text: str) -> Json:
    known = {"id": message_id, "state": state, "text": text, "direction": "out", "handle": "Luca", "automatic": False}
    return {**known, "time": "2025-11-24T14:02:00.000Z", "reason": None}


async def test_cancel_takes_back_the_newest_that_waits(daemon: FakeDaemon) -> None:
    messages = [ours("a1", "queued", "one"), ours("b2", "queued", "a slip of the pen"), ours("c3", "sent", "three")]
    daemon.answers |= {"history": {"messages": messages}, "cancel": {}}
    [line] = await done("/cancel", daemon)
    assert daemon.params_of("cancel") == [{"id": "b2"}]
    assert line.endswith("to Luca  a slip of the pen  [cancelled; id b2]")


async def test_cancel_where_nothing_waits_is_refused(daemon: FakeDaemon) -> None:
    daemon.answers["history"] = {"messages": [ours("c3", "sent", "three")]}
    with pytest.raises(TypedError, match="/cancel ID takes an older one"):
        await done("/cancel", daemon)


async def test_who_is_here(daemon: FakeDaemon) -> None:
    assert await done("WHO", daemon) == ["nobody else is here yet"]
    assert daemon.params_of("users") == [{"refresh": True}]


async def test_the_history_of_one(daemon: FakeDaemon) -> None:
    assert await done("/history Luca", daemon) == ["no messages yet"]
    assert daemon.params_of("history") == [{"with": "Luca", "limit": 20}]


async def test_what_has_the_words(daemon: FakeDaemon) -> None:
    daemon.answers["history"] = {"messages": [ours("a1", "sent", "two words")]}
    [line] = await done("/search two  words", daemon)
    assert line.endswith("to Luca  two words  [sent]")
    assert daemon.params_of("history") == [{"search": "two  words", "limit": 20}]


def image(message_id: str, path: Path) -> Json:
    return {**ours(message_id, "sent", ""), "kind": "image", "path": str(path)}


@pytest.mark.parametrize(("to", "with_"), [("Luca", "Luca"), ("*", None), (None, None)])
async def test_the_newest_image_is_saved(daemon: FakeDaemon, tmp_path: Path, to: str | None, with_: str | None) -> None:
    (tmp_path / "new.png").write_bytes(b"new")
    text = {**ours("c3", "sent", "a text"), "kind": "text"}
    images = [image("a1", tmp_path / "old.png"), image("b2", tmp_path / "new.png")]
    daemon.answers["history"] = {"messages": [*images, text]}
    assert await done(f"/save {tmp_path}/copy.png", daemon, to) == [f"saved as {tmp_path}/copy.png"]
    assert (tmp_path / "copy.png").read_bytes() == b"new"
    assert [params["with"] for params in daemon.params_of("history")] == [with_]


@pytest.mark.parametrize("line", ["/history", "/history everyone", "/history *"])
async def test_the_history_of_all(daemon: FakeDaemon, line: str) -> None:
    await done(line, daemon)
    assert daemon.params_of("history") == [{"with": None, "limit": 20}]


@pytest.mark.parametrize("line", ["/open", "/save copy.png"])
async def test_where_no_image_is_there_is_nothing_to_see_or_save(daemon: FakeDaemon, line: str) -> None:
    daemon.answers["history"] = {"messages": [{**ours("c3", "sent", "a text"), "kind": "text"}]}
    with pytest.raises(TypedError, match="no image is here"):
        await done(line, daemon)


async def test_the_newest_image_is_opened(daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "new.png").touch()
    daemon.answers["history"] = {"messages": [image("a1", tmp_path / "old.png"), image("b2", tmp_path / "new.png")]}
    assert await done("/open", daemon) == [f"no desktop here; the image is {tmp_path}/new.png"]


async def test_help_names_every_command(daemon: FakeDaemon) -> None:
    shown = "\n".join(await done("HELP", daemon))
    assert all(f"/{name}" in shown for name in COMMANDS)
    assert "JOIN LEAVE WHO MSG IMG CONFIG HELP" in shown
