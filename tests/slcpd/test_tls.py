"""TLS over streams of which the first bytes have been read, and what is no TLS."""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from daemons import WAIT
from encrypted_peer import EncryptedPeer, text
from inside import hang_up, inside

from slcp.errors import BadInput, ProtocolError
from slcp.frames import Acknowledged
from slcpd.identity import load_identity, public_key_of
from slcpd.sessions import HANDSHAKES_PER_HOST
from slcpd.tls import TlsStream, client_context, server_context


@asynccontextmanager
async def two_ends() -> AsyncIterator[tuple[tuple[StreamReader, StreamWriter], tuple[StreamReader, StreamWriter]]]:
    """Two ends of one connection."""
    sockets = socket.socketpair()
    ends = [await asyncio.open_connection(sock=each) for each in sockets]
    try:
        yield ends[0], ends[1]
    finally:
        for _, writer in ends:
            await hang_up(writer)


@asynccontextmanager
async def stream_pair(identity: Path) -> AsyncIterator[tuple[TlsStream, TlsStream]]:
    """The server's and the client's end of an encrypted stream; the server has read the first bytes already."""
    async with two_ends() as (one, other), asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
        client = TlsStream(*other, client_context(), is_server=False)
        shaking = group.create_task(client.handshake())
        server = TlsStream(*one, server_context(identity), is_server=True, first=await one[0].readexactly(7))
        await server.handshake()
        await shaking
        yield server, client


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return load_identity(tmp_path / "identity.pem").path


async def read_all(stream: TlsStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += await stream.read()
    return data


async def test_what_one_writes_the_other_reads_in_both_directions(identity: Path) -> None:
    data = bytes(range(256)) * 4096
    async with stream_pair(identity) as (server, client), asyncio.TaskGroup() as group:
        for one, other in ((server, client), (client, server)):
            reading = group.create_task(read_all(other, len(data)))
            one.write(data)
            await one.drain()
            assert await reading == data


async def test_the_client_sees_the_key_of_the_server_and_shows_none(identity: Path) -> None:
    async with stream_pair(identity) as (server, client):
        assert public_key_of(client.certificate) == load_identity(identity).public_key
        assert server.certificate == b""


async def test_who_closes_is_read_as_the_end(identity: Path) -> None:
    async with stream_pair(identity) as (server, client):
        client.write(b"the last word")
        client.close()
        client.close()  # once more does no harm
        assert await server.read() == b"the last word"
        assert await server.read() == b""


async def test_a_stream_that_breaks_is_read_as_the_end(identity: Path) -> None:
    async with stream_pair(identity) as (server, client):
        client.abort()
        assert await server.read() == b""


async def test_what_is_not_taken_is_dropped_at_the_end(identity: Path) -> None:
    async with stream_pair(identity) as (server, client):
        while not server.unsent:
            server.write(bytes(1 << 16))
        server.close()
        async with asyncio.timeout(WAIT):
            while await client.read():
                pass  # it comes to an end though not all was sent


async def test_bytes_that_are_no_tls_end_a_stream_that_was_encrypted(identity: Path) -> None:
    async with stream_pair(identity) as (server, client):
        client._writer.write(b"MSG Ani Hallo\n")
        with pytest.raises(ProtocolError) as caught:
            await server.read()
        assert caught.value.reason is BadInput.NO_TLS


@pytest.mark.parametrize(
    "data", [b"\x16garbage" * 100, b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + bytes(70000)]
)
async def test_garbage_that_begins_as_tls_is_counted_and_the_connection_ended(
    tmp_path: Path, whoisport: int, data: bytes
) -> None:
    async with inside(tmp_path, "Ani", whoisport) as ani:
        await ani.send(data)
        await ani.until(lambda status: status["dropped"] == {"no_tls": 1})
        await ani.send(b"MSG Ani still there?\n")
        assert await ani.texts() == ["still there?"]


async def test_an_older_tls_is_refused_and_told_so(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem") as luca,
    ):
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
            await luca.begin(ani, ssl.TLSVersion.TLSv1_2)
        await ani.until(lambda status: status["dropped"] == {"no_tls": 1})


async def test_plain_and_encrypted_streams_share_the_port(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
        luca.opened(ani),
    ):
        await ani.send(b"M", b"SG Ani in plain text\n", host="127.0.0.3")
        assert await ani.texts() == ["in plain text"]


async def test_a_host_that_begins_one_handshake_after_the_other_is_turned_away(tmp_path: Path, whoisport: int) -> None:
    async with (
        inside(tmp_path, "Ani", whoisport) as ani,
        EncryptedPeer("Luca", whoisport, tmp_path / "luca.pem", "127.0.0.2") as luca,
    ):
        async with asyncio.timeout(WAIT):
            while "rate_limited" not in await ani.dropped():
                garbage = (ani.send(b"\x16\x03\x01\x00\x05hello", host="127.0.0.66") for _ in range(12))
                await asyncio.gather(*garbage)
        assert (await ani.dropped())["no_tls"] >= HANDSHAKES_PER_HOST
        async with luca.opened(ani) as stream:  # the others are served as ever
            stream.send(text("1", "Hallo Ani!"))
            await stream.expect(Acknowledged)
        assert await ani.texts() == ["Hallo Ani!"]
