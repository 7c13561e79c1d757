"""Talking to the daemon: one request on a blocking socket, or events as they come.

Works with the JSON of docs/control.md as it is, like any script, and imports only what
that takes: `import asyncio` or dataclasses would double the time of a one-shot command.
"""

import json
import time
from collections.abc import Iterator

from slcp.errors import ErrorCode, RequestError, SlcpError
from slcp.local_stream import ForeignDaemonError, connect

TYPE_CHECKING = False
if TYPE_CHECKING:  # `import typing` would cost every one-shot command 5 ms
    from typing import Any, Self

Json = dict[str, "Any"]

ANSWERS_WITHIN = 30.0  # seconds: a cold disk and a history of years; whoever is silent for longer is stuck


class DaemonUnreachableError(SlcpError):
    """No daemon answers at the control socket, or it ended before it answered."""


class NoDaemonError(DaemonUnreachableError):
    """Nobody listens at the control socket: a daemon can be started."""


class Connection:
    """One connection to the control socket; a context manager. Requests are answered in order."""

    def __init__(self, path: str, timeout: float | None = None) -> None:
        """Connect. Raises DaemonUnreachableError, of it NoDaemonError when none runs.

        `timeout` is in seconds, for each wait. When left out, an event is waited for without end,
        anything else for ANSWERS_WITHIN.
        """
        self._timeout = timeout
        self._answers_within = ANSWERS_WITHIN if timeout is None else timeout
        try:
            self._stream = connect(path, self._answers_within)
        except TimeoutError as error:
            raise self._silent(0) from error
        except ForeignDaemonError as error:
            raise DaemonUnreachableError(str(error)) from error
        except OSError as error:
            raise NoDaemonError(
                f"no daemon at {path}: {error.strerror or error}; `slcpctl start` starts one"
            ) from error

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def request(self, method: str, /, **params: "Any") -> Json:
        """Return the result. Raises RequestError with the daemon's code and text, DaemonUnreachableError."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            self._stream.send(json.dumps(call).encode() + b"\n")
            return result_of(self._read())
        except TimeoutError as error:
            raise self._silent(self._stream.peer_pid) from error
        except OSError as error:
            raise DaemonUnreachableError(f"the daemon has ended: {error.strerror or error}") from error

    def events(self, since: int | None = None, until: float | None = None) -> Iterator[Json]:
        """Subscribe and yield the params of each event, to the end of time or `until` (of time.monotonic()).

        Raises DaemonUnreachableError when the daemon ends.
        """
        self.request("subscribe", **({} if since is None else {"since": since}))
        self._stream.set_timeout(self._timeout)
        while until is None or self._has_time(until):
            try:
                yield self._read()["params"]
            except TimeoutError:
                return

    def wait_for_end(self, until: float | None = None) -> None:
        """Return when the daemon has closed the connection, or at `until` (of time.monotonic())."""
        self._stream.set_timeout(self._timeout)
        try:
            while (until is None or self._has_time(until)) and self._stream.read_line():
                pass
        except OSError:  # it was reset, or the time is over
            return

    def _silent(self, pid: int) -> DaemonUnreachableError:
        return DaemonUnreachableError(
            f"the daemon does not answer within {self._answers_within:g} s; `slcpctl logs` may tell why; "
            f"if `slcpctl stop` does not end it, `kill -9 {pid or 'PID'}` does"
        )

    def _has_time(self, until: float) -> bool:
        """Let the next wait end at `until`; False when that has passed."""
        left = until - time.monotonic()
        if left > 0:
            self._stream.set_timeout(left)
        return left > 0

    def _read(self) -> Json:
        """Raises DaemonUnreachableError; TimeoutError when a limited wait is over."""
        try:
            line = self._stream.read_line()
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
