import sys
from dataclasses import fields
from pathlib import Path

import pytest

from slcp.places import Places, places

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the XDG variables are those of Linux")


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CONFIG_HOME", "STATE_HOME", "DATA_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{variable}", f"/xdg/{variable.lower()}")


def test_every_file_is_in_the_folder_of_its_kind() -> None:
    assert places() == Places(
        config=Path("/xdg/config_home/slcp/config.toml"),
        settings=Path("/xdg/state_home/slcp/settings.toml"),
        lock=Path("/xdg/state_home/slcp/slcpd.lock"),
        log=Path("/xdg/state_home/slcp/slcpd.log"),
        database=Path("/xdg/data_home/slcp/history.sqlite"),
        identity=Path("/xdg/data_home/slcp/identity.pem"),
        images=Path("/xdg/data_home/slcp/images"),
        outbox=Path("/xdg/data_home/slcp/outbox"),
        socket=Path("/xdg/runtime_dir/slcp/control.sock"),
    )


def test_two_profiles_share_no_file() -> None:
    def files(profile: str | None) -> set[Path]:
        return {getattr(places(profile), field.name) for field in fields(Places)}

    assert len(files(None) | files("work") | files("home")) == 3 * len(fields(Places))


def test_a_profile_has_folders_of_its_own() -> None:
    assert places("work").config == Path("/xdg/config_home/slcp/profiles/work/config.toml")
    assert places("work").database == Path("/xdg/data_home/slcp/profiles/work/history.sqlite")


def test_another_config_file_changes_nothing_else() -> None:
    usual, other = places("work"), places("work", config=Path("/tmp/other.toml"))
    differing = [field.name for field in fields(Places) if getattr(usual, field.name) != getattr(other, field.name)]
    assert differing == ["config"]
    assert other.config == Path("/tmp/other.toml")


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variables_files_are_where_the_specification_says(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.setenv("HOME", "/home/ani")
    for variable in ("CONFIG_HOME", "STATE_HOME", "DATA_HOME"):
        monkeypatch.delenv(f"XDG_{variable}")
        if value is not None:
            monkeypatch.setenv(f"XDG_{variable}", value)
    found = places()
    assert found.config == Path("/home/ani/.config/slcp/config.toml")
    assert found.settings == Path("/home/ani/.local/state/slcp/settings.toml")
    assert found.database == Path("/home/ani/.local/share/slcp/history.sqlite")
