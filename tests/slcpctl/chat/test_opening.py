from pathlib import Path

import pytest
from fake_daemon import FakeDaemon

from slcp.config import load
from slcpctl.chat import asking, opening


def test_the_first_start_asks_for_the_handle(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ask_handle", lambda: "Ani")
    opening.introduce(None)
    config = home / "CONFIG_HOME/slcp/config.toml"
    assert load(config, home / "none", {}, {}).config.handle == "Ani"
    monkeypatch.setattr(asking, "ask_handle", lambda: pytest.fail("it was asked already"))
    opening.introduce(None)


def test_a_daemon_that_runs_needs_no_introduction(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ask_handle", lambda: pytest.fail("a daemon runs"))
    opening.introduce(None)
