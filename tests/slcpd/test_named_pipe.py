"""The part of the named pipe that is not Windows: connections become pairs of streams."""

import asyncio
import tempfile
from asyncio import StreamReader, StreamWriter
from pathlib import Path

from daemons import WAIT

from slcp.control import MAX_REQUEST
from slcpd.named_pipe import protocols


async def test_each_connection_becomes_a_pair_of_streams_with_the_limit_of_a_request() -> None:
    accepted: asyncio.Queue[tuple[StreamReader, StreamWriter]] = asyncio.Queue()

    def accept(reader: StreamReader, writer: StreamWriter) -> None:
        accepted.put_nowait((reader, writer))

    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="slcp-") as folder:
        path = Path(folder, "pipe")
        server = await loop.create_unix_server(protocols(accept, loop), path)
        async with server, asyncio.timeout(WAIT):
            for number in (b"1", b"2"):
                there, client = await asyncio.open_unix_connection(path)
                here, ours = await accepted.get()
                client.write(b"x" * (MAX_REQUEST - 2) + number + b"\n")
                assert (await here.readline())[-2:] == number + b"\n"
                ours.write(b"answer " + number + b"\n")
                assert await there.readline() == b"answer " + number + b"\n"
                for each in (client, ours):
                    each.close()
                    await each.wait_closed()
