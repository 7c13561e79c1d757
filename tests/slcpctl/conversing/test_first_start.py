from pathlib import Path

from fake_daemon import FakeDaemon

from slcp.config import load
from slcpctl.conversing.first_start import config_to_write, write_config


def test_at_the_first_start_there_is_a_config_to_write(home: Path) -> None:
    path = config_to_write(None)
    assert path == home / "CONFIG_HOME/slcp/config.toml"
    write_config(path, "Ani")
    assert load(path, home / "none", {}, {}).config.handle == "Ani"
    assert config_to_write(None) is None


def test_where_a_daemon_runs_there_is_none(daemon: FakeDaemon) -> None:
    assert config_to_write(None) is None
