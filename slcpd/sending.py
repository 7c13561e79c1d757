"""One message out, to one plain peer, over one TCP connection.

A plain peer has no way to acknowledge. What counts as taken is that it read to our end of
the stream and closed its own: every program read does so after the last message.
"""

import asyncio
import os
import socket
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from slcp.errors import SlcpError
from slcp.messages import Address

if sys.platform == "linux":
    import fcntl
    import termios

CONNECT_WITHIN = 5.0  # seconds: a LAN answers in milliseconds, a sleeping phone in seconds
CLOSE_WITHIN = 10.0  # seconds for the peer to close after our end; some never do, and have read everything
STALL_AFTER = 30.0  # seconds without a byte taken
STEP = 1 << 18  # bytes of an image between two signs of progress


class PeerAwayError(SlcpError):
    """The peer does not answer at its address: the network may be down, or the peer asleep."""


class PeerRefusedError(PeerAwayError):
    """Nobody takes connections at the peer's address."""


class PeerBrokeOffError(SlcpError):
    """The peer took the connection and ended it before it had everything."""


class UnsendableError(SlcpError):
    """The message itself cannot be sent; to try again would not help."""


async def send_lines(address: Address, lines: Sequence[bytes]) -> None:
    """Send lines. Raises PeerAwayError, PeerBrokeOffError."""
    async with _connected(address) as writer:
        writer.write(b"".join(lines))
        async with asyncio.timeout(STALL_AFTER):
            await writer.drain()


async def send_file(
    address: Address, lines: Sequence[bytes], path: Path, size: int, progress: Callable[[int], None]
) -> None:
    """Send lines and then exactly `size` bytes, the whole of a file. Raises as send_lines, and UnsendableError."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnsendableError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        if os.fstat(file.fileno()).st_size != size:
            raise UnsendableError(f"{path} has changed since it was queued; send it again")
        async with _connected(address) as writer:
            writer.write(b"".join(lines))
            await _send_body(writer, file, path, size, progress)


async def _send_body(
    writer: StreamWriter, file: BinaryIO, path: Path, size: int, progress: Callable[[int], None]
) -> None:
    loop = asyncio.get_running_loop()
    done = 0
    while done < size:
        async with asyncio.timeout(STALL_AFTER):
            await writer.drain()  # raises ConnectionError where sendfile would call it a bug of ours
            sent = await loop.sendfile(writer.transport, file, done, min(STEP, size - done))
        if not sent:
            raise UnsendableError(f"{path} has become shorter while it was sent")
        done += sent
        progress(done)


@asynccontextmanager
async def _connected(address: Address) -> AsyncIterator[StreamWriter]:
    """Connect; then end the stream and wait until the peer has closed its side too."""
    reader, writer = await _connect(address)
    try:
        yield writer
        writer.write_eof()
        await _wait_for_end(reader, writer.get_extra_info("socket"))
    except TimeoutError as error:
        raise PeerBrokeOffError(f"{address} has taken nothing for {STALL_AFTER:.0f} s") from error
    except OSError as error:
        raise PeerBrokeOffError(f"{address} ended the connection: {error.strerror or error}") from error
    finally:
        writer.transport.abort()


async def _connect(address: Address) -> tuple[StreamReader, StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            return await asyncio.open_connection(*address)
    except ConnectionRefusedError as error:
        raise PeerRefusedError(f"nobody takes connections at {address}") from error
    except TimeoutError as error:
        raise PeerAwayError(f"{address} does not answer") from error
    except OSError as error:
        raise PeerAwayError(f"{address} cannot be reached: {error.strerror}") from error


async def _wait_for_end(reader: StreamReader, connection: socket.socket) -> None:
    """Wait until the peer closes. One that never does has taken all when its system has acknowledged all.

    Raises TimeoutError when the peer takes nothing for STALL_AFTER.
    """
    loop = asyncio.get_running_loop()
    unsent, since = _unacknowledged(connection), loop.time()
    while True:
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                while await reader.read(1 << 12):
                    pass
        except TimeoutError:
            left = _unacknowledged(connection)
            if left == unsent and loop.time() - since >= STALL_AFTER:
                raise
            if left != unsent:
                unsent, since = left, loop.time()
            if left:
                continue
        return


if sys.platform == "linux":

    def _unacknowledged(connection: socket.socket) -> int:
        """Return how many bytes the peer's system has not taken yet: SIOCOUTQ of tcp(7)."""
        waiting = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
        return int.from_bytes(waiting, sys.byteorder)

elif sys.platform == "darwin":

    def _unacknowledged(connection: socket.socket) -> int:
        """Return how many bytes the peer's system has not taken yet: SO_NWRITE of sys/socket.h."""
        so_nwrite = 0x1024
        return connection.getsockopt(socket.SOL_SOCKET, so_nwrite)

else:

    def _unacknowledged(_: socket.socket) -> int:
        """The system does not tell; assume that the peer has taken all."""
        return 0
