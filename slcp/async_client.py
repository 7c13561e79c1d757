"""Talking to the daemon with asyncio: what slcp.client does, for those who must not block (docs/python.md)."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, closing
from typing import Self

from slcp.client import (
    ANSWERS_WITHIN,
    ENDED,
    PAUSE,
    CursorError,
    DaemonFound,
    DaemonLost,
    DaemonUnreachableError,
    ErrorCode,
    Json,
    NoDaemonError,
    OtherApiError,
    RequestError,
    answer_of,
    check_api,
    control_socket,
    hello_of,
    is_ahead,
    name_of,
    result_of,
    silent,
    too_long,
)
from slcp.cursor import Cursor
from slcp.errors import SlcpError
from slcp.local_stream import MAX_LINE, ForeignDaemonError

__all__ = [
    "CursorError",
    "DaemonFound",
    "DaemonLost",
    "DaemonUnreachableError",
    "ErrorCode",
    "Json",
    "NoDaemonError",
    "OtherApiError",
    "RequestError",
    "Requests",
    "control_socket",
    "events",
    "name_of",
]


class Requests:
    """Asks the daemon, one request after the other; connects when needed, again after a loss. A context manager."""

    def __init__(self, path: str | None = None, timeout: float = ANSWERS_WITHIN) -> None:
        """Ask the daemon at `path`, else that of the default profile; wait `timeout` seconds for each answer."""
        self._path = path
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def request(self, method: str, /, **params: object) -> Json:
        """Return the result. Raises RequestError, DaemonUnreachableError, of it NoDaemonError; OtherApiError."""
        async with self._lock:
            try:
                if self._streams is None or self._streams[0].at_eof():  # of a daemon that has ended since
                    self.close()
                    self._streams = await _connect(self._path, self._timeout)
                answer = await _ask(*self._streams, method, params, self._timeout)
            except BaseException:
                self.close()  # an answer that is still to come would be taken for that of the next request
                raise
        return result_of(answer)

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self._streams:
            self._streams[1].transport.abort()  # nor may a request go out later that was given up
            self._streams = None


async def events(
    path: str | None = None, since: int | None = None, cursor: str | None = None
) -> AsyncGenerator[Json | DaemonLost | DaemonFound]:
    """Yield the events after `since`, else those to come, none twice, without end; wait for a daemon that is gone.

    With `cursor`, a file, go on after the event that it names. It is written when the next event is asked for,
    so an event that the caller was busy with when the process ended comes again. A history that was begun
    anew is read from its beginning. Raises CursorError, OSError of that file.
    """
    place = Cursor(cursor, since)
    lost: type[SlcpError] | None = None
    while True:
        try:
            reader, writer = await _subscribed(path, place)
        except SlcpError as error:  # it is gone or leaves, its disk is full, or its API is another
            if lost is not type(error):
                yield DaemonLost(str(error))
            lost = type(error)
            await asyncio.sleep(PAUSE)
            continue
        with closing(writer):
            if lost:
                yield DaemonFound()
            async with aclosing(_followed(reader, place)) as followed:
                async for event in followed:
                    yield event
        yield DaemonLost(ENDED)  # also if another one serves already: it may know less than the one before
        lost = NoDaemonError


async def _subscribed(path: str | None, place: Cursor) -> tuple[StreamReader, StreamWriter]:
    """Return a connection that carries the events from `place` on. Raises what Requests does."""
    with ExitStack() as failing:
        reader, writer = await _connect(path, ANSWERS_WITHIN)
        failing.callback(writer.close)
        try:
            newest = result_of(await _ask(reader, writer, "subscribe", {"since": place.seq}, ANSWERS_WITHIN))["seq"]
        except RequestError as error:
            if not is_ahead(error):
                raise
            result_of(await _ask(reader, writer, "subscribe", {"since": 0}, ANSWERS_WITHIN))
        else:
            place.begin(newest)
        failing.pop_all()
        return reader, writer


async def _followed(reader: StreamReader, place: Cursor) -> AsyncGenerator[Json]:
    """Yield events until the daemon ends; be done with one when the next is asked for."""
    while True:
        try:
            event = (await _read(reader))["params"]
        except DaemonUnreachableError:
            return
        yield event
        place.move_past(event)


async def _connect(path: str | None, within: float) -> tuple[StreamReader, StreamWriter]:
    """Connect to a daemon that speaks our version of the control API, and says so in so many seconds."""
    path = control_socket() if path is None else path
    with ExitStack() as failing:
        try:
            reader, writer = await _open(path)
        except ForeignDaemonError as error:
            raise DaemonUnreachableError(str(error)) from error
        except OSError as error:
            raise NoDaemonError(path, error.strerror or str(error)) from error
        failing.callback(writer.close)
        check_api(hello_of(await _ask(reader, writer, "hello", {}, within)))
        failing.pop_all()
        return reader, writer


if sys.platform == "win32":
    from slcp.named_pipe import server_is_ours

    async def _open(path: str) -> tuple[StreamReader, StreamWriter]:
        """Open the named pipe. Raises OSError, ForeignDaemonError."""
        loop = asyncio.get_running_loop()
        reader = StreamReader(limit=MAX_LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_pipe_connection(lambda: protocol, path)  # type: ignore[attr-defined]  # of the Proactor
        if not server_is_ours(transport.get_extra_info("pipe").handle):
            transport.abort()
            raise ForeignDaemonError(path)
        return reader, StreamWriter(transport, protocol, reader, loop)

    def _pid_of_daemon(_: StreamWriter) -> int:
        return 0  # unknown

else:
    from slcp.local_stream import is_same_user, peer_pid

    async def _open(path: str) -> tuple[StreamReader, StreamWriter]:
        """Open the Unix socket. Raises OSError, ForeignDaemonError."""
        reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
        if not is_same_user(writer.get_extra_info("socket")):
            writer.transport.abort()
            raise ForeignDaemonError(path)
        return reader, writer

    def _pid_of_daemon(writer: StreamWriter) -> int:
        return peer_pid(writer.get_extra_info("socket"))


_ids = itertools.count(1)


async def _ask(reader: StreamReader, writer: StreamWriter, method: str, params: Json, within: float) -> Json:
    """Return the answer. Raises DaemonUnreachableError, also when there is none within so many seconds."""
    call = {"jsonrpc": "2.0", "id": next(_ids), "method": method, "params": params}
    try:
        async with asyncio.timeout(within):
            writer.write(json.dumps(call).encode() + b"\n")
            await writer.drain()
            return await _read(reader)
    except TimeoutError as error:
        raise silent(within, _pid_of_daemon(writer)) from error
    except OSError as error:
        raise DaemonUnreachableError(f"{ENDED}: {error.strerror or error}") from error


async def _read(reader: StreamReader) -> Json:
    try:
        line = await reader.readline()
    except OSError as error:
        raise DaemonUnreachableError(f"{ENDED}: {error.strerror or error}") from error
    except ValueError as error:  # what asyncio calls a line over its limit
        raise too_long() from error
    return answer_of(line)
