import json
from typing import Any

import pytest
from fake_daemon import STANDARD, FakeDaemon, RefusedError
from ran import Run

from slcp import API_VERSION, __version__
from slcp.control import encode_result
from slcp.results import HelloResult
from slcpctl import versions

UNKNOWN_METHOD = RefusedError("unknown_method", "no method 'hello'")


def answer_hello(daemon: FakeDaemon, **hello: Any) -> None:
    daemon.answers["hello"] = {"handle": "Ani", "seq": 7, "version": __version__, "api": API_VERSION, **hello}


def test_the_fake_daemon_says_hello_as_the_real_one_does() -> None:
    real = json.loads(b"".join(encode_result(1, HelloResult("0", API_VERSION, "Ani", 7))))["result"]
    assert STANDARD["hello"] == real


@pytest.mark.parametrize("words", [["--version"], ["version"], ["--profile", "work", "--version"]])
def test_without_a_daemon_it_is_our_version(slcpctl: Run, words: list[str]) -> None:
    ran = slcpctl(*words)
    assert (ran.code, ran.out, ran.err) == (0, f"slcpctl {__version__}\n", "")


def test_a_daemon_of_the_same_version(slcpctl: Run, daemon: FakeDaemon) -> None:
    answer_hello(daemon)
    ran = slcpctl("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"slcpctl {__version__}\nslcpd {__version__}\n", "")


def test_a_daemon_of_another_version_is_told_with_the_next_step(slcpctl: Run, daemon: FakeDaemon) -> None:
    answer_hello(daemon, version="0.0.9", api=API_VERSION + 1)
    ran = slcpctl("--version")
    assert (ran.code, ran.out) == (0, f"slcpctl {__version__}\nslcpd 0.0.9\n")
    assert f"they differ, as after an upgrade: `slcpctl stop && slcpctl start` starts slcpd {__version__}" in ran.err


def test_a_daemon_that_cannot_say_its_version(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["hello"] = UNKNOWN_METHOD
    ran = slcpctl("--version")
    assert (ran.code, ran.out.splitlines()[1]) == (0, "slcpd of an unknown version")
    assert "slcpctl stop" in ran.err


def test_a_daemon_that_is_stuck(slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "ANSWERS_WITHIN", 0.05)
    daemon.answers["hello"] = daemon.say_nothing
    ran = slcpctl("--version")
    assert (ran.code, ran.out) == (0, f"slcpctl {__version__}\n")
    assert "does not answer within 0.05 s" in ran.err


def test_for_programs(slcpctl: Run, daemon: FakeDaemon) -> None:
    answer_hello(daemon, version="0.0.9")
    assert json.loads(slcpctl("--version", "--json").out) == {"slcpctl": __version__, "slcpd": "0.0.9"}


@pytest.mark.parametrize(
    "words",
    [
        ["users"],
        ["msg", "Luca", "hi"],
        ["img", "Luca", "cat.jpg"],
        ["history"],
        ["listen"],
        ["config"],
        ["status"],
        ["start"],
        ["verify", "Luca"],
        ["chat"],
    ],
)
@pytest.mark.parametrize("api", [API_VERSION + 1, API_VERSION - 1])
def test_no_command_speaks_to_a_daemon_of_another_api(
    slcpctl: Run, daemon: FakeDaemon, words: list[str], api: int
) -> None:
    answer_hello(daemon, version="9.9", api=api)
    ran = slcpctl(*words)
    assert (ran.code, ran.out, daemon.asked) == (1, "", [])
    assert ran.err == (
        f"slcpctl: the daemon that runs is slcpd 9.9, which slcp {__version__} cannot speak to (control API {api}, "
        f"not {API_VERSION}); `slcpctl stop && slcpctl start` starts the one that fits\n"
    )


def test_a_daemon_from_before_there_was_hello(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["hello"] = UNKNOWN_METHOD
    ran = slcpctl("users")
    assert (ran.code, daemon.asked) == (1, [])
    assert "slcpd of an unknown version" in ran.err


def test_a_daemon_that_cannot_answer_is_not_taken_for_an_old_one(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["hello"] = RefusedError("storage_failed", "the disk is full")
    assert slcpctl("users").err == "slcpctl: the disk is full\n"


def test_a_daemon_of_another_api_can_be_stopped(slcpctl: Run, daemon: FakeDaemon) -> None:
    answer_hello(daemon, version="9.9", api=API_VERSION + 1)
    daemon.answers["status"] = {"pid": (1 << 22) + 1}  # of no process: above what Linux gives
    daemon.answers["shutdown"] = {}
    ran = slcpctl("stop")
    assert (ran.code, ran.err) == (0, "slcpd has ended\n")
