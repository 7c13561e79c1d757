"""The floor of a text from A to B: a relay on either side, with one synced insert each.

    python relay.py second SOCKET PORT DATABASE    takes lines by TCP, tells them to whoever has connected to SOCKET
    python relay.py first SOCKET PORT DATABASE     takes lines on SOCKET, answers each, passes them on to PORT

Unix socket, insert, TCP, insert, Unix socket: all connections are kept.
"""

import asyncio
import socket
import sqlite3
import sys
from collections.abc import Callable

ANSWER = b'{"result": "40103a93ccee4358b7508a638f3388aa"}\n'


class Store:
    """A table on the disk; what add() has returned from survives a power cut."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE texts (seq INTEGER PRIMARY KEY, text TEXT NOT NULL)")

    def add(self, line: bytes) -> None:
        self._database.execute("INSERT INTO texts (text) VALUES (?)", (line.decode(),))


class Lines(asyncio.Protocol):
    """One connection; `take` gets each line."""

    def __init__(self, take: Callable[["Lines", bytes], None]) -> None:
        self._take = take
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(self, line + b"\n")


async def run_first(path: str, port: int, store: Store) -> None:
    def take(client: Lines, line: bytes) -> None:
        store.add(line)
        second.write(line)
        client.transport.write(ANSWER)

    loop = asyncio.get_running_loop()
    second, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)
    second.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await serve(await loop.create_unix_server(lambda: Lines(take), path))


async def run_second(path: str, port: int, store: Store) -> None:
    subscribers: list[Lines] = []

    def take(_: Lines, line: bytes) -> None:
        store.add(line)
        for subscriber in subscribers:
            subscriber.transport.write(line)

    def subscribe() -> Lines:
        subscribers.append(Lines(lambda _, __: None))
        return subscribers[-1]

    loop = asyncio.get_running_loop()
    await loop.create_unix_server(subscribe, path)
    await serve(await loop.create_server(lambda: Lines(take), "127.0.0.1", port))


async def serve(server: asyncio.Server) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    side, path, port, database = sys.argv[1:]
    asyncio.run({"first": run_first, "second": run_second}[side](path, int(port), Store(database)))
