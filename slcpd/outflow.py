"""The bytes of a file as they go: by the system alone, from the file into the socket."""

import asyncio
import os
import sys
from asyncio import StreamWriter
from typing import BinaryIO


class Outflow:
    """Sends from files into one stream."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer
        self._connection = writer.get_extra_info("socket").dup()  # nobody may wait for that of a transport itself

    def close(self) -> None:
        self._connection.close()

    async def flush(self) -> None:
        """Wait until all is sent that was written to the stream. Raises OSError."""
        self._writer.transport.set_write_buffer_limits(0)
        await self._writer.drain()

    if sys.platform == "win32":

        async def send(self, file: BinaryIO, start: int, length: int) -> int:
            """Send bytes of a file; return how many, 0 at its end. Raises OSError."""
            return await asyncio.get_running_loop().sendfile(self._writer.transport, file, start, length)

    else:

        async def send(self, file: BinaryIO, start: int, length: int) -> int:
            """Send as many bytes of a file as the system takes; return how many, 0 at its end. Raises OSError.

            loop.sendfile() sends all of them, and registers the socket anew for that: half of the time of an image.
            """
            while True:
                try:
                    return os.sendfile(self._connection.fileno(), file.fileno(), start, length)
                except BlockingIOError:
                    await self._writable()

        async def _writable(self) -> None:
            loop = asyncio.get_running_loop()
            writable = asyncio.Event()
            loop.add_writer(self._connection, writable.set)
            try:
                await writable.wait()
            finally:
                loop.remove_writer(self._connection)
