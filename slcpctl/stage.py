"""Two or more real daemons that hear nobody but each other, for the demo.

Each has folders of its own in one temporary folder, and talks on loopback alone, at ports that
were free a moment ago. When the context ends, they have ended too, and the folder is gone.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from slcp.client import Connection, DaemonUnreachableError, Json, request
from slcp.config import INTERFACES_VARIABLE
from slcp.errors import SlcpError
from slcp.links import LOOPBACK
from slcp.messages import KnownUsers, Who
from slcp.wire import MAX_LINE, decode, encode
from slcpctl.starting import NotStartedError, launch
from slcpctl.translating import tr

SEEN_WITHIN = 10.0  # seconds: on loopback it takes some ms
ENDS_WITHIN = 5.0  # seconds
_FOLDERS = {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run"}


class NotSeenError(SlcpError):
    """What should have happened was not observed."""


@dataclass
class Player:
    """One daemon on the stage, and how far its events have been read."""

    name: str
    port: int
    folder: Path
    seq: int = 0

    @property
    def socket(self) -> str:
        return str(self.folder / "run/slcp/control.sock")

    def request(self, method: str, **params: object) -> Json:
        return request(self.socket, method, **params)

    def wait_for(self, **fields: object) -> Json:
        """Return the next event that has these fields, such as its type. Raises NotSeenError."""
        with Connection(self.socket, timeout=SEEN_WITHIN) as daemon:
            for event in daemon.events(self.seq, time.monotonic() + SEEN_WITHIN):
                self.seq = event.get("seq", self.seq)
                if fields.items() <= event.items():
                    return event
        wanted = " ".join(f"{name}={value}" for name, value in fields.items())
        words = tr("{player} has seen no event with {wanted} within {seconds:g} s")
        raise NotSeenError(words.format(player=self.name, wanted=wanted, seconds=SEEN_WITHIN))

    def known_users(self) -> tuple[list[str], str]:
        """Send WHO as a plain program does, by UDP; return the handles of the answer, and the answer itself.

        Raises NotSeenError.
        """
        with socket.socket(type=socket.SOCK_DGRAM) as plain:
            plain.settimeout(SEEN_WITHIN)
            plain.sendto(encode(Who()), (LOOPBACK, self.port))
            try:
                while not isinstance(message := decode(line := plain.recv(MAX_LINE)), KnownUsers):
                    pass
            except TimeoutError as error:
                words = tr("{player} has not answered WHO within {seconds:g} s", player=self.name, seconds=SEEN_WITHIN)
                raise NotSeenError(words) from error
        return [user.handle for user in message.users], line.decode().rstrip("\n")


@contextmanager
def players(*names: str) -> Iterator[list[Player]]:
    """Start a daemon for each name. Raises NotStartedError, ConfigError."""
    with TemporaryDirectory(prefix="slcp-") as folder, ExitStack() as running:
        whoisport, *ports = free_ports(len(names) + 1)
        stage = [Player(name, port, Path(folder, name)) for name, port in zip(names, ports, strict=True)]
        for player in stage:
            running.enter_context(_daemon(player, whoisport))
        yield stage


@contextmanager
def _daemon(player: Player, whoisport: int) -> Iterator[None]:
    """Run the daemon of a player while the context lasts."""
    folders = {variable: player.folder / name for variable, name in _FOLDERS.items()}
    for folder in folders.values():
        folder.mkdir(parents=True, mode=0o700)
    config = folders["XDG_CONFIG_HOME"] / "slcp/config.toml"
    config.parent.mkdir()
    config.write_text(f'handle = "{player.name}"\nport = {player.port}\nwhoisport = {whoisport}\n', encoding="utf-8")
    surroundings = {
        **os.environ,
        **{variable: str(path) for variable, path in folders.items()},
        INTERFACES_VARIABLE: "lo",
    }
    process = launch([], surroundings)
    if process is None:
        raise NotStartedError(tr("another daemon runs in the new folder {folder}", folder=player.folder))
    try:
        yield
    finally:
        _stop(player, process)


def _stop(player: Player, process: subprocess.Popen[bytes]) -> None:
    """Ask the daemon to end, and make it if it does not."""
    try:
        player.request("shutdown")
        process.wait(ENDS_WITHIN)
    except (DaemonUnreachableError, subprocess.TimeoutExpired):
        process.terminate()
        process.wait(ENDS_WITHIN)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody uses now, neither with TCP nor with UDP."""
    with ExitStack() as held:
        return [_hold_port(held) for _ in range(count)]


def _hold_port(held: ExitStack) -> int:
    while True:
        tcp, udp = held.enter_context(socket.socket()), held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        tcp.bind(("127.0.0.1", 0))
        port: int = tcp.getsockname()[1]
        try:
            udp.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
