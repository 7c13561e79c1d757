"""Talking to the daemon: requests on a blocking socket, and events as they come (docs/python.md).

Works with the JSON of docs/control.md as it is, like any script, and imports only what
that takes: `import asyncio` or dataclasses would double the time of a one-shot command.

An upgrade leaves the old daemon running, and another one might understand a request differently: so
its version comes first, on the same connection, for less than a millisecond.
"""

import json
import time
from collections.abc import Iterator

from slcp import API_VERSION, __version__
from slcp.cursor import Cursor, CursorError
from slcp.endpoint import control_socket
from slcp.errors import ErrorCode, RequestError, SlcpError
from slcp.local_stream import MAX_LINE, ForeignDaemonError, connect

TYPE_CHECKING = False
if TYPE_CHECKING:  # `import typing` would cost every one-shot command 5 ms
    from typing import Any, Self

__all__ = [
    "Connection",
    "CursorError",
    "DaemonFound",
    "DaemonLost",
    "DaemonUnreachableError",
    "ErrorCode",
    "Json",
    "NoDaemonError",
    "OtherApiError",
    "RequestError",
    "control_socket",
    "events",
    "name_of",
    "request",
]

Json = dict[str, "Any"]

ENDED = "the daemon has ended"
ANSWERS_WITHIN = 30.0  # seconds: a cold disk and a history of years; whoever is silent for longer is stuck
PAUSE = 0.5  # seconds between two tries to reach a daemon that is gone


class DaemonUnreachableError(SlcpError):
    """No daemon answers at the control socket, it ended before it answered, or its answer cannot be read."""


class NoDaemonError(DaemonUnreachableError):
    """Nobody listens at the control socket, whose path is `path`, for the reason `why`: a daemon can be started."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"no daemon at {path}: {why}; `slcpctl start` starts one")
        self.path = path
        self.why = why


class OtherApiError(SlcpError):
    """The daemon that runs speaks another version of the control API."""


class DaemonLost:
    """Comes between events: the daemon is gone, or cannot be spoken to; `reason` says why."""

    __match_args__ = ("reason",)
    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class DaemonFound:
    """Comes between events: the daemon is back; the events that were missed follow."""

    __slots__ = ()


class Connection:
    """One connection to the control socket; a context manager. Requests are answered in order.

    When one comes to nothing, but for being refused, the connection is closed.
    """

    def __init__(self, path: str | None = None, timeout: float | None = None, *, any_api: bool = False) -> None:
        """Connect to the daemon at `path`, else to that of the default profile.

        `timeout` is in seconds, for each wait. When left out, an event is waited for without end,
        anything else for ANSWERS_WITHIN. `any_api` is for those who ask only what stays as it is in every
        version: `hello`, `shutdown`, and the `pid` of `status`.

        Raises DaemonUnreachableError, of it NoDaemonError when none runs; OtherApiError.
        """
        path = control_socket() if path is None else path
        self._timeout = timeout
        self._answers_within = ANSWERS_WITHIN if timeout is None else timeout
        self._is_closed = False
        try:
            self._stream = connect(path, self._answers_within)
        except TimeoutError as error:
            raise silent(self._answers_within, 0) from error
        except ForeignDaemonError as error:
            raise DaemonUnreachableError(str(error)) from error
        except OSError as error:
            raise NoDaemonError(path, error.strerror or str(error)) from error
        if not any_api:
            self._check_api()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._is_closed = True
        self._stream.close()

    def request(self, method: str, /, **params: "Any") -> Json:
        """Return the result. Raises RequestError with the daemon's code and text, DaemonUnreachableError."""
        return result_of(self._ask(method, params))

    def hello(self) -> Json:
        """Ask the daemon who it is; of one from before there was `hello` nothing is known."""
        return hello_of(self._ask("hello", {}))

    def events(self, since: int | None = None, until: float | None = None) -> Iterator[Json]:
        """Subscribe and yield the params of each event, to the end of time or `until` (of time.monotonic()).

        Raises DaemonUnreachableError when the daemon ends.
        """
        self.subscribe(since)
        while until is None or self._has_time(until):
            try:
                yield self.next_event()
            except TimeoutError:
                return

    def subscribe(self, since: int | None = None) -> int:
        """Let the connection carry the events after `since`, else those to come; return the newest seq."""
        newest: int = self.request("subscribe", **({} if since is None else {"since": since}))["seq"]
        self._stream.set_timeout(self._timeout)
        return newest

    def next_event(self) -> Json:
        """Return the next event of a subscription. Raises DaemonUnreachableError, TimeoutError."""
        event: Json = self._read()["params"]
        return event

    def wait_for_end(self, until: float | None = None) -> None:
        """Return when the daemon has closed the connection, or at `until` (of time.monotonic())."""
        self._stream.set_timeout(self._timeout)
        try:
            while (until is None or self._has_time(until)) and self._stream.read_line():
                pass
        except OSError:  # it was reset, or the time is over
            return

    def _check_api(self) -> None:
        try:
            check_api(self.hello())
        except BaseException:
            self.close()
            raise

    def _ask(self, method: str, params: Json) -> Json:
        if self._is_closed:
            raise DaemonUnreachableError("this connection was closed; make another one")
        try:
            return self._exchange(method, params)
        except BaseException:
            self.close()  # an answer that is still to come would be taken for that of the next request
            raise

    def _exchange(self, method: str, params: Json) -> Json:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            self._stream.send(json.dumps(call).encode() + b"\n")
            return self._read()
        except TimeoutError as error:
            raise silent(self._answers_within, self._stream.peer_pid) from error
        except OSError as error:
            raise DaemonUnreachableError(f"the daemon has ended: {error.strerror or error}") from error

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
        return answer_of(line)


