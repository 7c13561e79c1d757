"""Delivery: a task per recipient that has something queued.

So the order per recipient is kept, and a peer that does not answer holds up nobody else. One
that is away is tried again when it is heard, and with backoff in between (docs/delivery.md).
"""

import asyncio
import logging
from asyncio import TaskGroup
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

from slcp.errors import SlcpError, StorageError
from slcp.events import (
    DurableEvent,
    ImageDelivered,
    ImageFailed,
    ImageProgressed,
    ImageSent,
    TextDelivered,
    TextFailed,
    TextSent,
)
from slcp.messages import Address
from slcp.peers import PeerEvent, PeerHeard
from slcp.results import Direction, Kind, MessageEntry, MessageState
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient
from slcpd.sending import PeerAwayError, PeerBrokeOffError, Progress, UnsendableError

FIRST_PAUSE = 5.0  # seconds; doubles with each failure
MAX_DOUBLINGS = 16  # beyond the longest pause; after some days of failures a float could not hold the power
LONGEST_PAUSE = 300.0  # seconds: the longest wait for a recipient whose return nobody has told
JITTER = (0.8, 1.2)  # times the pause: many who wait for one peer do not come back all at once
STORAGE_PAUSE = 2.0  # seconds between two looks whether the history works again
MAX_AT_ONCE = 64  # transmissions: each has a descriptor or two
MAX_BROKEN = 5  # failures in a row after which a peer that breaks off is not tried again by itself

log = logging.getLogger(__name__)

Transmit = Callable[[MessageEntry, Recipient, Progress], Awaitable[MessageState]]

_TAKEN: dict[tuple[Kind, MessageState], type[TextSent | TextDelivered | ImageSent | ImageDelivered]] = {
    (Kind.TEXT, MessageState.SENT): TextSent,
    (Kind.TEXT, MessageState.DELIVERED): TextDelivered,
    (Kind.IMAGE, MessageState.SENT): ImageSent,
    (Kind.IMAGE, MessageState.DELIVERED): ImageDelivered,
}


def backoff(failures: int, random: Random) -> float:
    """Return the seconds to wait after so many failures in a row."""
    pause = FIRST_PAUSE * 2.0 ** min(failures - 1, MAX_DOUBLINGS)
    return min(pause, LONGEST_PAUSE) * random.uniform(*JITTER)


class Delivery:
    """Sends what the history has queued."""

    def __init__(
        self,
        group: TaskGroup,
        mailbox: Mailbox,
        journal: Journal,
        transmit: Transmit,
        release: Callable[[str | None], None],
        random: Random,
    ) -> None:
        self._group = group
        self._mailbox = mailbox
        self._journal = journal
        self._transmit = transmit
        self._release = release  # is told the checksum of an image that has arrived
        self._random = random
        self._at_work: dict[Recipient, asyncio.Event] = {}  # the event cuts a pause short
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._why: dict[Recipient, str] = {}  # the last try has failed
        self._sending: set[str] = set()  # ids of what is on the wire now

    def start(self) -> None:
        """Go on with what an earlier daemon has left queued."""
        for recipient in self._mailbox.recipients():
            self.deliver(recipient)

    def deliver(self, recipient: Recipient) -> None:
        """See to it that all that is queued for a recipient gets sent."""
        if recipient not in self._at_work:
            self._at_work[recipient] = asyncio.Event()
            self._group.create_task(self._send_all(recipient))

    def notice(self, event: PeerEvent) -> None:
        """Try at once whoever has just been heard."""
        if isinstance(event, PeerHeard):
            for recipient, heard in self._at_work.items():
                if recipient.handle == event.handle:
                    heard.set()

    def withdrawn(self, message: MessageEntry) -> None:
        """Take note that a message of the queue has been cancelled: nobody may be left to wait for."""
        recipient = _recipient(message)
        if recipient in self._at_work and self._mailbox.next_queued(recipient) is None:
            self._at_work[recipient].set()
        self._release(message.sha256)

    def as_now(self, message: MessageEntry) -> MessageEntry:
        """Add to a message what is not stored: that it is on the wire now, or why it still waits."""
        if message.id in self._sending:
            return replace(message, state=MessageState.SENDING)
        if message.state is MessageState.QUEUED:
            return replace(message, reason=self._why.get(_recipient(message)))
        return message

    async def _send_all(self, recipient: Recipient) -> None:
        failures = broken = 0  # in a row
        while (message := await self._next_queued(recipient)) is not None:
            self._at_work[recipient].clear()  # whoever is heard during a try that fails is tried again at once
            try:
                async with self._slots:
                    if await self._next_queued(recipient) != message:
                        continue  # it was cancelled while others were on the wire
                    state = await self._send(message, recipient)
            except UnsendableError as error:
                await self._give_up(message, str(error))
                continue
            except (PeerAwayError, PeerBrokeOffError) as error:
                failures += 1
                self._why[recipient] = str(error)
                broken = broken + 1 if isinstance(error, PeerBrokeOffError) else 0
                if broken < MAX_BROKEN:
                    await self._pause(recipient, failures)
                    continue
                await self._give_up(message, str(error))
            else:
                taken = _TAKEN[message.kind, state]
                await self._record(taken(id=message.id, handle=message.handle, **recipient.address._asdict()))
                self._release(message.sha256)
            failures = broken = 0
            self._why.pop(recipient, None)
        del self._at_work[recipient]
        self._why.pop(recipient, None)

    async def _send(self, message: MessageEntry, recipient: Recipient) -> MessageState:
        def progress(done: int) -> None:
            size = message.size or 0
            self._journal.progress(
                ImageProgressed(id=message.id, handle=message.handle, direction=Direction.OUT, done=done, size=size)
            )

        self._sending.add(message.id)
        try:
            return await self._transmit(message, recipient, progress)
        except SlcpError:
            raise
        except Exception as error:  # else it would end the daemon, and again after each start
            log.exception("a bug in sending to %s; the others go on", recipient.handle)
            raise UnsendableError("a bug in slcpd; `slcpctl logs` shows its trace") from error
        finally:
            self._sending.discard(message.id)
            self._journal.end_progress(message.id)

    async def _give_up(self, message: MessageEntry, reason: str) -> None:
        failed = TextFailed if message.kind is Kind.TEXT else ImageFailed
        await self._record(
            failed(id=message.id, handle=message.handle, ip=message.ip, port=message.port or 0, reason=reason)
        )

    async def _next_queued(self, recipient: Recipient) -> MessageEntry | None:
        while True:
            try:
                return self._mailbox.next_queued(recipient)
            except StorageError:
                await asyncio.sleep(STORAGE_PAUSE)

    async def _record(self, event: DurableEvent) -> None:
        """Record what has become of a message, however long the disk is full: it is not sent again for that."""
        while True:
            try:
                return self._journal.record(event)
            except StorageError:
                await asyncio.sleep(STORAGE_PAUSE)

    async def _pause(self, recipient: Recipient, failures: int) -> None:
        """Wait until the recipient is heard, or for the backoff."""
        heard = self._at_work[recipient]
        try:
            async with asyncio.timeout(backoff(failures, self._random)):
                await heard.wait()
        except TimeoutError:
            pass


def _recipient(message: MessageEntry) -> Recipient:
    return Recipient(message.handle, Address(message.ip, message.port or 0))
