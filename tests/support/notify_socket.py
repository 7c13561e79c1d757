"""The socket on which a service manager hears its services (sd_notify(3))."""

import socket
import time
from pathlib import Path
from typing import Self

from daemons import WAIT


class NotifySocket:
    """A datagram socket at a path, or at an abstract name that begins with @."""

    def __init__(self, name: Path | str) -> None:
        self.name = str(name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.name.replace("@", "\0", 1) if self.name.startswith("@") else self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def next(self, within: float = WAIT) -> dict[str, str] | None:
        """Return the assignments of the next message, None if none comes."""
        self._socket.settimeout(within)
        try:
            message = self._socket.recv(1 << 16).decode()
        except (TimeoutError, BlockingIOError):
            return None
        return dict(line.split("=", 1) for line in message.splitlines())

    def wait_for(self, name: str) -> dict[str, str]:
        """Return the first message that assigns `name`; those before are dropped."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            message = self.next(deadline - time.monotonic())
            if message and name in message:
                return message
        raise AssertionError(f"nobody has said {name}")

    def drain(self) -> None:
        """Drop what has come."""
        self._socket.setblocking(False)
        try:
            while True:
                self._socket.recv(1 << 16)
        except BlockingIOError:
            return

    def fill(self) -> None:
        """Let no more in, as a manager that does not read."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                while True:
                    sender.sendto(b"X_FULL=1", self._socket.getsockname())
            except BlockingIOError:
                return
