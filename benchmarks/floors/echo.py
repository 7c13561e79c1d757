"""The floor of a control call: answers each line on a Unix socket with the same bytes.

python echo.py SOCKET ANSWER
"""

import asyncio
import sys


class Echo(asyncio.Protocol):
    """One connection."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._answer * data.count(b"\n"))


async def main(path: str, answer: str) -> None:
    server = await asyncio.get_running_loop().create_unix_server(lambda: Echo(answer.encode() + b"\n"), path)
    async with server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
