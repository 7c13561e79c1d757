"""The bytes of an image as they come: from the socket into a buffer, and from there to the disk.

A StreamReader would copy each byte three times more. So while an image comes its stream is taken over: one buffer is
filled while what stands in the other is written.
"""

import asyncio
from asyncio import BufferedProtocol, Protocol, StreamReader, Transport
from contextlib import suppress
from typing import cast

BUFFER = 1 << 20  # bytes, twice for each image: what is written at once
WORTH_TAKING = 1 << 18  # bytes still to come: fewer a StreamReader takes in one go


class Inflow(BufferedProtocol):
    """Reads a stream in place of its StreamReader, whose protocol hears of all else that happens."""

    def __init__(self, reader: StreamReader, transport: Transport, size: int) -> None:
        """Take a stream over, of which the next `size` bytes are wanted."""
        self._reader = reader
        self._transport = transport
        self._outer = cast("Protocol", transport.get_protocol())
        self._owed = size  # bytes that next() has not returned
        self._buffer, self._spare = (bytearray(min(size, BUFFER)) for _ in range(2))
        self._filled = 0  # bytes of the buffer
        self._has_left = True  # the reader may have read some of them before
        self._behind = b""  # what has come of that which follows
        self._is_paused = self._is_ended = self._is_lost = False
        self._changed = asyncio.Event()
        transport.set_protocol(self)

    async def next(self) -> memoryview:
        """Return what has come, good until the next call; nothing when all is here or the stream ends.

        Raises OSError.
        """
        left = await self._left() if self._has_left else b""
        came = memoryview(left) if left else await self._taken()
        wanted = came[: self._owed]
        self._behind += came[len(wanted) :]
        self._owed -= len(wanted)
        return wanted

    def give_back(self) -> None:
        """Let the StreamReader have the stream again, with what has come of that which follows."""
        if self._is_lost:
            return
        behind = self._behind + memoryview(self._buffer)[: self._filled]
        self._transport.set_protocol(self._outer)
        self._read_on()
        if behind:
            self._reader.feed_data(behind)  # which pauses again where that is much
        if self._is_ended:
            self._outer.eof_received()

    async def _left(self) -> bytes:
        """Return what the reader had read before: nothing more comes to it, so it has that now or never."""
        left = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(0):
                left = await self._reader.read(self._owed)
        self._has_left = bool(left)
        return left

    async def _taken(self) -> memoryview:
        while not self._filled and self._owed:
            if error := self._reader.exception():
                raise error
            if self._is_ended or self._is_lost or self._reader.at_eof():
                return memoryview(b"")
            self._changed.clear()
            await self._changed.wait()
        came = memoryview(self._buffer)[: self._filled]
        self._buffer, self._spare, self._filled = self._spare, self._buffer, 0
        self._read_on()
        return came

    def _read_on(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    # What the transport calls

    def get_buffer(self, _: int) -> memoryview:
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        if self._filled == len(self._buffer):
            self._is_paused = True
            self._transport.pause_reading()
        self._changed.set()

    def eof_received(self) -> bool:
        self._is_ended = True
        self._changed.set()
        return True  # we may still write

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._outer.connection_lost(exc)  # the reader has the error, or its end
        self._changed.set()

    def pause_writing(self) -> None:
        self._outer.pause_writing()

    def resume_writing(self) -> None:
        self._outer.resume_writing()
