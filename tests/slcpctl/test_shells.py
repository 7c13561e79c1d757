"""Completion in real shells, with a real daemon and handles that strangers could have chosen."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from daemons import Daemon, World
from plain import PlainPeer
from ran import Run
from shell import COMMANDS, Shell

from slcpctl.commands import SHELLS
from slcpctl.shells import SCRIPTS

# no two begin alike, and none as "everyone" does; each, if it were evaluated, would make the file `pwned` or change
HOSTILE = [
    "a$(>pwned)",
    "b`>pwned`",
    "c;>pwned",
    "d'>pwned'",
    "q!!!-1$HOME",
    "f>pwned",
    "g&>pwned",
    "h\\$x\\",
    "i*[a-z]?",
    "j{1..3}",
    "k|tee|pwned",
    "l#~^=%",
    "(m)<(>pwned)",
    "~root",
    "Zoë@🙂",
]


@pytest.fixture(params=SHELLS)
def name(request: pytest.FixtureRequest) -> str:
    """The shells that this machine has."""
    if shutil.which(COMMANDS[request.param][0]) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def strangers(whoisport: int) -> Iterator[Callable[..., None]]:
    """Join with these handles, each from a host of its own."""
    with ExitStack() as peers:

        def join(*handles: str) -> None:
            for number, handle in enumerate(handles, 1):
                peers.enter_context(PlainPeer(handle, whoisport, f"127.0.1.{number}")).join()

        yield join


def first_to_type(handle: str) -> str:
    """What a user types of it: its first character, as a shell reads that."""
    return f"\\{handle[0]}" if handle[0] in "(~" else handle[0]


def test_there_is_a_script_for_each(slcpctl: Run) -> None:
    for shell in SHELLS:
        assert slcpctl("completion", shell).out == f"{SCRIPTS[shell]}\n"


def test_handles_of_strangers_arrive_as_one_word_and_run_nothing(
    name: str, start: Callable[..., Daemon], strangers: Callable[..., None]
) -> None:
    ani = start("Ani")
    strangers(*HOSTILE)
    for handle in HOSTILE:
        ani.wait_for("user_joined", handle=handle)
    with Shell(name, ani.world) as shell:
        assert {handle: shell.run(f"slcpctl msg {first_to_type(handle)}\t") for handle in HOSTILE} == {
            handle: ["msg", handle] for handle in HOSTILE
        }
        assert not list(shell.folder.glob("*pwned*"))


@pytest.mark.parametrize("handle", ["$(>pwned)", "=ls"])
def test_a_handle_is_completed_from_nothing(
    name: str, start: Callable[..., Daemon], strangers: Callable[..., None], handle: str
) -> None:
    ani = start("Ani")
    strangers(handle)
    ani.wait_for("user_joined", handle=handle)
    with Shell(name, ani.world) as shell:
        assert shell.run("slcpctl history \t") == ["history", handle]
        assert not (shell.folder / "pwned").exists()


def test_one_of_two_users_with_the_same_handle(name: str, start: Callable[..., Daemon], whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.1.1") as one, PlainPeer("Luca", whoisport, "127.0.2.1") as other:
        for peer in (one, other):
            peer.join()
            ani.wait_for("user_joined", ip=peer.ip)
        with Shell(name, ani.world) as shell:
            for typed in ("Luca@127.0.2", "Luca@127.0.2.1:"):
                assert shell.run(f"slcpctl msg {typed}\t") == ["msg", other.name]


def test_commands_options_keys_and_paths_without_a_daemon(name: str, tmp_path: Path) -> None:
    world = World(tmp_path / "Ani")
    with Shell(name, world) as shell:
        (shell.folder / "cat pic.jpg").touch()
        assert shell.run("slcpctl hist\t") == ["history"]
        assert shell.run("slcpctl users --ref\t") == ["users", "--refresh"]
        assert shell.run("slcpctl config auto\t") == ["config", "autoreply"]
        assert shell.run("slcpctl img Luca ca\t") == ["img", "Luca", "cat pic.jpg"]
        assert shell.run("slcpctl msg \t") == ["msg"]
        assert shell.run("slcpctl msg ca\t") == ["msg", "ca"]
    assert not world.socket.exists()
