"""Talking to the daemon: one request on a blocking socket, or events as they come.

Works with the JSON of docs/control.md as it is, like any script, and imports only what
that takes: `import asyncio` or dataclasses would double the time of a one-shot command.
"""

import json
import socket
from collections.abc import Iterator
from typing import Any

from slcp.errors import ErrorCode, RequestError, SlcpError

Json = dict[str, Any]


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
                f"no daemon at {path}: {error.strerror}; `slcpctl start` starts one"
            ) from error
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def request(self, method: str, **params: Any) -> Json:
        """Return the result. Raises RequestError with the daemon's code and text, DaemonUnreachableError."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            self._socket.sendall(json.dumps(call).encode() + b"\n")
        except OSError as error:
            raise DaemonUnreachableError(f"the daemon has ended: {error.strerror}") from error
        return result_of(self._read())

    def events(self, since: int | None = None) -> Iterator[Json]:
        """Subscribe and yield the params of each event, without end. Raises DaemonUnreachableError when the daemon ends."""
        self.request("subscribe", **({} if since is None else {"since": since}))
        while True:
            yield self._read()["params"]

    def wait_for_end(self) -> None:
        """Return when the daemon has closed the connection."""
        while self._lines.readline():
            pass

    def _read(self) -> Json:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise DaemonUnreachableError(f"the daemon does not answer: {error}") from error
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


def request(path: str, method: str, **params: Any) -> Json:
    """Make one request on a connection of its own."""
    with Connection(path) as connection:
        return connection.request(method, **params)
