"""Streams for what comes in small pieces.

Those of asyncio have the system fill a new buffer of 256 KiB for each piece, however small. To get that much memory
and to give it back takes ten times as long as the read itself: 20 us of 22.
"""

import asyncio
from asyncio import BufferedProtocol, StreamReader, StreamReaderProtocol
from collections.abc import Callable

from slcpd.connections import Accept

READ_AT_ONCE = 1 << 16  # bytes


class ShortReads(StreamReaderProtocol, BufferedProtocol):
    """Feeds a StreamReader from one buffer, which all connections of a loop can share: each empties it at once."""

    def __init__(
        self, buffer: memoryview, reader: StreamReader, accept: Accept, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(reader, accept, loop=loop)
        self._buffer = buffer

    def get_buffer(self, _: int) -> memoryview:
        """Say where the next bytes go."""
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        """Take what has come."""
        self.data_received(bytes(self._buffer[:size]))


def short_reads(accept: Accept, limit: int) -> Callable[[], ShortReads]:
    """Return what makes a protocol for each connection; `limit` is that of asyncio.start_server."""
    loop = asyncio.get_running_loop()
    buffer = memoryview(bytearray(READ_AT_ONCE))
    return lambda: ShortReads(buffer, StreamReader(limit=limit, loop=loop), accept, loop)
