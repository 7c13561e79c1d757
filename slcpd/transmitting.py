"""One message to one peer, in the way that its dialect takes."""

import logging
from asyncio import TaskGroup
from collections.abc import Callable
from typing import NamedTuple, assert_never

from slcp.dialects import Dialect, ImageWay, TextWay
from slcp.messages import Address
from slcp.node import Node
from slcp.outgoing import image_head, text_datagrams, text_streams
from slcp.results import Kind, MessageEntry
from slcpd.sending import (
    ImageFile,
    PeerAwayError,
    PeerBrokeOffError,
    PeerRefusedError,
    Progress,
    send_datagrams,
    send_file,
    send_json_image,
    send_stream,
    send_udp_image,
)

JSON_IMAGES = 100  # is added to the port of a `json` peer, for images
MAX_ANSWER_STREAMS = 16  # at once: a stranger can make us open them
READY = b"READY"  # what a `bare` peer says when it wants the bytes of an image

log = logging.getLogger(__name__)


class Target(NamedTuple):
    """Where a recipient is now, and how it is spoken to."""

    handle: str
    address: Address
    dialect: Dialect
    other_addresses: tuple[Address, ...] = ()  # where it may be too; these are tried first
    offered: str | None = None  # the fingerprint of the key that it says it has
    is_heard: bool = False  # itself, not named by others or found in the history


class AnswerStreams:
    """Sends answers to WHO by TCP, to programs that want them so; nobody waits for these."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group
        self._number = 0  # under way

    def send(self, to: Address, data: bytes) -> None:
        if self._number < MAX_ANSWER_STREAMS:
            self._group.create_task(self._send(to, data))

    async def _send(self, to: Address, data: bytes) -> None:
        self._number += 1
        try:
            await send_stream(to, data)
        except (PeerAwayError, PeerBrokeOffError) as error:
            log.debug("an answer to WHO was not taken: %s", error)
        finally:
            self._number -= 1


class Route(NamedTuple):
    """How a message leaves: our side of it."""

    me: Node
    hear: Callable[[bytes, Address], None]  # takes what a peer says to a socket that sends to it alone
    progress: Progress
    file_of: Callable[[MessageEntry], ImageFile]  # raises UnsendableError


async def transmit(message: MessageEntry, target: Target, route: Route) -> None:
    """Send a message. Raises PeerAwayError, PeerBrokeOffError, UnsendableError."""
    if message.kind is Kind.TEXT:
        await _send_text(message, target, route)
    else:
        await _send_image(message, target, route)


async def _send_text(message: MessageEntry, target: Target, route: Route) -> None:
    match target.dialect.texts:
        case TextWay.TCP | TextWay.TCP_BARE:
            await _send_text_by_tcp(message, target, route.me)
        case TextWay.UDP_JSON:
            await _send_text_by_udp(message, target, route)
        case TextWay.TCP_ELSE_UDP:
            try:
                await _send_text_by_tcp(message, target, route.me)
            except PeerRefusedError:
                await _send_text_by_udp(message, target, route)
        case _:
            assert_never(target.dialect.texts)


async def _send_text_by_tcp(message: MessageEntry, target: Target, me: Node) -> None:
    text = message.text or ""
    for stream in text_streams(target.dialect, me.hello(), target.handle, text, message.automatic):
        await send_stream(target.address, stream)


async def _send_text_by_udp(message: MessageEntry, target: Target, route: Route) -> None:
    datagrams = text_datagrams(target.dialect, route.me.hello(), target.handle, message.text or "")
    await send_datagrams(target.address, datagrams, route.me.port, route.hear)


async def _send_image(message: MessageEntry, target: Target, route: Route) -> None:
    me, progress = route.me, route.progress
    file = route.file_of(message)
    address, dialect = target.address, target.dialect
    head = image_head(dialect, me.hello(), target.handle, file.name, file.size)
    match dialect.images:
        case ImageWay.TCP:
            await send_file(address, head, file, progress)
        case ImageWay.TCP_READY:
            await send_file(address, head, file, progress, awaited=READY)
        case ImageWay.TCP_JSON:
            await send_json_image(Address(address.ip, address.port + JSON_IMAGES), me.handle, file, progress)
        case ImageWay.UDP:
            await send_udp_image(address, head, file, me.port, route.hear, progress)
        case _:
            assert_never(dialect.images)
