"""A peer's TCP stream in: texts into the history, images onto the disk."""

import asyncio
import logging
from asyncio import StreamReader, StreamWriter, Transport
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime
from typing import assert_never, cast

from slcp.errors import BadInput, ProtocolError, StorageError
from slcp.events import ImageProgressed, ImageReceived, ImageRejected, TextReceived
from slcp.messages import Address, Hello, Image, Join, KnownUsers, Leave, Text, Who
from slcp.node import Node
from slcp.peers import Peer, PeerEvent
from slcp.presence import InputDropped, Presence
from slcp.results import Direction
from slcp.stream import ImageData, ImageEnd, StreamDecoder, StreamEvent, StreamState
from slcpd import json_images
from slcpd.connections import host_of, reset_when_closed
from slcpd.images import PROGRESS_STEP, ImageError, ImageFolder, NewImage
from slcpd.inflow import WORTH_TAKING, Inflow
from slcpd.journal import Journal
from slcpd.mailbox import Recipient
from slcpd.outbox import new_id
from slcpd.pace import Pace
from slcpd.threads import WORTH_A_THREAD, in_thread
from slcpd.tls import FIRST_BYTE
from slcpd.tokens import HostTokens

MAX_CONNECTIONS = 256  # in all: descriptors and memory for a room full of people
MAX_CONNECTIONS_PER_HOST = 16  # one machine, several users, each sending a few images at a time
MAX_IMAGES_PER_HOST = 8  # at once
TEXTS_BURST = 1000  # plain texts of a host, taken at once: a log that somebody has pasted
TEXTS_RATE = 200.0  # of them a second in the long run: no person writes so many, and the disk is not filled overnight
TEXTS_PAUSE = 0.1  # seconds for which a stream that has more to say is not read
CHUNK = 1 << 18  # bytes read at a time, if so many have come: what asyncio takes from a socket at once
READ_AHEAD = 1 << 16  # bytes; when more than twice that wait to be read, no more are taken from the socket
TIME_OUTS = {
    StreamState.IDLE: 120.0,  # seconds between two messages
    StreamState.LINE: 10.0,  # seconds from the first byte of a line to its end
    StreamState.BODY: 30.0,  # seconds without a byte of an image
}

READY = b"READY"  # what some programs wait for before they send an image
READY_AFTER = 0.3  # seconds of silence behind a header; sooner, a program that waits for nothing might reset

Serve = Callable[[StreamReader, StreamWriter, bytes], Awaitable[None]]
Events = AsyncIterator[StreamEvent | ProtocolError] | AsyncIterator[ImageData | ImageEnd]

log = logging.getLogger(__name__)


async def read_events(
    reader: StreamReader, ask_for_image: Callable[[], None], first: bytes = b"", transport: Transport | None = None
) -> AsyncGenerator[StreamEvent | ProtocolError]:
    """Yield what a peer's stream says until it ends; `first` are the bytes read of it.

    With its transport, large images come by an Inflow: their bytes are good until the next event is asked for.
    `ask_for_image` is called when the header of an image has come and nothing follows: some
    programs wait for a word. An unknown command is yielded as its error and the stream goes
    on. Raises ProtocolError when the peer is too slow or the stream is bad.
    """
    decoder = StreamDecoder()
    decoder.receive(first)
    deadline = _deadline(decoder)
    while True:
        while (event := _next_event(decoder)) is not None:
            yield event
            deadline = _deadline(decoder)
        if decoder.is_ended:
            return
        if transport and decoder.owed >= WORTH_TAKING and not decoder.awaits_image:
            async with aclosing(_body(reader, transport, decoder)) as body:
                async for event in body:
                    yield event
            deadline = _deadline(decoder)
            continue
        was_in_line = decoder.state is StreamState.LINE
        try:
            data = await _read(reader, deadline, ask_for_image if decoder.awaits_image else None)
        except TimeoutError as error:
            if decoder.state is StreamState.IDLE:
                return
            raise ProtocolError(BadInput.TOO_SLOW) from error
        decoder.receive(data) if data else decoder.receive_eof()
        if not was_in_line:
            deadline = _deadline(decoder)


async def _body(reader: StreamReader, transport: Transport, decoder: StreamDecoder) -> AsyncGenerator[ImageData]:
    """Yield the rest of an image, past the decoder. Raises ProtocolError when the peer is too slow, OSError."""
    inflow = Inflow(reader, transport, decoder.owed)
    try:
        while decoder.owed:
            async with asyncio.timeout_at(_deadline(decoder)):
                data = await inflow.next()
            if not data:
                decoder.receive_eof()
                return
            decoder.pass_by(len(data))
            yield ImageData(data)
    except TimeoutError as error:
        raise ProtocolError(BadInput.TOO_SLOW) from error
    finally:
        inflow.give_back()


async def _first_bytes(reader: StreamReader) -> bytes:
    """Return what comes first, b"" when nothing does."""
    try:
        async with asyncio.timeout(TIME_OUTS[StreamState.IDLE]):
            return await reader.read(CHUNK)
    except TimeoutError:
        return b""


