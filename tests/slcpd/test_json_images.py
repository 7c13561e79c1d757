"""Images as `json` programs send them, over real connections."""

import asyncio
import base64
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from daemons import WAIT
from inside import Inside, hang_up, inside, trickle
from plain import PlainPeer

from slcpd.transmitting import JSON_IMAGES

HEAD = b'["Luca", "cat.png", "'


@asynccontextmanager
async def connected(root: Path, whoisport: int) -> AsyncIterator[tuple[Inside, StreamReader, StreamWriter]]:
    """Connect as a `json` program does to send an image."""
    async with inside(root, "Ani", whoisport) as ani:
        with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
            luca.broadcast(json.dumps(["JOIN", "Luca", luca.ip, luca.port]).encode())
            await ani.wait_for("user_joined", handle="Luca")
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", ani.port + JSON_IMAGES, local_addr=("127.0.0.2", 0)
            )
            try:
                yield ani, reader, writer
            finally:
                await hang_up(writer)


async def test_an_image_is_taken_in_pieces_of_any_size(tmp_path: Path, whoisport: int, cat: Path) -> None:
    async with connected(tmp_path, whoisport) as (ani, reader, writer):
        data = HEAD + base64.b64encode(cat.read_bytes()) + b'"]'
        for start in range(0, len(data), 4097):
            writer.write(data[start : start + 4097])
            await writer.drain()
        writer.write_eof()
        async with asyncio.timeout(WAIT):
            assert await reader.read() == b""
        received = await ani.wait_for("image_received", handle="Luca")
        assert Path(received["path"]).read_bytes() == cat.read_bytes()


async def test_a_head_that_trickles_is_given_up(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.json_images.HEAD_WITHIN", 0.2)
    async with connected(tmp_path, whoisport) as (ani, reader, writer):
        await trickle(reader, writer, b" ")
        assert await ani.dropped() == {"too_slow": 1}


@pytest.mark.parametrize("piece", [b"AAAA", b" "], ids=["bytes", "white space"])
async def test_an_image_that_trickles_is_given_up(
    tmp_path: Path, whoisport: int, monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    monkeypatch.setattr("slcpd.pace.WINDOW", 0.2)
    monkeypatch.setattr("slcpd.pace.SLOWEST", 1 << 20)
    async with connected(tmp_path, whoisport) as (ani, reader, writer):
        writer.write(HEAD)
        await trickle(reader, writer, piece)
        assert await ani.dropped() == {"too_slow": 1}
