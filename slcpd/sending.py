"""One message out, to one plain peer, over one TCP connection.

A plain peer has no way to acknowledge. What counts as taken is that it read to our end of
the stream and closed its own: every program read does so after the last message.
"""

import asyncio
import base64
import errno
import hashlib
import json
import os
import socket
import stat
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from slcp.errors import SlcpError
from slcp.messages import Address
from slcp.outgoing import MAX_DATAGRAM
from slcpd.connections import reset_when_closed
from slcpd.outflow import Outflow
from slcpd.short_reads import open_connection

if sys.platform == "linux":
    import fcntl
    import termios

CONNECT_WITHIN = 5.0  # seconds: a LAN answers in milliseconds, a sleeping phone in seconds
CLOSE_WITHIN = 10.0  # seconds for the peer to close after our end; some never do, and have read everything
STALL_AFTER = 30.0  # seconds without a byte taken
STEP = 1 << 20  # bytes of an image that the system takes at a time, if it takes so many
BASE64_STEP = 3 << 16  # bytes encoded at a time: a multiple of three needs no padding
REFUSED_WITHIN = 0.2  # seconds for the word that nobody has a socket there to come back
DATAGRAM_PAUSE = 0.002  # seconds between datagrams of an image, which nobody acknowledges
FOR_NOW = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # our own system is short of something: no fault of the file

_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # Windows knows the latter alone

Progress = Callable[[int], None]  # takes how many bytes are done
Hear = Callable[[bytes, Address], None]


class PeerAwayError(SlcpError):
    """The peer cannot be reached now: the network may be down, the peer asleep, or we out of descriptors."""


class PeerRefusedError(PeerAwayError):
    """Nobody takes connections at the peer's address."""


class PeerBrokeOffError(SlcpError):
    """The peer took the connection and ended it before it had everything."""


class NotAFileError(OSError):
    """A folder, a pipe or a device."""


class UnsendableError(SlcpError):
    """The message itself cannot be sent; to try again would not help."""


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read it, and nothing else: a pipe would wait for its other end. Raises OSError, NotAFileError."""
    descriptor = os.open(path, os.O_RDONLY | _WITHOUT_WAITING)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError(errno.EINVAL, "it is no file", str(path))
    return os.fdopen(descriptor, "rb")


class FileState(NamedTuple):
    """What does not stay when the bytes of a file change; the time of change is set by the system alone."""

    device: int
    inode: int
    size: int  # bytes
    modified: int  # ns
    changed: int  # ns

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class OpenImage(NamedTuple):
    """An image file that is being sent."""

    file: BufferedReader
    state: FileState  # in which it has the bytes that were queued


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file as it was queued."""

    path: Path  # to read
    name: str  # to announce
    size: int  # bytes
    sha256: str
    hashed: FileState | None = None  # in which the file is known to have this checksum

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[OpenImage]:
        """Open the file, if its bytes are still those that were queued. Raises PeerAwayError, UnsendableError."""
        try:
            with open_regular(self.path) as file:
                state = FileState.of(os.fstat(file.fileno()))
                if state.size != self.size or (state != self.hashed and not await self._has_its_bytes(file)):
                    raise UnsendableError(f"{self.path} has changed since it was queued; send it again")
                yield OpenImage(file, state)
        except OSError as error:  # of the file: whoever sends has other errors for the network's
            if error.errno in FOR_NOW:
                raise PeerAwayError(f"{self.path} cannot be read now: {error.strerror}") from error
            raise UnsendableError(f"{self.path} cannot be read: {error.strerror}; send it again") from error

    async def _has_its_bytes(self, file: BufferedReader) -> bool:
        return await asyncio.to_thread(_sha256, file) == self.sha256

    async def check_unchanged(self, opened: OpenImage) -> None:
        """Raises UnsendableError when other bytes than those that were queued may have been sent."""
        state = FileState.of(os.fstat(opened.file.fileno()))
        self.check(min(state.size, self.size))
        if state != opened.state and not await self._has_its_bytes(opened.file):
            raise UnsendableError(f"{self.path} has changed while it was sent; send it again")

    def check(self, done: int) -> None:
        """Raises UnsendableError when a file that was read to its end had not all its bytes."""
        if done != self.size:
            raise UnsendableError(f"{self.path} has become shorter while it was sent")


def _sha256(file: BufferedReader) -> str:
    """Hash a file; it stands where it stood before."""
    place = file.tell()
    file.seek(0)
    checksum = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(place)
    return checksum


