"""redis: a daemon on a Unix socket that answers commands. Written in C for machines; keeps all in memory here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.others.installed import find
from benchmarks.processes import serving, takes_connections

COMMAND = "redis-cli ping (C)"
CALL = "redis, PING (C)"


class Redis(NamedTuple):
    """One that runs."""

    command: list[str]
    socket: Path


@contextmanager
def server(folder: Path) -> Iterator[Redis]:
    """Run a server inside `folder`."""
    program, client = find("redis-server", "redis-server"), find("redis-cli", "redis-tools")
    socket = folder / "redis.sock"
    options = {"port": "0", "bind": "127.0.0.1", "unixsocket": socket, "dir": folder, "save": "", "appendonly": "no"}
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    with serving([program, *words], lambda: takes_connections(socket)):
        yield Redis([client, "-s", str(socket), "ping"], socket)
