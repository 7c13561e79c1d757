import json
import sys
from pathlib import Path

import pytest
from fake_daemon import FakeDaemon
from ran import Run

from slcpctl import supervisors
from slcpctl.systemd import Systemd

CONFIG = {
    "handle": {"value": "Ani", "source": "config file", "needs_restart": False},
    "port": {"value": 5001, "source": "default", "needs_restart": True},
}


@pytest.fixture
def daemon(daemon: FakeDaemon) -> FakeDaemon:
    daemon.answers["get_config"] = {"config": CONFIG}
    daemon.answers["set_config"] = lambda params: {**CONFIG[params["key"]], "source": "settings"}
    return daemon


def test_all_keys(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert slcpctl("config").out == 'handle = "Ani"  config file\nport   = 5001   default\n'
    assert json.loads(slcpctl("config", "--json").out) == {"config": CONFIG}


def test_one_key(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert slcpctl("config", "port").out == "port = 5001  default\n"
    assert json.loads(slcpctl("config", "port", "--json").out) == CONFIG["port"]


def test_no_key(slcpctl: Run, daemon: FakeDaemon) -> None:
    ran = slcpctl("config", "color")
    assert (ran.code, ran.out, ran.err) == (1, "", "slcpctl: color is no key; there are: handle, port\n")


@pytest.mark.parametrize(
    ("words", "value"), [(["Anita"], "Anita"), (["a", "few", "words"], "a few words"), ([""], ""), (["--unset"], None)]
)
def test_a_change(slcpctl: Run, daemon: FakeDaemon, words: list[str], value: str | None) -> None:
    ran = slcpctl("config", "handle", *words)
    assert (ran.code, ran.out, ran.err) == (0, 'handle = "Ani"  settings\n', "")
    assert daemon.params_of("set_config") == [{"key": "handle", "value": value}]


def test_a_change_that_waits_for_a_restart(slcpctl: Run, daemon: FakeDaemon) -> None:
    assert "works after `slcpctl stop` and `slcpctl start`" in slcpctl("config", "port", "5002").err


@pytest.mark.parametrize("words", [["--unset"], ["handle", "Ani", "--unset"]])
def test_unset_takes_a_key_alone(slcpctl: Run, daemon: FakeDaemon, words: list[str]) -> None:
    assert slcpctl("config", *words).code == 2


@pytest.mark.parametrize(("key", "told"), [("imagepath", True), ("handle", False)])
def test_a_change_of_what_the_sandbox_of_a_service_depends_on(
    slcpctl: Run, daemon: FakeDaemon, home: Path, monkeypatch: pytest.MonkeyPatch, key: str, told: bool
) -> None:
    daemon.answers["set_config"] = CONFIG["handle"]
    monkeypatch.setitem(supervisors.KINDS, sys.platform, Systemd)
    assert "service" not in slcpctl("config", key, "/x").err
    unit = home / "CONFIG_HOME/systemd/user/slcpd.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert ("`slcpctl service install` makes it for this one" in slcpctl("config", key, "/x").err) is told