def request(path: str | None, method: str, /, **params: "Any") -> Json:
    """Make one request on a connection of its own. Raises what Connection and its request raise."""
    with Connection(path) as connection:
        return connection.request(method, **params)


def events(
    path: str | None = None, since: int | None = None, cursor: str | None = None
) -> Iterator[Json | DaemonLost | DaemonFound]:
    """Yield the events after `since`, else those to come, none twice, without end; wait for a daemon that is gone.

    With `cursor`, a file, go on after the event that it names. It is written when the next event is asked for,
    so an event that the caller was busy with when the process ended comes again. A history that was begun
    anew is read from its beginning. Raises CursorError, OSError of that file.
    """
    place = Cursor(cursor, since)
    lost: type[SlcpError] | None = None
    while True:
        try:
            connection = _subscribed(path, place)
        except SlcpError as error:  # it is gone or leaves, its disk is full, or its API is another
            if lost is not type(error):
                yield DaemonLost(str(error))
            lost = type(error)
            time.sleep(PAUSE)
            continue
        with connection:
            if lost:
                yield DaemonFound()
            yield from _followed(connection, place)
        yield DaemonLost(ENDED)  # also if another one serves already: it may know less than the one before
        lost = NoDaemonError


def _subscribed(path: str | None, place: Cursor) -> Connection:
    """Return a connection that carries the events from `place` on."""
    connection = Connection(path)
    try:
        _subscribe(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


def _subscribe(connection: Connection, place: Cursor) -> None:
    try:
        newest = connection.subscribe(place.seq)
    except RequestError as error:
        if not is_ahead(error):
            raise
        connection.subscribe(0)
    else:
        place.begin(newest)


def _followed(connection: Connection, place: Cursor) -> Iterator[Json]:
    """Yield events until the daemon ends; be done with one when the next is asked for."""
    while True:
        try:
            event = connection.next_event()
        except DaemonUnreachableError:
            return
        yield event
        place.move_past(event)


def name_of(event: Json) -> str:
    """Return how requests name who is meant by `handle`, `ip` and `port`, and nobody else of that handle."""
    return event["handle"] if event["port"] is None else f"{event['handle']}@{event['ip']}:{event['port']}"


# What both clients make of an answer


def answer_of(line: bytes) -> Json:
    """Read a line of the daemon. Raises DaemonUnreachableError for one that has no end, or that is no JSON."""
    if not line.endswith(b"\n"):
        if len(line) >= MAX_LINE:
            raise too_long()
        raise DaemonUnreachableError("the daemon has ended before it answered; `slcpctl start` starts it again")
    try:
        answer: Json = json.loads(line)
    except ValueError as error:
        raise DaemonUnreachableError(f"the daemon's answer is no JSON: {error}; `slcpctl logs` may tell why") from error
    return answer


def too_long() -> DaemonUnreachableError:
    """Say that a line of the daemon is over MAX_LINE."""
    return DaemonUnreachableError(f"the daemon's answer is over {MAX_LINE >> 20} MiB; ask for less at once")


def silent(seconds: float, pid: int) -> DaemonUnreachableError:
    """Say that the daemon, process `pid` (0: unknown), has not answered within so many seconds, and what helps."""
    return DaemonUnreachableError(
        f"the daemon does not answer within {seconds:g} s; `slcpctl logs` may tell why; "
        f"if `slcpctl stop` does not end it, `kill -9 {pid or 'PID'}` does"
    )


def result_of(answer: Json) -> Json:
    """Return the result of an answer. Raises RequestError for an error."""
    error = answer.get("error")
    if error is not None:
        word = error["data"]["code"]
        raise RequestError(ErrorCode(word) if word in list(ErrorCode) else ErrorCode.INTERNAL_ERROR, error["message"])
    return answer["result"]  # type: ignore[no-any-return]


def hello_of(answer: Json) -> Json:
    """Return who the daemon is, from its answer to `hello`; nothing, if it is from before there was one."""
    try:
        return result_of(answer)
    except RequestError as error:
        if error.code is not ErrorCode.UNKNOWN_METHOD:
            raise
        return {}


def version_of(daemon: Json) -> str:
    """Name the version that `hello` has told."""
    return str(daemon.get("version", "of an unknown version"))


def check_api(daemon: Json) -> None:
    """Raise OtherApiError unless `hello` has told that it speaks our version of the control API."""
    if daemon.get("api") != API_VERSION:
        theirs = daemon.get("api", "unknown")
        raise OtherApiError(
            f"the daemon that runs is slcpd {version_of(daemon)}, which slcp {__version__} cannot speak to "
            f"(control API {theirs}, not {API_VERSION}); `slcpctl stop && slcpctl start` starts the one that fits"
        )


def is_ahead(error: RequestError) -> bool:
    """Tell whether a cursor was refused because it is ahead: the history was begun anew."""
    return error.code is ErrorCode.INVALID_PARAMS
