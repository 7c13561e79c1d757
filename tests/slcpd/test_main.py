"""Arguments, the first run, and what is said when it cannot run: exit codes and one clear line."""

import os
import socket
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from daemons import WAIT, Daemon, World, free_port, run_slcpd

from slcp import __version__
from slcp.config import load
from slcpd.instance import single_instance


def unservable(world: World) -> dict[str, str]:
    """What keeps a daemon from serving, after it has read its files: a socket path that is too long."""
    return {"XDG_RUNTIME_DIR": str(world.root / "run" / ("x" * 120))}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "Ani")


def one_line(text: str) -> str:
    """Return the only line, without the program's name in front."""
    [line] = text.splitlines()
    assert line.startswith("slcpd: ")
    return line


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('handle = "two words"', ["handle", "1 to 32 characters", "'two words'"]),
        ("port = 80", ["port", "from 1024 to 65535", "80"]),
        ('port = "5001"', ["port", "a whole number"]),
        ("inactive = 1", ["inactive", "true or false"]),
        ('handel = "Ani"', ["handel", "did you mean handle?"]),
        ('log_level = "loud"', ["log_level", "debug, info, warning, error"]),
        ("handle = Ani", ["not valid TOML", "line 1"]),
        ("\\xff", ["not valid TOML"]),
    ],
)
def test_a_wrong_config_is_named_by_file_key_and_what_is_expected(world: World, written: str, words: list[str]) -> None:
    world.config.parent.mkdir(parents=True)
    world.config.write_bytes(written.encode().replace(b"\\xff", b"\xff"))
    ended = run_slcpd(world)
    assert ended.returncode == 2
    line = one_line(ended.stderr)
    for word in [str(world.config), *words]:
        assert word in line
    assert ended.stdout == ""


def test_a_wrong_settings_file_is_named_too(world: World) -> None:
    world.configure(handle="Ani")
    settings = world.root / "state/slcp/settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("inactive = 7\n")
    ended = run_slcpd(world)
    assert ended.returncode == 2
    assert f"{settings}: inactive must be true or false" in one_line(ended.stderr)


def test_an_interface_that_does_not_exist_is_waited_for(world: World, whoisport: int) -> None:
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    daemon = Daemon(world, environment={"SLCP_INTERFACES": "nosuch0"}).start()
    try:
        assert daemon.request("status")["links"] == []
        assert "there is no nosuch0 now" in world.log.read_text(encoding="utf-8")
    finally:
        daemon.close()


@pytest.mark.parametrize("how", ["newer", "damaged"])
def test_a_history_that_cannot_be_used_is_named(world: World, whoisport: int, how: str) -> None:
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    world.database.parent.mkdir(parents=True)
    if how == "newer":
        with closing(sqlite3.connect(world.database)) as database:
            database.execute("PRAGMA user_version = 1000")
    else:
        world.database.write_bytes(b"no database" * 1000)
    ended = run_slcpd(world, "--background")
    assert ended.returncode == 2
    assert str(world.database) in one_line(ended.stderr)
    assert not world.socket.exists()


def test_a_port_that_the_user_chose_and_another_holds_is_refused(world: World, whoisport: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        world.configure(handle="Ani", port=port, whoisport=whoisport)
        ended = run_slcpd(world)
    assert ended.returncode == 2
    assert f"port {port} cannot be used" in one_line(ended.stderr)


@pytest.mark.parametrize("name", ["state", "data", "run/slcp"])
def test_a_folder_that_cannot_be_made_is_named(world: World, whoisport: int, name: str) -> None:
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    in_the_way = world.root / name
    in_the_way.write_text("a file")
    ended = run_slcpd(world, "--background")
    assert ended.returncode in (1, 2)
    assert str(in_the_way) in one_line(ended.stderr)


def test_a_second_daemon_of_the_profile_says_which_process_is_the_first(world: World) -> None:
    with single_instance(world.root / "state/slcp/slcpd.lock"):
        ended = run_slcpd(world, "--background")
    assert ended.returncode == 3
    line = one_line(ended.stderr)
    assert f"process {os.getpid()}" in line
    assert "already running" in line


def test_a_failure_without_a_file_name_is_told_too(world: World) -> None:
    without_disk = ["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh", sys.executable, "-m", "slcpd"]
    ended = subprocess.run(
        without_disk, env=world.environment, capture_output=True, text=True, timeout=WAIT, check=False
    )
    assert ended.returncode == 1
    assert one_line(ended.stderr) == "slcpd: the system: File too large"


def test_it_can_be_told_to_end_while_it_is_still_loading(world: World, tmp_path: Path) -> None:
    (tmp_path / "psutil.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    ended = run_slcpd(world, PYTHONPATH=str(tmp_path))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_first_run_writes_a_config_with_the_login_name(world: World) -> None:
    run_slcpd(world, **unservable(world), LOGNAME="Grace Hopper")
    written = world.config.read_text(encoding="utf-8")
    assert tomllib.loads(written) == {"handle": "GraceHopper"}
    for key in ("port = 5001", "whoisport = 4000", "autoreply = ", "imagepath = ", "inactive = false"):
        assert f"# {key}" in written
    layers = load(world.config, world.root / "none", {}, {})
    assert layers.config.handle == "GraceHopper"


def test_a_config_that_is_there_is_left_alone(world: World) -> None:
    world.configure(handle="Ani")
    before = world.config.read_bytes()
    run_slcpd(world, **unservable(world))
    assert world.config.read_bytes() == before


def test_another_config_file_may_be_named(world: World, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("port = 1")
    ended = run_slcpd(world, "--config", str(mine))
    assert ended.returncode == 2
    assert f"{mine}: port" in one_line(ended.stderr)
    assert not world.config.exists()


def test_a_config_file_that_is_named_and_not_there_is_not_made(world: World, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    ended = run_slcpd(world, "--config", str(mine), **unservable(world))
    assert ended.returncode == 2
    assert f"{mine}: there is no such file" in one_line(ended.stderr)
    assert not mine.exists()
    assert not world.config.exists()


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "x" * 33, "a b"])
def test_a_profile_that_cannot_name_files_is_refused(world: World, name: str) -> None:
    ended = run_slcpd(world, "--profile", name)
    assert ended.returncode == 2
    assert "--profile" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((world.root / "run").iterdir()) == []


def test_it_tells_its_version_and_its_use(world: World) -> None:
    assert run_slcpd(world, "--version").stdout == f"slcpd {__version__}\n"
    use = run_slcpd(world, "--help").stdout
    assert "--background" in use
    assert "3 another one of the profile runs" in " ".join(use.split())
    assert run_slcpd(world, "--dance").returncode == 2
