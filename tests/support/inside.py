"""A daemon inside the test's own loop: real sockets and files, and its constants can be changed."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemons import WAIT, Json, World, free_port

from slcp.client import result_of
from slcp.config import load
from slcp.control import MAX_REQUEST
from slcp.places import Places
from slcpd.daemon import run
from slcpd.identity import load_identity


@dataclass(frozen=True)
class Inside:
    """A daemon that runs, and the words to talk to it."""

    handle: str
    port: int
    places: Places

    @property
    def fingerprint(self) -> str:
        """Of its key."""
        return load_identity(self.places.identity).fingerprint

    async def request(self, method: str, /, **params: Any) -> Json:
        """Return the result. Raises RequestError."""
        reader, writer = await self.open_control()
        try:
            writer.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
            async with asyncio.timeout(WAIT):
                return result_of(json.loads(await reader.readline()))
        finally:
            await hang_up(writer)

    async def open_control(self) -> tuple[StreamReader, StreamWriter]:
        return await asyncio.open_unix_connection(self.places.socket, limit=2 * MAX_REQUEST)

    async def open_chat(self, host: str = "127.0.0.1") -> tuple[StreamReader, StreamWriter]:
        """Connect to the chat port as a peer does; `host` is the peer's address."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(host, 0))

    async def send(self, *pieces: bytes, host: str = "127.0.0.1") -> None:
        """Send a stream as a peer does, in pieces, and wait until the daemon has ended it too."""
        reader, writer = await self.open_chat(host)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
            async with asyncio.timeout(WAIT):
                await reader.read()
        except ConnectionError:
            pass  # it did not want all of it
        finally:
            await hang_up(writer)

    async def messages(self, **query: Any) -> list[Json]:
        messages: list[Json] = (await self.request("history", **query))["messages"]
        return messages

    async def texts(self) -> list[str]:
        """Return the texts of the history, oldest first."""
        return [message["text"] for message in await self.messages(limit=500)]

    async def dropped(self) -> dict[str, int]:
        dropped: dict[str, int] = (await self.request("status"))["dropped"]
        return dropped

    async def events(self, since: int = 0) -> AsyncGenerator[Json]:
        """Yield the events after `since`; fails when none comes for WAIT seconds."""
        reader, writer = await self.open_control()
        try:
            call = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"since": since}}
            writer.write(json.dumps(call).encode() + b"\n")
            result_of(json.loads(await reader.readline()))
            while True:
                async with asyncio.timeout(WAIT):
                    yield json.loads(await reader.readline())["params"]
        finally:
            await hang_up(writer)

    async def wait_for(self, type: str, /, since: int = 0, **expected: Any) -> Json:  # noqa: A002  # the event's own word
        """Return the first event after `since` of a type, with these values; it may have happened already."""
        seen: list[Json] = []
        async with aclosing(self.events(since)) as events:
            try:
                async for event in events:
                    seen.append(event)
                    if event["type"] == type and all(event.get(key) == value for key, value in expected.items()):
                        return event
            except TimeoutError as error:
                shown = "\n".join(map(str, seen))
                raise AssertionError(f"no {type} {expected}; came:\n{shown}") from error
        raise AssertionError("the daemon has ended")

    async def until_waiting(self, message_id: str) -> Json:
        """Return a message of ours when a try to send it has failed."""
        async with asyncio.timeout(WAIT):
            while True:
                for message in await self.messages():
                    if message["id"] == message_id and message["state"] == "queued" and message["reason"]:
                        return message

    async def until(self, holds: Callable[[Json], bool]) -> Json:
        """Ask for `status` until it shows what is expected."""
        async with asyncio.timeout(WAIT):
            while not holds(status := await self.request("status")):
                pass
            return status


@asynccontextmanager
async def inside(root: Path, handle: str, whoisport: int, /, **keys: object) -> AsyncIterator[Inside]:
    """Run a daemon while the context lasts. `keys` go to its config file."""
    world = World(root / handle)
    chosen: dict[str, Any] = {
        "handle": handle,
        "port": free_port(),
        "whoisport": whoisport,
        "interfaces": ["lo"],
        **keys,
    }
    world.configure(**chosen)
    settings = root / handle / "state/slcp/settings.toml"
    places = Places(
        config=world.config,
        settings=settings,
        lock=settings.with_name("slcpd.lock"),
        log=world.log,
        database=world.database,
        identity=world.identity,
        images=world.images,
        outbox=world.outbox,
        socket=world.socket,
    )
    layers = load(places.config, places.settings, {}, {"handle": handle})
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run(layers, places, "default", ready.set))
        await ready.wait()
        try:
            daemon = Inside(handle, chosen["port"], places)
            await daemon.until(lambda status: bool(status["here"]))  # it has said JOIN, too
            yield daemon
        finally:
            running.cancel()


async def trickle(reader: StreamReader, writer: StreamWriter, piece: bytes) -> None:
    """Send a piece every 10 ms, never silent and never done, until the other side ends the connection."""
    with suppress(ConnectionError):
        async with asyncio.timeout(WAIT):
            while not reader.at_eof():
                writer.write(piece)
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await reader.read(1)


async def hang_up(writer: StreamWriter) -> None:
    """Close a connection, whatever state it is in."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()
