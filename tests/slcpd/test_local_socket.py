"""The place of the control socket: ours alone, or a clear refusal."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from slcp.errors import ConfigError
from slcpd.local_socket import bound


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_socket_and_folder_are_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "run/slcp/control.sock"
    with bound(path):
        assert mode(path.parent) == 0o700
        assert mode(path) == 0o600


def test_an_open_folder_of_ours_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "slcp"
    folder.mkdir(mode=0o755)
    folder.chmod(0o777)
    with bound(folder / "control.sock"):
        assert mode(folder) == 0o700


def test_the_socket_is_gone_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "slcp/control.sock"
    with bound(path):
        pass
    assert not path.exists()


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "slcp/control.sock"
    path.parent.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as killed:
        killed.bind(str(path))
    with bound(path) as control, closing(socket.socket(socket.AF_UNIX)) as client:
        control.listen()
        client.connect(str(path))


def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    link = tmp_path / "slcp"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="not a link") as refusal, bound(link / "control.sock"):
        pass
    assert str(link) in str(refusal.value)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert mode(tmp_path / "elsewhere") == 0o755


def test_a_folder_of_someone_else_is_refused(tmp_path: Path) -> None:
    folder = Path("/usr")  # of root
    if os.getuid() == 0:
        folder = tmp_path / "slcp"
        folder.mkdir()
        os.chown(folder, 12345, 12345)
    with pytest.raises(ConfigError, match="someone else's") as refusal, bound(folder / "control.sock"):
        pass
    assert str(folder) in str(refusal.value)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "slcp").write_text("in the way")
    with pytest.raises(ConfigError, match="XDG_RUNTIME_DIR"), bound(tmp_path / "slcp/control.sock"):
        pass


def test_a_path_that_is_too_long_for_a_socket_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120) / "control.sock"
    with pytest.raises(ConfigError, match="set XDG_RUNTIME_DIR to a folder with a short path"), bound(path):
        pass
