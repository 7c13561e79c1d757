"""Delivery: a task per recipient that has something queued.

So the order per recipient is kept, and a peer that does not answer holds up nobody else. One
that is away is tried again when it is heard, and with backoff in between (docs/delivery.md).
"""

import asyncio
from asyncio import TaskGroup
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from slcp.dialects import CANONICAL, Dialect
from slcp.events import ImageFailed, ImageProgressed, ImageSent, TextFailed, TextSent
from slcp.messages import Address, Image
from slcp.node import Node
from slcp.peers import PeerTable
from slcp.results import Direction, Kind, MessageEntry
from slcp.wire import encode, fit_text
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient
from slcpd.sending import (
    PeerAwayError,
    PeerBrokeOffError,
    PeerRefusedError,
    UnsendableError,
    send_file,
    send_lines,
)

FIRST_PAUSE = 5.0  # seconds; doubles with each failure
LONGEST_PAUSE = 300.0  # seconds: the longest wait for a recipient whose return nobody has told
MAX_BROKEN = 5  # failures in a row after which a peer that breaks off is not tried again by itself


class Target(NamedTuple):
    """Where a recipient is now, and how it is spoken to."""

    address: Address
    dialect: Dialect


class Delivery:
    """Sends what the history has queued."""

    def __init__(
        self,
        group: TaskGroup,
        mailbox: Mailbox,
        journal: Journal,
        peers: PeerTable,
        me: Node,
        refuse: Callable[[Address], None],
    ) -> None:
        self._group = group
        self._mailbox = mailbox
        self._journal = journal
        self._peers = peers
        self._me = me
        self._refuse = refuse  # is told an address where nobody takes connections
        self._at_work: dict[Recipient, asyncio.Event] = {}  # the event cuts a pause short
        self.sending: set[str] = set()  # ids of what is on the wire now

    def start(self) -> None:
        """Go on with what an earlier daemon has left queued."""
        for recipient in self._mailbox.recipients():
            self.deliver(recipient)

    def deliver(self, recipient: Recipient) -> None:
        """See to it that all that is queued for a recipient gets sent."""
        if recipient not in self._at_work:
            self._at_work[recipient] = asyncio.Event()
            self._group.create_task(self._send_all(recipient))

    def hear(self, handle: str) -> None:
        """Try at once whoever has just been heard."""
        for recipient, heard in self._at_work.items():
            if recipient.handle == handle:
                heard.set()

    async def _send_all(self, recipient: Recipient) -> None:
        failures = 0  # in a row
        while (message := self._mailbox.next_queued(recipient)) is not None:
            self._at_work[recipient].clear()  # whoever is heard during a try that fails is tried again at once
            try:
                await self._send(message, recipient)
            except UnsendableError as error:
                self._give_up(message, str(error))
            except (PeerAwayError, PeerBrokeOffError) as error:
                failures += 1
                if isinstance(error, PeerBrokeOffError) and failures >= MAX_BROKEN:
                    self._give_up(message, str(error))
                    failures = 0
                else:
                    await self._pause(recipient, failures)
            else:
                failures = 0
                sent = TextSent if message.kind is Kind.TEXT else ImageSent
                self._journal.record(sent(id=message.id, handle=message.handle, **recipient.address._asdict()))
        del self._at_work[recipient]

    async def _send(self, message: MessageEntry, recipient: Recipient) -> None:
        target = self._find(recipient)
        self.sending.add(message.id)
        try:
            if message.kind is Kind.TEXT:
                await send_lines(target.address, self._text_lines(message, target.dialect))
            else:
                await self._send_image(message, target)
        except PeerRefusedError:
            self._refuse(target.address)
            raise
        finally:
            self.sending.discard(message.id)
            self._journal.end_progress(message.id)

    def _find(self, recipient: Recipient) -> Target:
        """Find where a recipient is now: where it was, or where its handle is alone in use. Raises PeerAwayError."""
        there = self._peers.at(recipient.address)
        is_same = there is None or there.handle == recipient.handle
        if there and is_same and there.is_here:
            return Target(there.address, there.dialect)
        named = [peer for peer in self._peers.here() if peer.handle == recipient.handle]
        if len(named) == 1:
            return Target(named[0].address, named[0].dialect)
        if is_same:
            return Target(recipient.address, there.dialect if there else CANONICAL)
        raise PeerAwayError(f"{recipient.handle} is no longer at {recipient.address}")

    def _text_lines(self, message: MessageEntry, dialect: Dialect) -> list[bytes]:
        texts = fit_text(message.handle, message.text or "", message.automatic and dialect.is_slcpd)
        return [*self._introduction(dialect), *map(encode, texts)]

    async def _send_image(self, message: MessageEntry, target: Target) -> None:
        size = message.size or 0
        header = [*self._introduction(target.dialect), encode(Image(message.handle, size))]

        def progress(done: int) -> None:
            self._journal.progress(
                ImageProgressed(id=message.id, handle=message.handle, direction=Direction.OUT, done=done, size=size)
            )

        await send_file(target.address, header, Path(message.path or ""), size, progress)

    def _introduction(self, dialect: Dialect) -> list[bytes]:
        """Say who writes, to a peer that understands it: several users may share our address."""
        return [encode(self._me.hello())] if dialect.is_slcpd else []

    def _give_up(self, message: MessageEntry, reason: str) -> None:
        failed = TextFailed if message.kind is Kind.TEXT else ImageFailed
        self._journal.record(
            failed(id=message.id, handle=message.handle, ip=message.ip, port=message.port or 0, reason=reason)
        )

    async def _pause(self, recipient: Recipient, failures: int) -> None:
        """Wait until the recipient is heard, or for the backoff."""
        heard = self._at_work[recipient]
        try:
            async with asyncio.timeout(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)):
                await heard.wait()
        except TimeoutError:
            pass
