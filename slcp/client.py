"""Talking to the daemon: one request on a blocking socket, or events as they come.

Works with the JSON of docs/control.md as it is, like any script, and imports only what
that takes: `import asyncio` or dataclasses would double the time of a one-shot command.
"""

import json
import socket
import time
from collections.abc import Iterator

from slcp.errors import ErrorCode, RequestError, SlcpError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `import typing` would cost every one-shot command 5 ms
    from typing import Any

Json = dict[str, "Any"]


class DaemonUnreachableError(SlcpError):
    """No daemon answers at the control socket, or it ended before it answered."""


class Connection:
    """One connection to the control socket; a context manager. Requests are answered in order."""

    def __init__(self, path: str, timeout: float | None = None) -> None:
        """Connect. Raises DaemonUnreachableError. `timeout` is in seconds, for each wait."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise DaemonUnreachableError(
                f"no daemon at {path}: {error.strerror or error}; `slcpctl start` starts one"
            ) from error
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def request(self, method: str, /, **params: "Any") -> Json:
        """Return the result. Raises RequestError with the daemon's code and text, DaemonUnreachableError."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            self._socket.sendall(json.dumps(call).encode() + b"\n")
        except OSError as error:
            raise DaemonUnreachableError(f"the daemon has ended: {error.strerror or error}") from error
        try:
            return result_of(self._read())
        except TimeoutError as error:
            raise DaemonUnreachableError(f"the daemon does not answer: {error}") from error

    def events(self, since: int | None = None, until: float | None = None) -> Iterator[Json]:
        """Subscribe and yield the params of each event, to the end of time or `until` (of time.monotonic()).

        Raises DaemonUnreachableError when the daemon ends.
        """
        self.request("subscribe", **({} if since is None else {"since": since}))
        while until is None or self._has_time(until):
            try:
                yield self._read()["params"]
            except TimeoutError:
                return

    def wait_for_end(self) -> None:
        """Return when the daemon has closed the connection."""
        while self._lines.readline():
            pass

    def _has_time(self, until: float) -> bool:
        """Let the next wait end at `until`; False when that has passed."""
        left = until - time.monotonic()
        if left > 0:
            self._socket.settimeout(left)
        return left > 0

    def _read(self) -> Json:
        """Raises DaemonUnreachableError; TimeoutError when a limited wait is over."""
        try:
            line = self._lines.readline()
        except ConnectionError as error:
            raise DaemonUnreachableError(f"the daemon has ended: {error.strerror}") from error
        if not line.endswith(b"\n"):
            raise DaemonUnreachableError("the daemon has ended before it answered; `slcpctl start` starts it again")
        return json.loads(line)  # type: ignore[no-any-return]


def result_of(answer: Json) -> Json:
    """Return the result of an answer. Raises RequestError for an error."""
    error = answer.get("error")
    if error is not None:
        word = error["data"]["code"]
        raise RequestError(ErrorCode(word) if word in list(ErrorCode) else ErrorCode.INTERNAL_ERROR, error["message"])
    return answer["result"]  # type: ignore[no-any-return]


def request(path: str, method: str, /, **params: "Any") -> Json:
    """Make one request on a connection of its own."""
    with Connection(path) as connection:
        return connection.request(method, **params)
