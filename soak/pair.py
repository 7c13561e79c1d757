"""Two daemons that write to each other, and what happens to them."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from daemons import Daemon, World, free_port

from slcp.client import DaemonUnreachableError

POLL_EVERY = 0.05  # seconds
SENDER, RECIPIENT = "Ani", "Luca"


def make_world(root: Path, handle: str, whoisport: int) -> World:
    """Make the folders of a user on loopback."""
    world = World(root)
    world.configure(handle=handle, port=free_port(), whoisport=whoisport)
    return world


def launch_all(daemons: Sequence[Daemon]) -> None:
    """Start the processes of some daemons."""
    for daemon in daemons:
        daemon.launch("--log-level", "info")


def start_all(daemons: Sequence[Daemon]) -> None:
    """Start some daemons side by side; return when all serve."""
    launch_all(daemons)
    for daemon in daemons:
        daemon.wait_until_ready()


def retry_failed(daemon: Daemon) -> int:
    """Queue again what has failed, as its user would. Returns how many."""
    failed = [message["id"] for message in _outgoing(daemon) if message["state"] == "failed"]
    for message_id in failed:
        daemon.request("retry", id=message_id)
    return len(failed)


def wait_until_sent(daemon: Daemon, within: float) -> bool:
    """Wait until nothing is queued any more, and nothing has failed. Tells whether that came, `within` seconds."""
    return wait_until(lambda: daemon.request("status")["queued"] == 0 and retry_failed(daemon) == 0, within)


def wait_until(holds: Callable[[], bool], within: float) -> bool:
    """Ask again and again until something holds. Tells whether it did, `within` seconds."""
    deadline = time.monotonic() + within
    while not _holds_now(holds):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_EVERY)
    return True


def _holds_now(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except DaemonUnreachableError:
        return False


def _outgoing(daemon: Daemon) -> Iterable[dict[str, str]]:
    """Yield all outgoing messages, newest first, a page at a time."""
    page = daemon.messages(limit=500)
    while page:
        yield from (message for message in reversed(page) if message["direction"] == "out")
        page = daemon.messages(limit=500, before=page[0]["seq"])
