"""The place of the control socket: ours alone, or a clear refusal."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest
from daemons import World, free_port, run_slcpd

from slcp.errors import ConfigError
from slcpd.local_socket import bound


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_socket_and_folder_are_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "run/slcp/control.sock"
    with bound(path):
        assert mode(path.parent) == 0o700
        assert mode(path) == 0o600


def test_a_folder_of_ours_that_others_may_look_into_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "slcp"
    folder.mkdir(mode=0o755)
    with bound(folder / "control.sock"):
        assert mode(folder) == 0o700


@pytest.mark.parametrize("writable", [0o770, 0o707, 0o1777], ids=oct)
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, writable: int) -> None:
    folder = tmp_path / "slcp"
    folder.mkdir()
    folder.chmod(writable)
    with pytest.raises(ConfigError, match=f"others may write there; `chmod 700 {folder}`"), bound(folder / "control"):
        pass
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("writable", [0o770, 0o707], ids=oct)
def test_a_folder_in_which_others_may_exchange_ours_is_refused(tmp_path: Path, writable: int) -> None:
    tmp_path.chmod(writable)
    with pytest.raises(ConfigError, match=r"others may write there.*XDG_RUNTIME_DIR"), bound(tmp_path / "slcp/control"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_in_a_sticky_folder_such_as_tmp_nobody_can_exchange_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with bound(tmp_path / "slcp/control.sock"):
        assert mode(tmp_path / "slcp") == 0o700


def test_what_is_made_on_the_way_is_for_the_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with bound(tmp_path / "run/slcp/control.sock"):
            assert mode(tmp_path / "run") == 0o700
    finally:
        os.umask(before)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_in_that_of_someone_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(ConfigError, match="someone else's; set XDG_RUNTIME_DIR"), bound(tmp_path / "slcp/control.sock"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_socket_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slcp/control.sock"
    path.mkdir(parents=True, mode=0o700)
    path.parent.chmod(0o700)
    with pytest.raises(ConfigError, match="is in the way"), bound(path):
        pass


def test_a_file_or_a_link_in_the_place_of_the_socket_is_replaced(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "slcp/control.sock", tmp_path / "precious"
    path.parent.mkdir(mode=0o700)
    elsewhere.write_text("precious")
    path.symlink_to(elsewhere)
    with bound(path):
        assert path.is_socket()
    assert elsewhere.read_text() == "precious"


def test_a_daemon_that_cannot_have_its_place_ends_with_the_code_of_a_wrong_configuration(
    tmp_path: Path, whoisport: int
) -> None:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    (tmp_path / "Ani/run").chmod(0o770)
    refused = run_slcpd(world)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"slcpd: {tmp_path}/Ani/run: others may write there; `chmod go-w ")
    assert refused.stderr.count("\n") == 1


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
