"""The control socket for asyncio: requests in order, and events that survive the daemon's end."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from slcp.client import DaemonUnreachableError, Json, result_of
from slcp.errors import RequestError
from slcp.local_stream import ForeignDaemonError

MAX_LINE = 1 << 26  # bytes: a page of 500 messages of 64 KiB; from our own daemon, so no stranger fills it
PAUSE = 0.5  # seconds between two tries to reach a daemon that is gone


@dataclass(frozen=True, slots=True)
class DaemonLost:
    """The daemon is gone; `reason` says how that showed."""

    reason: str


@dataclass(frozen=True, slots=True)
class DaemonFound:
    """The daemon is back; the events that were missed follow."""


class Requests:
    """Asks the daemon, one request after the other; connects when needed, again after a loss."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    async def request(self, method: str, /, **params: object) -> Json:
        """Return the result. Raises RequestError, DaemonUnreachableError."""
        async with self._lock:
            try:
                if self._streams is None or self._streams[0].at_eof():  # of a daemon that has ended since
                    self.close()
                    self._streams = await _connect(self._path)
                return await _ask(*self._streams, method, params)
            except (DaemonUnreachableError, asyncio.CancelledError):
                self.close()  # an answer that is still to come would be taken for that of the next request
                raise

    def close(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self._streams:
            self._streams[1].close()
            self._streams = None


async def events(path: str, since: int | None) -> AsyncGenerator[Json | DaemonLost | DaemonFound]:
    """Yield the events after `since`, none twice, without end; while the daemon is gone, wait for it."""
    lost = False
    while True:
        try:
            reader, writer = await _subscribe(path, since)
        except DaemonUnreachableError as error:
            if not lost:
                yield DaemonLost(str(error))
            lost = True
            await asyncio.sleep(PAUSE)
            continue
        with closing(writer):
            if lost:
                yield DaemonFound()
            lost = False
            async for event in _read_events(reader):
                since = event.get("seq", since)
                yield event


async def _subscribe(path: str, since: int | None) -> tuple[StreamReader, StreamWriter]:
    """Return a connection that carries the events after `since`. Raises DaemonUnreachableError."""
    with ExitStack() as failing:
        reader, writer = await _connect(path)
        failing.callback(writer.close)
        try:
            await _ask(reader, writer, "subscribe", {"since": since})
        except RequestError:  # the cursor is ahead: the history was begun anew
            await _ask(reader, writer, "subscribe", {"since": 0})
        failing.pop_all()
        return reader, writer


async def _read_events(reader: StreamReader) -> AsyncGenerator[Json]:
    """Yield events until the daemon ends."""
    while True:
        try:
            line = await _read(reader)
        except DaemonUnreachableError:
            return
        yield line["params"]


async def _connect(path: str) -> tuple[StreamReader, StreamWriter]:
    try:
        return await _open(path)
    except ForeignDaemonError as error:
        raise DaemonUnreachableError(str(error)) from error
    except OSError as error:
        raise DaemonUnreachableError(f"no daemon at {path}: {error.strerror or error}") from error


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

else:
    from slcp.local_stream import is_same_user

    async def _open(path: str) -> tuple[StreamReader, StreamWriter]:
        """Open the Unix socket. Raises OSError, ForeignDaemonError."""
        reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
        if not is_same_user(writer.get_extra_info("socket")):
            writer.transport.abort()
            raise ForeignDaemonError(path)
        return reader, writer


_ids = itertools.count(1)


async def _ask(reader: StreamReader, writer: StreamWriter, method: str, params: Json) -> Json:
    call = {"jsonrpc": "2.0", "id": next(_ids), "method": method, "params": params}
    try:
        writer.write(json.dumps(call).encode() + b"\n")
        await writer.drain()
    except ConnectionError as error:
        raise DaemonUnreachableError("the daemon has ended") from error
    return result_of(await _read(reader))


async def _read(reader: StreamReader) -> Json:
    try:
        line = await reader.readline()
    except ConnectionError as error:
        raise DaemonUnreachableError("the daemon has ended") from error
    if not line.endswith(b"\n"):
        raise DaemonUnreachableError("the daemon has ended")
    answer: Json = json.loads(line)
    return answer
