import json

import pytest
from fake_daemon import FakeDaemon
from ran import Run

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


def test_users_for_people(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["users"] = {"users": [LUCA]}
    ran = slcpctl("users")
    assert (ran.code, ran.out, ran.err) == (0, "Luca  present  192.168.0.11:5002  slcpd\n", "")
    assert daemon.params_of("users") == [{"refresh": False}]


def test_users_for_programs_one_a_line(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["users"] = {"users": [LUCA, {**LUCA, "handle": "\x1b\u202e"}]}
    ran = slcpctl("users", "--json", "--refresh")
    assert [json.loads(line)["handle"] for line in ran.out.splitlines()] == ["Luca", "\x1b\u202e"]
    assert ran.out.isascii()
    assert daemon.params_of("users") == [{"refresh": True}]


def test_nobody_here_is_no_data(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("users")
    assert (ran.code, ran.out) == (0, "")
    assert "`slcpctl users --refresh` asks again" in ran.err
    assert slcpctl("users", "--json").err == slcpctl("users", "--json").out == ""


def test_away_with_an_answer(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["set_config"] = {"value": True, "source": "settings", "needs_restart": False}
    daemon.answers["get_config"] = {"config": {"autoreply": {"value": "Gone fishing"}}}
    ran = slcpctl("away", "Gone", "fishing")
    assert (ran.code, ran.out, ran.err) == (0, "", "away; texts are answered with: Gone fishing\n")
    assert daemon.params_of("set_config") == [
        {"key": "autoreply", "value": "Gone fishing"},
        {"key": "inactive", "value": True},
    ]


def test_away_keeps_the_answer_of_before(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["set_config"] = {}
    daemon.answers["get_config"] = {"config": {"autoreply": {"value": ""}}}
    assert slcpctl("away").err == "away\n"
    assert daemon.params_of("set_config") == [{"key": "inactive", "value": True}]


def test_back(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["set_config"] = {"value": False, "source": "settings", "needs_restart": False}
    assert slcpctl("back", "--json").out == '{"value": false, "source": "settings", "needs_restart": false}\n'
    assert daemon.params_of("set_config") == [{"key": "inactive", "value": False}]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["join"], ("join", {})),
        (["leave"], ("leave", {})),
        (["block", "Luca"], ("block", {"handle": "Luca"})),
        (["unblock", "Luca"], ("unblock", {"handle": "Luca"})),
    ],
)
def test_simple_requests(slcpctl: Run, daemon: FakeDaemon, words: list[str], asked: tuple[str, object]) -> None:
    daemon.answers[words[0]] = {}
    ran = slcpctl(*words)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err
    assert daemon.asked == [asked]
