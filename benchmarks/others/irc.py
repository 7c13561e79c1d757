"""ngircd: texts through an IRC server. Written in C, for people; keeps nothing on the disk."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from daemons import free_port

from benchmarks.lines import LineClient
from benchmarks.others.installed import find
from benchmarks.processes import serving, takes_connections

TEXTS = "ngircd (C, one server, nothing kept)"
CONFIG = """\
[Global]
Name = irc.bench.test
Info = bench
Listen = 127.0.0.1
Ports = {port}
[Limits]
MaxPenaltyTime = 0
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
"""


class Ngircd(NamedTuple):
    """A server that runs."""

    port: int


@contextmanager
def server(folder: Path) -> Iterator[Ngircd]:
    """Run a server on a port of 127.0.0.1."""
    program, port, config = find("ngircd", "ngircd"), free_port(), folder / "ngircd.conf"
    config.write_text(CONFIG.format(port=port))
    with serving([program, "--nodaemon", "--config", str(config)], lambda: takes_connections(port)):
        yield Ngircd(port)


class IrcChat:
    """Two clients of a server."""

    def __init__(self, stack: ExitStack, on: Ngircd) -> None:
        self._ani, self._luca = (_connect(stack, on.port, name) for name in ("ani", "luca"))

    def send(self, texts: Iterable[str]) -> None:
        self._ani.send("".join(f"PRIVMSG luca :{text}\r\n" for text in texts).encode())

    def arrive(self) -> str:
        return self._luca.read_until(b" PRIVMSG luca :").decode().rstrip("\r\n").partition(" PRIVMSG luca :")[2]

    def settle(self) -> None:
        """IRC answers nothing."""


def _connect(stack: ExitStack, port: int, name: str) -> LineClient:
    client = stack.enter_context(LineClient(port))
    client.send(f"NICK {name}\r\nUSER {name} 0 * :{name}\r\n".encode())
    client.read_until(b" 001 ")
    return client
