import json

import pytest
from fake_daemon import FakeDaemon, RefusedError
from ran import Run

OWN = {"fingerprint": "a" * 64, "spoken": "11111 22222"}
LUCAS = {"fingerprint": "b" * 64, "spoken": "33333 44444"}
NEW = {"fingerprint": "c" * 64, "spoken": "55555 66666"}


def found(standing: str, pinned: list[object], shown: object) -> dict[str, object]:
    return {"handle": "Luca", "standing": standing, "own": OWN, "pinned": pinned, "shown": shown}


@pytest.mark.parametrize(
    ("standing", "pinned", "shown", "said"),
    [
        ("plain", [], None, ["11111 22222", "has shown no key"]),
        ("new", [], LUCAS, ["33333 44444", "11111 22222", "not met yet"]),
        ("pinned", [LUCAS], LUCAS, ["33333 44444", "11111 22222", "`slcpctl trust Luca`"]),
        ("verified", [LUCAS], None, ["33333 44444", "11111 22222", "verified"]),
        ("changed", [LUCAS], NEW, ["33333 44444", "55555 66666", "11111 22222", "`slcpctl trust Luca`"]),
    ],
)
def test_verify_shows_the_keys_and_what_to_do(
    slcpctl: Run, daemon: FakeDaemon, standing: str, pinned: list[object], shown: object, said: list[str]
) -> None:
    daemon.answers["verify"] = found(standing, pinned, shown)
    ran = slcpctl("verify", "Luca")
    assert (ran.code, ran.err) == (0, "")
    assert all(words in ran.out for words in said)
    keys = ran.out.count("33333") + ran.out.count("55555") + ran.out.count("11111")
    assert keys == len({key["spoken"] for key in [OWN, *pinned, *([shown] if shown else [])]})  # type: ignore[index]
    assert daemon.params_of("verify") == [{"handle": "Luca"}]


def test_verify_for_programs(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["verify"] = found("pinned", [LUCAS], LUCAS)
    assert json.loads(slcpctl("verify", "Luca", "--json").out) == daemon.answers["verify"]


@pytest.mark.parametrize(
    ("words", "plain", "said"),
    [(["trust", "Luca"], False, LUCAS["spoken"]), (["trust", "--plain", "Luca"], True, "plain text")],
)
def test_trust_says_what_it_has_done(
    slcpctl: Run, daemon: FakeDaemon, words: list[str], plain: bool, said: str
) -> None:
    daemon.answers["trust"] = found("verified", [LUCAS], LUCAS)
    ran = slcpctl(*words)
    assert (ran.code, ran.out) == (0, "")
    assert said in ran.err
    assert daemon.params_of("trust") == [{"handle": "Luca", "plain": plain}]


def test_trust_for_programs(slcpctl: Run, daemon: FakeDaemon) -> None:
    daemon.answers["trust"] = {}
    ran = slcpctl("trust", "Luca", "--json")
    assert (ran.out, ran.err) == ("{}\n", "")


@pytest.mark.parametrize("command", ["verify", "trust"])
def test_what_the_daemon_refuses_is_told(slcpctl: Run, daemon: FakeDaemon, command: str) -> None:
    daemon.answers[command] = RefusedError("unknown_user", "no user Luca; nobody is here yet")
    ran = slcpctl(command, "Luca")
    assert ran.code != 0
    assert "no user Luca" in ran.err
