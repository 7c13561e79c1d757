from pathlib import Path

import pytest

from slcpctl.launchd import Launchd
from slcpctl.supervisors import NoSupervisorError, installed, supervisor_of
from slcpctl.systemd import Systemd


@pytest.mark.parametrize(("platform", "kind"), [("linux", Systemd), ("darwin", Launchd)])
def test_each_system_has_its_own(platform: str, kind: type) -> None:
    assert type(supervisor_of(None, platform)) is kind


@pytest.mark.parametrize("platform", ["win32", "freebsd14"])
def test_elsewhere_the_way_on_is_told(platform: str) -> None:
    with pytest.raises(NoSupervisorError, match=rf"not on {platform}: .* -m slcpd`, which stays in the foreground"):
        supervisor_of(None, platform)


def test_it_is_installed_when_its_file_is_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))  # where launchd looks
    assert installed(None) is None
    file = supervisor_of("work").file
    file.parent.mkdir(parents=True)
    file.touch()
    assert installed(None) is None
    found = installed("work")
    assert found is not None
    assert found.file == file