async def _read(reader: StreamReader, deadline: float, ask: Callable[[], None] | None) -> bytes:
    """Read what has come; when nothing comes for READY_AFTER, `ask` first. Raises TimeoutError."""
    if ask:
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_AFTER):
                return await reader.read(CHUNK)
        ask()
    async with asyncio.timeout_at(deadline):
        return await reader.read(CHUNK)


def _next_event(decoder: StreamDecoder) -> StreamEvent | ProtocolError | None:
    try:
        return decoder.next_event()
    except ProtocolError as error:
        if error.reason is BadInput.UNKNOWN_COMMAND:
            return error
        raise


def _deadline(decoder: StreamDecoder) -> float:
    return asyncio.get_running_loop().time() + TIME_OUTS[decoder.state]


class Receiver:
    """Takes what peers send; what it takes is durable when the stream is closed."""

    def __init__(
        self,
        me: Node,
        presence: Presence,
        images: ImageFolder,
        journal: Journal,
        publish: Callable[[Iterable[PeerEvent | InputDropped]], None],
        answer: Callable[[Recipient], None],
        refuses_plain: Callable[[str, str], bool],
        serve_encrypted: Serve,
    ) -> None:
        self._me = me
        self._presence = presence
        self._images = images
        self._journal = journal
        self._publish = publish
        self._answer = answer  # is told who has written
        self._refuses_plain = refuses_plain  # takes a handle and an IP address
        self._serve_encrypted = serve_encrypted  # takes over a stream that is TLS
        self._incoming: Counter[str] = Counter()  # images that are coming in, by host
        self._texts = HostTokens(TEXTS_BURST, TEXTS_RATE)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Read one connection to its end, and end it from our side: a plain peer takes that for a receipt.

        So any other end resets the connection: what was not taken, or the end of our process.
        """
        reset_when_closed(writer, True)
        source = Address(host_of(writer), 0)
        with self._drops(source):
            self._admit(source.ip)
            first = await _first_bytes(reader)
            if first[:1] == bytes([FIRST_BYTE]):
                reset_when_closed(writer, False)  # what is taken is acknowledged by frames
                await self._serve_encrypted(reader, writer, first)
            elif await self._take_all(
                reader, source, lambda: writer.write(READY), first=first, transport=cast("Transport", writer.transport)
            ):
                reset_when_closed(writer, False)

    async def serve_datagrams(self, reader: StreamReader, source: Address) -> None:
        """Read an image that comes in datagrams, put behind each other, from one source."""
        await self._take_all(reader, source, lambda: None, by_udp=True)

    async def serve_json_image(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Read one connection of a `json` program: an image as JSON."""
        reset_when_closed(writer, True)
        source = Address(host_of(writer), 0)
        with self._drops(source):
            self._admit(source.ip)
            handle, rest = await json_images.read_sender(reader)
            async with aclosing(json_images.read_image(reader, rest)) as events:
                await self._take_image(None, self._sender(handle, source), source, events)
            reset_when_closed(writer, False)

    async def _take_all(
        self,
        reader: StreamReader,
        source: Address,
        ask_for_image: Callable[[], None],
        by_udp: bool = False,
        first: bytes = b"",
        transport: Transport | None = None,
    ) -> bool:
        """Take what a stream says. Returns whether all of it was taken."""
        with self._drops(source):
            self._admit(source.ip)
            async with aclosing(read_events(reader, ask_for_image, first, transport)) as events:
                async for event in events:
                    source = await self._take(event, source, events, by_udp)
                    await asyncio.sleep(0)  # a stream that has much to say must not keep the others waiting
                return True
        return False

    def _admit(self, ip: str) -> None:
        """Raises ProtocolError when the host may not open streams to us."""
        if not self._me.links.admits(ip):
            raise ProtocolError(BadInput.NOT_ON_LINK)

    @contextmanager
    def _drops(self, source: Address) -> Iterator[None]:
        """Count what a peer sends and we do not take."""
        try:
            yield
        except ProtocolError as error:
            self._publish([InputDropped(error.reason, source, str(error).encode())])
        except ImageError as error:
            log.info("image from %s not taken: %s", source.ip, error)
            self._publish([InputDropped(BadInput.IMAGE_REJECTED, source, b"")])
        except StorageError:
            self._publish([InputDropped(BadInput.NOT_STORED, source, b"")])

    def take_text(self, text: Text, source: Address) -> None:
        """Record a text, and have it answered if we are away.

        Raises ProtocolError where it is not wanted or the host sends too many, StorageError.
        """
        sender = self._sender(text.handle, source)
        if not self._texts.of(source.ip).take(asyncio.get_running_loop().time()):
            raise ProtocolError(BadInput.RATE_LIMITED, "texts")
        if sender:
            self._publish(self._presence.senders.learn_from(sender, text))
        self._journal.record(
            TextReceived(
                id=new_id(),
                handle=_handle(sender, source),
                ip=sender.address.ip if sender else source.ip,
                port=sender.address.port if sender else None,
                text=text.text,
                automatic=text.automatic,
            )
        )
        if sender and not text.automatic:
            self._answer(Recipient(sender.handle, sender.address))

    async def _take(self, event: StreamEvent | ProtocolError, source: Address, events: Events, by_udp: bool) -> Address:
        """Take one event; an image takes its bytes from `events`. Returns the source as known from now on."""
        match event:
            case Text():
                await self._until_wanted(source.ip)
                self.take_text(event, source)
            case Image():
                sender = self._sender(event.name, source)
                if sender:
                    self._publish(self._presence.senders.learn_from(sender, event, by_udp))
                await self._take_image(event.size, sender, source, events)
            case Hello() | Join() | Leave() | KnownUsers() | Who():
                now = asyncio.get_running_loop().time()
                self._publish(self._presence.receive_from_stream(event, source.ip, now))
                return Address(source.ip, event.port) if isinstance(event, Hello) else source
            case ProtocolError(reason=reason):
                self._publish([InputDropped(reason, source, str(event).encode())])
            case ImageData() | ImageEnd():
                pass  # _take_image has taken them
            case _:
                assert_never(event)
        return source

    async def _until_wanted(self, ip: str) -> None:
        """Wait until a host may send one more text. Meanwhile its stream is not read: it loses nothing."""
        while not self._texts.of(ip).left(asyncio.get_running_loop().time()):  # noqa: ASYNC110  # only time fills it
            await asyncio.sleep(TEXTS_PAUSE)

    async def _take_image(self, size: int | None, sender: Peer | None, source: Address, events: Events) -> None:
        """Take an image of `size` bytes, None where the peer does not say."""
        try:
            if self._incoming[source.ip] >= MAX_IMAGES_PER_HOST:
                raise ImageError(f"more than {MAX_IMAGES_PER_HOST} images at once")
            self._images.check_size(size or 0)
            self._incoming[source.ip] += 1
            try:
                await self._store_image(size, sender, source, events)
            finally:
                self._incoming[source.ip] -= 1
                self._incoming += Counter()  # drops what is zero: hosts come and go
        except (ImageError, ProtocolError, OSError) as error:
            self._journal.record(
                ImageRejected(
                    handle=_handle(sender, source),
                    ip=source.ip,
                    port=sender.address.port if sender else None,
                    reason=str(error),
                )
            )
            raise

    async def _store_image(self, size: int | None, sender: Peer | None, source: Address, events: Events) -> None:
        message_id, handle = new_id(), _handle(sender, source)
        with self._images.new_image(size) as image:
            try:
                async for done in _write(image, events):
                    self._journal.progress(
                        ImageProgressed(
                            id=message_id, handle=handle, direction=Direction.IN, done=done, size=size or done
                        )
                    )
            finally:
                self._journal.end_progress(message_id)
            kept = await self._images.keep(image, handle, datetime.now().astimezone())
        self._journal.record(
            ImageReceived(
                id=message_id,
                handle=handle,
                ip=sender.address.ip if sender else source.ip,
                port=sender.address.port if sender else None,
                path=str(kept.path),
                size=image.size,
                format=kept.picture.format,
                width=kept.picture.width,
                height=kept.picture.height,
            )
        )

    def _sender(self, handle: str, source: Address) -> Peer | None:
        """Tell who sends. Raises ProtocolError when that is, or may be, someone whom the user has blocked."""
        sender = self._presence.senders.who_sent(handle, source)
        blocklist = self._presence.blocklist
        is_sure = sender is not None and sender.address == source
        if blocklist.blocks(_handle(sender, source), source) or (not is_sure and blocklist.blocks_host(source.ip)):
            raise ProtocolError(BadInput.BLOCKED)
        if self._refuses_plain(_handle(sender, source), source.ip):
            raise ProtocolError(BadInput.PLAIN_TEXT)
        return sender


async def _write(image: NewImage, events: Events) -> AsyncIterator[int]:
    """Write the bytes of an image as they come; yield how many there are, now and then. Raises ProtocolError."""
    loop = asyncio.get_running_loop()
    pace = Pace(loop.time())
    done = told = 0
    async for event in events:
        if isinstance(event, ImageEnd):
            return
        if isinstance(event, ImageData):
            await _put(image, event.data)
            done += len(event.data)
            if pace.is_too_slow(len(event.data), loop.time()):
                raise ProtocolError(BadInput.TOO_SLOW)
        if done - told >= PROGRESS_STEP:
            told = done
            yield done


async def _put(image: NewImage, data: bytes | memoryview) -> None:
    image.expect(len(data))
    if len(data) < WORTH_A_THREAD:
        image.put(data)
    else:
        await in_thread(image.put, data)


def _handle(sender: Peer | None, source: Address) -> str:
    """Name a sender; one that never said who it is goes by its address."""
    return sender.handle if sender else source.ip
