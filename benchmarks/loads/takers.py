"""Plain programs that take whatever is sent to them, each at an address of loopback of its own: as a process.

python -m benchmarks.loads.takers WHOISPORT PORT FIRST NUMBER

They join, and then read each stream to its end and close it, until the process is ended.
"""

import asyncio
import socket
import sys
from asyncio import StreamReader, StreamWriter
from contextlib import AsyncExitStack, suppress

from benchmarks.loads.joiner import IP_PKTINFO, PKTINFO, address_of, handle_of

CHUNK = 1 << 18  # bytes


async def take(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while await reader.read(CHUNK):
            pass
    writer.close()


async def main(whoisport: int, port: int, first: int, number: int) -> None:
    async with AsyncExitStack() as stack:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as voice:
            for each in range(first, first + number):
                server = await asyncio.start_server(take, address_of(each), port, limit=CHUNK)
                await stack.enter_async_context(server)
                source = PKTINFO.pack(0, socket.inet_aton(address_of(each)), bytes(4))
                join = f"JOIN {handle_of(each)} {port}\n".encode()
                voice.sendmsg([join], [(socket.IPPROTO_IP, IP_PKTINFO, source)], 0, ("127.0.0.1", whoisport))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
