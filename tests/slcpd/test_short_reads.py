"""Streams that share a buffer: what comes is whole and nobody else's, and who is not read is held."""

import asyncio
import hashlib
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from daemons import WAIT
from inside import hang_up

from slcpd.connections import Accept, Connections, Serve
from slcpd.short_reads import READ_AT_ONCE, open_connection, short_reads

LIMIT = 1 << 16  # bytes
HELD_BY_THE_SYSTEM = 1 << 20  # bytes, at most, in the buffers of a Unix socket


@asynccontextmanager
async def listening(path: Path, serve: Serve) -> AsyncIterator[Path]:
    """Serve connections to a Unix socket while the context lasts."""
    async with asyncio.TaskGroup() as group:
        accept: Accept = Connections(group, 100, 100, print).accepting(serve)
        server = await asyncio.get_running_loop().create_unix_server(short_reads(accept, LIMIT), path)
        try:
            yield path
        finally:
            server.close()


async def tell_digest(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer with the checksum of all that came."""
    digest = hashlib.sha256()
    while piece := await reader.read(1000):
        digest.update(piece)
    writer.write(digest.hexdigest().encode())
    await writer.drain()


async def test_of_many_that_send_at_once_each_is_read_whole(tmp_path: Path) -> None:
    async def send(number: int, path: Path) -> bool:
        data = bytes([number]) * (5 * READ_AT_ONCE + number)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(data)
        writer.write_eof()
        answer = await reader.read()
        await hang_up(writer)
        return answer.decode() == hashlib.sha256(data).hexdigest()

    async with asyncio.timeout(WAIT), listening(tmp_path / "socket", tell_digest) as path:
        assert await asyncio.gather(*(send(number, path) for number in range(20))) == [True] * 20


async def test_whoever_has_connected_reads_whole_what_comes_too() -> None:
    data = bytes(range(256)) * (READ_AT_ONCE // 50)

    async def send(_: StreamReader, writer: StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    async with asyncio.timeout(WAIT), await asyncio.start_server(send, "127.0.0.1", 0) as server:
        reader, writer = await open_connection(*server.sockets[0].getsockname())
        assert await reader.read() == data
        await hang_up(writer)


async def test_who_is_not_read_is_held(tmp_path: Path) -> None:
    let_go = asyncio.Event()
    came = b""

    async def read_later(reader: StreamReader, _: StreamWriter) -> None:
        nonlocal came
        await let_go.wait()
        came = await reader.read()

    async with listening(tmp_path / "socket", read_later) as path:
        with socket.socket(socket.AF_UNIX) as client:
            client.setblocking(False)
            client.connect(str(path))
            sent = await send_until_it_stops(client)
            assert 2 * LIMIT < sent <= 2 * LIMIT + READ_AT_ONCE + HELD_BY_THE_SYSTEM
        let_go.set()
    assert len(came) == sent


async def send_until_it_stops(client: socket.socket) -> int:
    """Send until the other side has taken nothing more for many turns of the loop. Returns how many bytes went."""
    sent = idle = 0
    while idle < 100:
        try:
            sent += client.send(bytes(1000))
            idle = 0
        except BlockingIOError:
            idle += 1
            await asyncio.sleep(0)
    return sent


async def test_a_line_over_the_limit_is_told(tmp_path: Path) -> None:
    async def read_line(reader: StreamReader, writer: StreamWriter) -> None:
        with pytest.raises(ValueError, match="limit"):
            await reader.readline()
        writer.write(b"too long")

    async with asyncio.timeout(WAIT), listening(tmp_path / "socket", read_line) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * (LIMIT + 1))
        with suppress(ConnectionError):  # with bytes of ours unread the system resets
            assert await reader.read(8) == b"too long"
        await hang_up(writer)
