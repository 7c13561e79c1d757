"""The daemons that are measured: on loopback, with logs as users have them, gone when the context ends."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from daemons import Daemon, World, free_port
from meeting import meet

SENDER, RECIPIENT = "Ani", "Luca"
AS_USERS_RUN_IT = {"PYTHONWARNINGS": "", "PYTHONDONTWRITEBYTECODE": ""}  # compiled once, not at each start
MAX_IMAGE = 4 << 30  # bytes: above all that is sent here
LOG = ("--log-level", "info")


@contextmanager
def daemon(folder: Path, handle: str, prefix: Sequence[str] = (), **keys: Any) -> Iterator[Daemon]:
    """Start a daemon of that handle in a world of its own, inside `folder`."""
    with daemons_of([world(folder, handle, **keys)], prefix) as [started]:
        yield started


@contextmanager
def pair(folder: Path, **keys: Any) -> Iterator[tuple[Daemon, Daemon]]:
    """Start two daemons that know each other."""
    whoisport = free_port()
    worlds = [world(folder, handle, whoisport=whoisport, **keys) for handle in (SENDER, RECIPIENT)]
    with daemons_of(worlds) as [sender, recipient]:
        meet(sender, recipient)
        yield sender, recipient


@contextmanager
def daemons_of(
    worlds: Sequence[World], prefix: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[list[Daemon]]:
    """Start a daemon in each of these worlds, side by side."""
    daemons = [Daemon(one, prefix, {**AS_USERS_RUN_IT, **(environment or {})}) for one in worlds]
    with ExitStack() as stack:
        for each in daemons:
            stack.callback(each.close)
            each.launch(*LOG)
        for each in daemons:
            each.wait_until_ready()
        yield daemons


def world(folder: Path, handle: str, **keys: Any) -> World:
    """Make the folders of a user, with ports of its own where `keys` name none."""
    made = World(folder / handle)
    made.configure(
        **{"handle": handle, "port": free_port(), "whoisport": free_port(), "max_image_size": MAX_IMAGE, **keys}
    )
    return made


def request(method: str, **params: Any) -> bytes:
    """Return the line of a request of the control API."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"


def slcpctl(of: Daemon, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command that a user types, and its environment."""
    script = Path(sys.executable).with_name("slcpctl")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "slcpctl"]
    return [*command, *arguments], {**os.environ, **AS_USERS_RUN_IT, **of.world.variables, "SLCP_INTERFACES": "lo"}
