import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_daemon import FakeDaemon, RefusedError
from ran import Run

SENT = {"seq": 9, "type": "text_sent", "id": "a1", "handle": "Luca"}
FAILED = {"seq": 9, "type": "text_failed", "id": "a1", "handle": "Luca", "reason": "it broke off"}
OTHERS = {"seq": 8, "type": "text_sent", "id": "b2", "handle": "Tom"}


DELIVERED = {"seq": 9, "type": "text_delivered", "id": "a1", "handle": "Luca"}
CANCELLED = {"seq": 9, "type": "text_cancelled", "id": "a1", "handle": "Luca"}
BOTH = {"ids": ["a1", "b2"], "names": ["Luca@192.168.0.11:5002", "Tom@192.168.0.12:5002"]}


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    daemon.answers["send_text"] = {"id": "a1"}
    daemon.answers["send_image"] = {"id": "a1"}
    return daemon


def test_a_text(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("msg", "Luca", "Hallo", "Luca!")
    assert (ran.code, ran.out, ran.err) == (0, "queued a1\n", "")
    assert daemon.asked == [("send_text", {"to": "Luca", "text": "Hallo Luca!", "automatic": False})]


@pytest.mark.parametrize("name", ["everyone", "Everyone", "*"])
def test_a_text_to_everyone(slcpctl: Run, daemon: FakeDaemon, name: str) -> None:
    daemon.answers["send_text"] = BOTH
    assert slcpctl("msg", name, "hi").out == "queued a1  Luca@192.168.0.11:5002\nqueued b2  Tom@192.168.0.12:5002\n"
    assert daemon.params_of("send_text") == [{"to": "*", "text": "hi", "automatic": False}]


@pytest.mark.parametrize(
    ("data", "text"), [(b"two\nlines\r\n", "two\nlines"), ("grün".encode(), "grün"), (b"no \xff", "no \udcff")]
)
def test_a_text_from_standard_input(
    slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch, data: bytes, text: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    slcpctl("msg", "Luca", "-")
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": text, "automatic": False}]


@pytest.mark.parametrize("words", [["--automatic", "--", "-Luca", "-"], ["-", "--automatic"]], ids=" ".join)
def test_a_text_of_a_program(
    slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"--wait")))
    to = [] if "-Luca" in words else ["Luca"]
    assert slcpctl("msg", *to, *words).code == 0
    [params] = daemon.params_of("send_text")
    assert (params["text"], params["automatic"]) == ("--wait", True)


