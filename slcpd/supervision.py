"""What whoever supervises us is told, as systemd wants it (sd_notify(3)): ready, alive, stopping.

One datagram a message, to the socket that $NOTIFY_SOCKET names. A supervisor that is not there, or does not
listen, keeps nobody from serving.
"""

import asyncio
import logging
import socket
import sys
from collections.abc import MutableMapping

TAKEN_WITHIN = 0.2  # seconds for which a supervisor whose buffer is full is waited for, and the loop with it
MICROSECOND = 1e-6  # seconds

log = logging.getLogger(__name__)


class Supervisor:
    """Who supervises us; nobody unless there is an address."""

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self.watchdog = watchdog  # seconds after which our silence means that we are stuck; None if nobody asks
        self._address = address

    def ready(self, status: str) -> None:
        """Say that we serve; `status` is a line for people."""
        self._tell(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """Say that we have begun to stop."""
        self._tell("STOPPING=1\nSTATUS=stopping")

    async def keep_alive(self) -> None:
        """Say that the loop turns, until cancelled; return at once where nobody asks."""
        while self.watchdog is not None:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.watchdog / 2)  # sd_watchdog_enabled(3): half of it

    def _tell(self, message: str) -> None:
        if self._address is None or sys.platform == "win32":
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.settimeout(TAKEN_WITHIN)
                out.sendto(message.encode(), self._address)
        except OSError as error:
            log.warning("the supervisor cannot be told %s: %s", message.partition("\n")[0], error)


NOBODY = Supervisor()


def supervisor_of(environment: MutableMapping[str, str], pid: int) -> Supervisor:
    """Return who supervises the process `pid`, and take it out of the environment: no child is to speak for us."""
    name = environment.pop("NOTIFY_SOCKET", "")
    period = environment.pop("WATCHDOG_USEC", "")
    watched = environment.pop("WATCHDOG_PID", "") or str(pid)
    is_watched = watched == str(pid) and period.isascii() and period.isdigit() and int(period) > 0
    return Supervisor(_address(name), int(period) * MICROSECOND if is_watched else None)


def _address(name: str) -> str | None:
    """Return the address of a Unix socket: a path, or behind an @ an abstract name. None for any other."""
    if name.startswith("@") and len(name) > 1:
        return f"\0{name[1:]}"
    return name if name.startswith("/") else None
