"""Lines over a kept connection, as raw as can be: the client's share of each figure is the same for all."""

import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ANSWERS_WITHIN = 60.0  # seconds: who is silent for longer is broken


class LineClient:
    """One connection, to a Unix socket or to a port of 127.0.0.1."""

    def __init__(self, to: Path | int) -> None:
        self._socket = _connect_unix(to) if isinstance(to, Path) else _connect_tcp(to)
        self._socket.settimeout(ANSWERS_WITHIN)
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> bytes:
        """Return the next line. Raises ConnectionError at the end of the stream."""
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the other side has ended")
        return line

    def read_until(self, words: bytes) -> bytes:
        """Return the next line that has `words` in it; others are passed over."""
        while words not in (line := self.read()):
            pass
        return line

    def read_exactly(self, size: int) -> bytes:
        """Return so many bytes, for those who do not speak in lines."""
        return self._lines.read(size)

    def ask(self, request: bytes) -> bytes:
        """Send a request of one line and return the answer of one line."""
        self.send(request)
        return self.read()

    def time(self, request: bytes) -> float:
        """Return the milliseconds from a request to its answer."""
        began = time.perf_counter()
        self.ask(request)
        return (time.perf_counter() - began) * 1000


def _connect_unix(path: Path) -> socket.socket:
    """Connect without a timeout: with one it would not wait while the daemon has too many to accept."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _connect_tcp(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), ANSWERS_WITHIN)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
