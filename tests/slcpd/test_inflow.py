"""An image's stream that is taken over and given back, over a real connection."""

import asyncio
import socket
from asyncio import Transport
from typing import cast

from daemons import WAIT

from slcpd.inflow import Inflow

LIMIT = 1 << 16  # bytes that a reader holds before it pauses twice that
IMAGE, BEHIND = 1 << 20, 1 << 20  # bytes


async def test_what_follows_an_image_is_read_no_faster_than_it_is_taken() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=ours, limit=LIMIT)
    transport = cast("Transport", writer.transport)
    async with asyncio.timeout(WAIT), asyncio.TaskGroup() as group:
        sending = group.create_task(asyncio.get_running_loop().sock_sendall(theirs, bytes(IMAGE + 8 * BEHIND)))
        inflow = Inflow(reader, transport, IMAGE)
        came = 0
        while came < IMAGE:
            came += len(await inflow.next())
        while transport.is_reading():  # noqa: ASYNC110  # until its buffer is full; the transport tells nobody
            await asyncio.sleep(0)
        inflow.give_back()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not transport.is_reading()
        assert not sending.done()
        sending.cancel()
    writer.close()
    theirs.close()