def test_images_by_absolute_path(slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert slcpctl("img", "Luca", "cat.jpg", "/tmp/../dog.png").code == 0
    assert [params["path"] for params in daemon.params_of("send_image")] == ["/cat.jpg", "/dog.png"]


@pytest.mark.parametrize(
    ("events", "code", "out", "err"),
    [
        ([OTHERS, SENT], 0, "sent a1\n", ""),
        ([DELIVERED], 0, "delivered a1\n", ""),
        ([CANCELLED], 1, "cancelled a1\n", "to Luca: it was cancelled; `slcpctl retry a1` tries again\n"),
        ([FAILED], 1, "failed a1\n", "to Luca: it broke off; `slcpctl retry a1` tries again\n"),
    ],
)
def test_waiting_for_the_outcome(
    slcpctl: Run, daemon: FakeDaemon, events: list[dict[str, Any]], code: int, out: str, err: str
) -> None:
    daemon.events = events
    ran = slcpctl("msg", "--wait", "Luca", "hi")
    assert (ran.code, ran.out, ran.err) == (code, out, err)
    assert daemon.params_of("subscribe") == [{"since": 7}]


def test_waiting_for_each_of_several(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["send_text"] = BOTH
    daemon.events = [FAILED, OTHERS]
    ran = slcpctl("msg", "--wait", "--json", "everyone", "hi")
    assert ran.code == 1
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {"id": "a1", "state": "failed", "reason": "it broke off"},
        {"id": "b2", "state": "sent", "reason": None},
    ]


def test_images_to_everyone_are_waited_for_each(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["send_image"] = BOTH
    daemon.events = [{**OTHERS, "type": "image_delivered"}, {**SENT, "type": "image_sent"}]
    ran = slcpctl("img", "--wait", "everyone", "cat.jpg")
    assert ran.out == "delivered b2  Tom@192.168.0.12:5002\nsent a1  Luca@192.168.0.11:5002\n"
    assert (ran.code, daemon.params_of("send_image")[0]["to"]) == (0, "*")


def test_a_name_of_a_peer_cannot_act_on_the_terminal(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["send_text"] = {"ids": ["a1"], "names": ["\x1b[2J@192.168.0.11:5002"]}
    assert slcpctl("msg", "everyone", "hi").out == "queued a1  \\x1b[2J@192.168.0.11:5002\n"


def test_while_waiting_it_is_told_once_for_what(
    slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpctl.sending.LOOK_EVERY", 0.05)
    mine = {"id": "a1", "handle": "Luca", "state": "queued", "reason": "nobody answers there"}
    others = [
        {**mine, "id": "b2", "handle": "Tom"},
        {**mine, "state": "failed", "reason": "it broke off"},
        {**mine, "reason": None},
    ]
    daemon.answers["history"] = {"messages": [*others, mine]}
    daemon.keeps_open = True
    ran = slcpctl("msg", "--wait=0.3", "Luca", "hi")
    assert len(daemon.params_of("subscribe")) > 1
    assert ran.code == 4
    assert ran.err == (
        "to Luca: waiting: nobody answers there\n1 of 1 not sent within 0.3 s: stays queued until the user is heard\n"
    )


def test_what_happens_between_two_looks_is_not_missed(
    slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpctl.sending.LOOK_EVERY", 0.05)
    daemon.events = [OTHERS]
    daemon.keeps_open = True

    def look(_: dict[str, Any]) -> dict[str, Any]:
        daemon.events = [SENT]
        return {"messages": []}

    daemon.answers["history"] = look
    assert slcpctl("msg", "--wait", "Luca", "hi").code == 0
    assert daemon.params_of("subscribe") == [{"since": 7}, {"since": 8}]


def test_waiting_has_an_end(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.events = [OTHERS]
    daemon.keeps_open = True
    ran = slcpctl("msg", "--wait=0.05", "Luca", "hi")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == "1 of 1 not sent within 0.05 s: stays queued until the user is heard\n"


def test_the_daemon_may_end_meanwhile(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert slcpctl("img", "--wait", "Luca", "cat.jpg").code == 3


@pytest.mark.parametrize(("command", "state"), [("retry", "queued"), ("cancel", "cancelled")])
def test_retry_and_cancel(slcpctl: Run, daemon: FakeDaemon, command: str, state: str) -> None:
    daemon.answers[command] = {}
    assert slcpctl(command, "a1", "b2").out == f"{state} a1\n{state} b2\n"
    assert daemon.params_of(command) == [{"id": "a1"}, {"id": "b2"}]
    assert json.loads(slcpctl(command, "--json", "a1").out) == {"id": "a1", "state": state}


@pytest.mark.parametrize("command", ["retry", "cancel"])
def test_one_message_that_is_refused_does_not_keep_others_from_it(
    slcpctl: Run, daemon: FakeDaemon, command: str
) -> None:
    def answer(params: dict[str, Any]) -> dict[str, Any]:
        if params["id"] == "a1":
            raise RefusedError("not_cancellable", "a1 has been sent; nothing takes that back")
        return {}

    daemon.answers[command] = answer
    ran = slcpctl(command, "a1", "b2")
    assert (ran.code, ran.err) == (1, "slcpctl: a1 has been sent; nothing takes that back\n")
    assert ran.out.endswith(" b2\n")


@pytest.mark.parametrize(
    ("is_ours", "err"), [(True, "started slcpd in the background (handle Ani, port 5001)\n"), (False, "")]
)
def test_a_daemon_is_started_when_none_runs(
    slcpctl: Run, socket_path: Path, monkeypatch: pytest.MonkeyPatch, is_ours: bool, err: str
) -> None:
    with FakeDaemon(socket_path) as fake:
        fake.answers["send_text"] = {"id": "a1"}
        hidden = socket_path.rename(socket_path.with_name("hidden"))

        def start(profile: str | None) -> tuple[dict[str, object], bool]:
            hidden.rename(socket_path)
            return {"handle": "Ani", "port": 5001}, is_ours

        monkeypatch.setattr("slcpctl.starting.start", start)
        ran = slcpctl("msg", "Luca", "hi")
    assert (ran.code, ran.out, ran.err) == (0, "queued a1\n", err)
