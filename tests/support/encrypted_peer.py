"""Another slcpd, as far as its sockets go: TLS and frames, with a key of its own, as a client and as a server.

It does nothing by itself, so that a test can misbehave at any step. TLS is asyncio's here.
"""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

from daemons import WAIT, Json
from inside import Inside, hang_up
from plain import PlainPeer

from slcp.fingerprint import fingerprint_of
from slcp.frames import (
    AnyFrame,
    Challenge,
    FrameDecoder,
    Ping,
    Pong,
    Proof,
    TextFrame,
    Welcome,
    encode_frame,
    statement,
)
from slcpd.identity import Identity, load_identity, public_key_of

FrameType = TypeVar("FrameType")

NONCE = "0f" * 32
CHUNK = 1 << 16  # bytes


class Stream:
    """One encrypted stream. All waiting ends in an error after WAIT."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._decoder = FrameDecoder()

    @property
    def server(self) -> str:
        """The fingerprint of whom we have connected to."""
        certificate = self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return fingerprint_of(public_key_of(certificate))

    def send(self, *frames: AnyFrame) -> None:
        for frame in frames:
            self.writer.write(encode_frame(frame))

    async def receive(self) -> AnyFrame | None:
        """Return the next frame, None at the end of the stream."""
        async with asyncio.timeout(WAIT):
            while (frame := self._decoder.next_frame()) is None:
                try:
                    data = await self._reader.read(1 << 16)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self._decoder.receive(data)
        return frame

    async def expect(self, kind: type[FrameType]) -> FrameType:
        frame = await self.receive()
        assert isinstance(frame, kind), f"{frame} instead of {kind.__name__}"
        return frame

    async def is_ended(self) -> bool:
        """Wait for the end of the stream; False if a frame comes instead."""
        return await self.receive() is None

    async def until_taken(self) -> None:
        """Return when all that was sent has been taken, or refused: a Ping is answered after that."""
        self.send(Ping())
        while not isinstance(await self.receive(), Pong):
            pass

    async def close(self) -> None:
        await hang_up(self.writer)


class EncryptedPeer(PlainPeer):
    """A peer with a key. Its port takes connections within `async with`; other `ip`s of loopback stand for hosts."""

    def __init__(self, handle: str, whoisport: int, key: Identity | Path, ip: str = "127.0.0.1") -> None:
        super().__init__(handle, whoisport, ip)
        self.key = key if isinstance(key, Identity) else load_identity(key)
        self._accepted: asyncio.Queue[Stream] = asyncio.Queue()
        self._streams: list[Stream] = []
        self._taking: list[asyncio.Task[None]] = []
        self._sockets: list[socket.socket] = []

    async def __aenter__(self) -> Self:
        self._open = AsyncExitStack()
        await self._open.enter_async_context(self._listening())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()
        self.close()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            loop.add_reader(self.tcp, self._accept, group)
            try:
                yield
            finally:
                loop.remove_reader(self.tcp)
                for task in self._taking:
                    task.cancel()
                for stream in self._streams:
                    await stream.close()
        for connection in self._sockets:
            connection.close()

    def _accept(self, group: asyncio.TaskGroup) -> None:
        connection, _ = self.tcp.accept()
        connection.setblocking(False)
        self._sockets.append(connection)
        self._taking.append(group.create_task(self._take(connection)))

    @property
    def connections(self) -> int:
        """How many were accepted until now."""
        return len(self._sockets)

    async def _take(self, connection: socket.socket) -> None:
        """Answer with TLS; who does not want it goes."""
        loop = asyncio.get_running_loop()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.key.path)
        reader = StreamReader(limit=CHUNK)
        protocol = StreamReaderProtocol(reader)
        with suppress(OSError):
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
            self._streams.append(Stream(reader, StreamWriter(transport, protocol, reader, loop)))
            self._accepted.put_nowait(self._streams[-1])

    def say_hello(self, fingerprint: str | None = None) -> None:
        super().say_hello(fingerprint or self.key.fingerprint)

    # As a client

    async def begin(
        self, ani: Inside, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, buffer: int | None = None
    ) -> Stream:
        """Connect to a daemon: TLS alone. `buffer` is how many bytes our system takes that we do not read."""
        connection = socket.socket()
        connection.setblocking(False)
        if buffer:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # the sender's system holds less, too
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.bind((self.ip, 0))
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", ani.port))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = newest
        opened = asyncio.open_connection(sock=connection, ssl=context, server_hostname="", limit=CHUNK)
        async with asyncio.timeout(WAIT):
            self._streams.append(Stream(*await opened))
        return self._streams[-1]

    def proof(self, nonce: str, server: str, signer: Identity | None = None) -> Proof:
        """Prove our key to the server with that fingerprint, honestly unless another signs."""
        signature = (signer or self.key).sign(statement(nonce, server, self.key.fingerprint))
        return Proof(1, self.handle, self.port, self.key.public_key.hex(), signature.hex())

    async def prove(self, stream: Stream) -> None:
        challenge = await stream.expect(Challenge)
        stream.send(self.proof(challenge.nonce, stream.server))

    async def open(self, ani: Inside, buffer: int | None = None) -> Stream:
        """Connect to a daemon and be welcome."""
        stream = await self.begin(ani, buffer=buffer)
        await self.prove(stream)
        await stream.expect(Welcome)
        return stream

    @asynccontextmanager
    async def opened(self, ani: Inside) -> AsyncIterator[Stream]:
        stream = await self.open(ani)
        try:
            yield stream
        finally:
            await stream.close()

    # As a server

    async def take_stream(self) -> Stream:
        """Return the next connection: TLS alone."""
        async with asyncio.timeout(WAIT):
            return await self._accepted.get()

    async def serve(self) -> Stream:
        """Take the next connection and welcome whoever it is."""
        stream = await self.take_stream()
        await self.welcome(stream)
        return stream

    def challenge(self) -> Challenge:
        return Challenge(1, self.handle, self.port, NONCE)

    async def welcome(self, stream: Stream) -> Proof:
        stream.send(self.challenge())
        proof = await stream.expect(Proof)
        stream.send(Welcome())
        return proof


async def meet(ani: Inside, peer: EncryptedPeer) -> None:
    """Let a daemon hear of a peer and its key."""
    peer.say_hello()
    await ani.wait_for("user_joined", handle=peer.handle, ip=peer.ip, port=peer.port)


async def make_known(ani: Inside, peer: EncryptedPeer) -> None:
    """Let a daemon pin the key of a peer; no stream is left."""
    async with peer.opened(ani):
        await ani.wait_for("key_pinned", fingerprint=peer.key.fingerprint)
    await ani.until(lambda status: status["connections"] == 0)


async def until_user(ani: Inside, handle: str, **expected: object) -> Json:
    """Return a user's entry once it has these values."""
    async with asyncio.timeout(WAIT):
        while True:
            for user in (await ani.request("users"))["users"]:
                if user["handle"] == handle and all(user[key] == value for key, value in expected.items()):
                    return dict(user)


async def write_to(ani: Inside, to: str, words: str = "Hallo Luca!") -> str:
    """Return the id of a queued text."""
    return str((await ani.request("send_text", to=to, text=words))["id"])


async def pins(ani: Inside) -> list[tuple[str, str]]:
    """Return the handles and keys that were pinned until now, in their order."""
    newest = (await ani.request("hello"))["seq"]
    found = []
    if newest:
        async with aclosing(ani.events()) as events:
            async for event in events:
                if event["type"] == "key_pinned":
                    found.append((event["handle"], event["fingerprint"]))
                if event["seq"] == newest:
                    break
    return found


def text(message_id: str, words: str = "Hallo Ani!", automatic: bool = False) -> TextFrame:
    return TextFrame(message_id, automatic, words.encode())
