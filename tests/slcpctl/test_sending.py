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


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    daemon.answers["send_text"] = {"id": "a1"}
    daemon.answers["send_image"] = {"id": "a1"}
    return daemon


def test_a_text(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("msg", "Luca", "Hallo", "Luca!")
    assert (ran.code, ran.out, ran.err) == (0, "queued a1\n", "")
    assert daemon.asked == [("send_text", {"to": "Luca", "text": "Hallo Luca!"})]


@pytest.mark.parametrize("name", ["everyone", "Everyone", "*"])
def test_a_text_to_everyone(slcpctl: Run, daemon: FakeDaemon, name: str) -> None:
    daemon.answers["send_text"] = {"ids": ["a1", "b2"]}
    assert slcpctl("msg", name, "hi").out == "queued a1\nqueued b2\n"
    assert daemon.params_of("send_text") == [{"to": "*", "text": "hi"}]


@pytest.mark.parametrize(
    ("data", "text"), [(b"two\nlines\r\n", "two\nlines"), ("grün".encode(), "grün"), (b"no \xff", "no \udcff")]
)
def test_a_text_from_standard_input(
    slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch, data: bytes, text: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    slcpctl("msg", "Luca", "-")
    assert daemon.params_of("send_text") == [{"to": "Luca", "text": text}]


def test_images_by_absolute_path(slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert slcpctl("img", "Luca", "cat.jpg", "/tmp/../dog.png").code == 0
    assert [params["path"] for params in daemon.params_of("send_image")] == ["/cat.jpg", "/dog.png"]


@pytest.mark.parametrize(
    ("events", "code", "out", "err"),
    [
        ([OTHERS, SENT], 0, "sent a1\n", ""),
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
    daemon.answers["send_text"] = {"ids": ["a1", "b2"]}
    daemon.events = [FAILED, OTHERS]
    ran = slcpctl("msg", "--wait", "--json", "everyone", "hi")
    assert ran.code == 1
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {"id": "a1", "state": "failed", "reason": "it broke off"},
        {"id": "b2", "state": "sent", "reason": None},
    ]


def test_waiting_has_an_end(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.events = [OTHERS]
    daemon.keeps_open = True
    ran = slcpctl("msg", "--wait=0.05", "Luca", "hi")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == "1 of 1 not sent within 0.05 s: stays queued until the user is heard\n"


def test_the_daemon_may_end_meanwhile(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert slcpctl("img", "--wait", "Luca", "cat.jpg").code == 3


def test_retry(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["retry"] = {"id": "a1"}
    assert slcpctl("retry", "a1").out == "queued a1\n"
    daemon.answers["retry"] = RefusedError("not_retriable", "a1 is sent; only a failed message can be sent again")
    assert slcpctl("retry", "a1").code == 1


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
