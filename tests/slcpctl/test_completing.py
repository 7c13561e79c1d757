import time
from typing import Any

import pytest
from daemons import WAIT
from fake_daemon import FakeDaemon, RefusedError
from ran import Run

from slcp import API_VERSION
from slcp.config import KEYS
from slcpctl import completing
from slcpctl.commands import COMMANDS
from slcpctl.completing import IS_PATH, offers

WITHOUT_DAEMON = [
    (["us"], list(COMMANDS)),
    (["--profile", "work", ""], list(COMMANDS)),
    (["--profile", ""], []),
    (["--"], ["--profile", "--json", "-h", "--help", "--version"]),
    (["users", "-"], ["--refresh", "--profile", "--json", "-h", "--help"]),
    (["users", ""], []),
    (["xyzzy", ""], []),
    (["msg", "Luca", ""], []),
    (["msg", "Luca", "--", "-"], []),
    (["img", "Luca", ""], None),
    (["img", "Luca", "a.png", "b"], None),
    (["img", "--wait", "Luca", ""], None),
    (["img", "--wait=3", "Luca", ""], None),
    (["--json", "img", "--profile", "work", "Luca", ""], None),
    (["listen", "--cursor", ""], None),
    (["listen", "--since", ""], []),
    (["config", ""], list(KEYS)),
    (["config", "port", ""], []),
    (["completion", ""], ["bash", "zsh", "fish"]),
    (["service", ""], ["install", "remove", "status"]),
    (["--profile", "work", "service", "install", ""], []),
    (["help", ""], list(COMMANDS)),
]


def user(handle: str, ip: str = "192.168.0.1") -> dict[str, Any]:
    return {"handle": handle, "name": f"{handle}@{ip}:5001"}


def names(slcpctl: Run, *words: str) -> list[str]:
    ran = slcpctl("__complete", *words, "")
    assert (ran.code, ran.err) == (0, "")
    return ran.out.splitlines()


@pytest.mark.parametrize(("words", "expected"), WITHOUT_DAEMON)
def test_what_follows_from_the_table(slcpctl: Run, words: list[str], expected: list[str] | None) -> None:
    assert offers(words) == expected


def test_words_are_printed_one_a_line(slcpctl: Run) -> None:
    ran = slcpctl("__complete", "completion", "")
    assert (ran.code, ran.out, ran.err) == (0, "bash\nzsh\nfish\n", "")


def test_a_path_is_left_to_the_shell(slcpctl: Run) -> None:
    ran = slcpctl("__complete", "img", "Luca", "")
    assert (ran.code, ran.out, ran.err) == (IS_PATH, "", "")


@pytest.mark.parametrize("command", ["msg", "img"])
def test_recipients_are_who_is_here_and_everyone(slcpctl: Run, daemon: FakeDaemon, command: str) -> None:
    daemon.answers["users"] = {"users": [user("Luca"), user("Zoë")]}
    assert names(slcpctl, command) == ["Luca", "Zoë", "everyone"]


@pytest.mark.parametrize("command", ["chat", "history", "verify", "trust", "block"])
def test_peers_are_who_is_here(slcpctl: Run, daemon: FakeDaemon, command: str) -> None:
    daemon.answers["users"] = {"users": [user("Luca")]}
    assert names(slcpctl, command) == ["Luca"]


def test_whoever_is_blocked_can_be_unblocked(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["get_config"] = {"config": {"blocked": {"value": ["Eve@192.168.0.66:5001"]}}}
    assert names(slcpctl, "unblock") == ["Eve@192.168.0.66:5001"]


def test_a_handle_that_means_several_users_is_completed_to_each(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["users"] = {"users": [user("Luca"), user("Luca", "192.168.0.2"), user("everyone")]}
    assert names(slcpctl, "msg") == [
        "Luca@192.168.0.1:5001",
        "Luca@192.168.0.2:5001",
        "everyone@192.168.0.1:5001",
        "everyone",
    ]


@pytest.mark.parametrize("handle", ["\x1b[2J", "Lu\u202eca", "Lu\u200bca", "a\nb", "--plain", "\ud800"])
def test_a_handle_that_deceives_is_not_offered(slcpctl: Run, daemon: FakeDaemon, handle: str) -> None:
    daemon.answers["users"] = {"users": [user(handle), user("Luca")]}
    assert names(slcpctl, "block") == ["Luca"]


@pytest.mark.parametrize("profile", [["--profile", "work"], ["--profile=work"]])
def test_handles_are_those_of_the_profile(slcpctl: Run, daemon: FakeDaemon, profile: list[str]) -> None:
    daemon.answers["users"] = {"users": [user("Luca")]}
    with FakeDaemon(daemon.path.with_name("control-work.sock")) as work:
        work.answers["users"] = {"users": [user("Boss")]}
        assert names(slcpctl, *profile, "block") == ["Boss"]


@pytest.mark.parametrize("profile", ["default", "../x"])
def test_without_a_daemon_nobody_is_offered_and_none_is_started(slcpctl: Run, profile: str) -> None:
    assert names(slcpctl, "--profile", profile, "msg") == []


def test_a_daemon_that_is_stuck_is_not_waited_for(
    slcpctl: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "ANSWERS_WITHIN", 0.05)
    daemon.answers["users"] = daemon.say_nothing
    began = time.monotonic()
    assert names(slcpctl, "msg") == []
    assert time.monotonic() - began < WAIT


def test_whatever_the_daemon_refuses_is_nothing_to_offer(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["users"] = RefusedError("internal_error", "a bug")
    assert names(slcpctl, "msg") == []
    daemon.answers["hello"] = {"api": API_VERSION + 1}
    assert names(slcpctl, "msg") == []