async def send_stream(address: Address, data: bytes) -> None:
    """Send bytes in a connection of their own. Raises PeerAwayError, PeerBrokeOffError."""
    async with _connected(address) as (_, writer):
        writer.write(data)
        async with asyncio.timeout(STALL_AFTER):
            await writer.drain()


async def send_file(address: Address, head: bytes, source: ImageFile, progress: Progress, awaited: bytes = b"") -> None:
    """Send a head and a file; between them wait for the peer to say `awaited`.

    Raises as send_stream, and UnsendableError.
    """
    async with source.opened() as opened, _connected(address) as (reader, writer):
        writer.write(head)
        async with asyncio.timeout(STALL_AFTER):
            while awaited and not (await reader.readexactly(len(awaited))).startswith(awaited):
                pass
        await _send_body(writer, opened, source, progress)


async def send_json_image(address: Address, sender: str, source: ImageFile, progress: Progress) -> None:
    """Send an image as a JSON array with base64. Raises as send_file."""
    name = json.dumps([sender, source.name], ensure_ascii=False)
    async with source.opened() as opened, _connected(address) as (_, writer):
        writer.write(f'{name[:-1]}, "'.encode(errors="replace"))
        done = 0
        while data := opened.file.read(BASE64_STEP):
            writer.write(base64.b64encode(data))
            async with asyncio.timeout(STALL_AFTER):
                await writer.drain()
            done += len(data)
            progress(done)
        source.check(done)
        await source.check_unchanged(opened)
        writer.write(b'"]')


async def send_datagrams(address: Address, datagrams: Iterable[bytes], port: int, hear: Hear, pause: float = 0) -> None:
    """Send datagrams from our own port. Raises PeerRefusedError when nobody has a socket there.

    A socket of its own, connected, is what learns of that. While it lives it gets what the peer
    sends to us; that goes to `hear`.
    """
    loop = asyncio.get_running_loop()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected:
            connected.setblocking(False)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connected.bind(("", port))
            connected.connect(address)
            for datagram in datagrams:
                await loop.sock_sendall(connected, datagram)
                await asyncio.sleep(pause)
            async with asyncio.timeout(REFUSED_WITHIN):
                while True:
                    hear(await loop.sock_recv(connected, 1 << 16), address)
    except TimeoutError:
        pass
    except ConnectionRefusedError as error:
        raise PeerRefusedError(f"nobody takes datagrams at {address}") from error
    except OSError as error:
        raise PeerAwayError(f"{address} cannot be reached: {error.strerror}") from error


async def send_udp_image(
    address: Address, head: bytes, source: ImageFile, port: int, hear: Hear, progress: Progress
) -> None:
    """Send an image in datagrams. Raises PeerAwayError, UnsendableError."""
    async with source.opened() as opened:
        progress(source.size)  # it cannot be broken off: nothing would tell the peer that no more comes
        await send_datagrams(address, _in_datagrams(head, opened.file), port, hear, DATAGRAM_PAUSE)


def _in_datagrams(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    yield head + file.read(MAX_DATAGRAM - len(head))
    while data := file.read(MAX_DATAGRAM):
        yield data


async def _send_body(writer: StreamWriter, opened: OpenImage, source: ImageFile, progress: Progress) -> None:
    done = 0
    with closing(Outflow(writer)) as out:
        async with asyncio.timeout(STALL_AFTER):
            await out.flush()
        while done < source.size:
            if done + STEP >= source.size:  # without its end nobody takes it for what was queued
                await source.check_unchanged(opened)
            async with asyncio.timeout(STALL_AFTER):
                sent = await out.send(opened.file, done, min(STEP, source.size - done))
            if not sent:
                source.check(done)
            done += sent
            progress(done)
            await asyncio.sleep(0)  # while the system takes all, the others have their turn


@asynccontextmanager
async def _connected(address: Address) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """Connect; then end the stream and wait until the peer has closed its side too."""
    reader, writer = await connect(address)
    try:
        yield reader, writer
        writer.write_eof()
        await _wait_for_end(reader, writer.get_extra_info("socket"))
    except TimeoutError as error:
        raise PeerBrokeOffError(f"{address} has taken nothing for {STALL_AFTER:.0f} s") from error
    except asyncio.CancelledError:
        with suppress(OSError):  # it has closed the connection itself
            reset_when_closed(writer, True)  # it must not take the end of what it has for the end of an image
        raise
    except (OSError, asyncio.IncompleteReadError) as error:
        raise PeerBrokeOffError(
            f"{address} ended the connection: {getattr(error, 'strerror', None) or error}"
        ) from error
    finally:
        writer.transport.abort()


async def connect(address: Address) -> tuple[StreamReader, StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            return await open_connection(*address)
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
