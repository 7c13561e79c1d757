"""Delivery: a task per recipient that has something queued.

So the order per recipient is kept, and a peer that does not answer holds up nobody else. One
that is away is tried again when it is heard, and with backoff in between (docs/delivery.md).
"""

import asyncio
import logging
from asyncio import TaskGroup
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
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
from slcpd.in_flight import InFlight, Outcome
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient
from slcpd.sending import PeerAwayError, PeerBrokeOffError, Progress, UnsendableError

FIRST_PAUSE = 5.0  # seconds; doubles with each failure
MAX_DOUBLINGS = 16  # beyond the longest pause; after some days of failures a float could not hold the power
LONGEST_PAUSE = 300.0  # seconds: the longest wait for a recipient whose return nobody has told
JITTER = (0.8, 1.2)  # times the pause: many who wait for one peer do not come back all at once
STORAGE_PAUSE = 2.0  # seconds between two looks whether the history works again
MAX_AT_ONCE = 64  # transmissions: each has a descriptor or two
SENT_TOGETHER = 32  # texts to one recipient: what one sync of its disk keeps
MAX_TAKEN = 512  # texts after which the queue is looked at anew, for what is older and was queued again
MAX_BROKEN = 5  # failures in a row after which a peer that breaks off is not tried again by itself

log = logging.getLogger(__name__)

Transmit = Callable[[InFlight, Recipient], Awaitable[None]]

_TAKEN: dict[tuple[Kind, MessageState], type[TextSent | TextDelivered | ImageSent | ImageDelivered]] = {
    (Kind.TEXT, MessageState.SENT): TextSent,
    (Kind.TEXT, MessageState.DELIVERED): TextDelivered,
    (Kind.IMAGE, MessageState.SENT): ImageSent,
    (Kind.IMAGE, MessageState.DELIVERED): ImageDelivered,
}


class BrokenOffError(SlcpError):
    """We have ended the sending ourselves."""


SendingError = PeerAwayError | PeerBrokeOffError | UnsendableError | BrokenOffError


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
        self._leaving: dict[str, asyncio.Task[SendingError | None]] = {}  # images of which not all has left, by id

    def start(self) -> None:
        """Go on with what an earlier daemon has left queued."""
        for recipient in self._mailbox.recipients():
            self.deliver(recipient)

    def deliver(self, recipient: Recipient) -> None:
        """See to it that all that is queued for a recipient gets sent."""
        if recipient in self._at_work:
            return
        sending = self._send_all(recipient)
        try:
            self._group.create_task(sending)
        except RuntimeError:  # the group is ending; the next daemon goes on with what is queued
            sending.close()
        else:
            self._at_work[recipient] = asyncio.Event()

    def notice(self, event: PeerEvent) -> None:
        """Try at once whoever has just been heard."""
        if isinstance(event, PeerHeard):
            for recipient, heard in self._at_work.items():
                if recipient.handle == event.handle:
                    heard.set()

    def withdrawn(self, message: MessageEntry) -> None:
        """Take note that a message of the queue has been cancelled: nobody may be left to wait for."""
        recipient = _recipient(message)
        if recipient in self._at_work and not self._mailbox.next_queued(recipient):
            self._at_work[recipient].set()
        self._release(message.sha256)

    def break_off(self, message: MessageEntry) -> bool:
        """End the sending of an image, unless all of it has left. Tells whether it was ended."""
        leaving = self._leaving.pop(message.id, None)
        return leaving is not None and leaving.cancel()

    def as_now(self, message: MessageEntry) -> MessageEntry:
        """Add to a message what is not stored: that it is on the wire now, or why it still waits."""
        if message.state is not MessageState.QUEUED:
            return message
        if message.id in self._sending:
            return replace(message, state=MessageState.SENDING)
        return replace(message, reason=self._why.get(_recipient(message)))

    async def _send_all(self, recipient: Recipient) -> None:
        failures = broken = 0  # in a row
        while True:
            async with self._slots:
                message = await self._next_queued(recipient)
                if message is None:
                    break
                self._at_work[recipient].clear()  # whoever is heard during a try that fails is tried again at once
                in_flight, error = await self._send(message, recipient)
            if in_flight.is_answered:
                failures = broken = 0
                self._why.pop(recipient, None)
            if error is None or isinstance(error, BrokenOffError):
                continue
            if not isinstance(error, UnsendableError):
                failures += 1
                broken = broken + 1 if isinstance(error, PeerBrokeOffError) else 0
                if broken < MAX_BROKEN:
                    self._why[recipient] = str(error)
                    await self._pause(recipient, failures)
                    continue
                failures = broken = 0
                self._why.pop(recipient, None)
            await self._record(_failed(in_flight.messages[0], str(error)))
        del self._at_work[recipient]
        self._why.pop(recipient, None)

    async def _send(self, message: MessageEntry, recipient: Recipient) -> tuple[InFlight, SendingError | None]:
        """Send a message, and the texts behind it where they can go at once. Returns with what error that ends."""
        taken = [message]
        told: list[tuple[DurableEvent, Awaitable[None]]] = []

        def note(message: MessageEntry, outcome: Outcome) -> None:
            event = _event(message, outcome, recipient)
            told.append((event, self._journal.record_in_group(event)))

        def following(text: MessageEntry) -> Sequence[MessageEntry]:
            texts = self._texts_behind(text, recipient) if len(taken) < MAX_TAKEN else []
            taken.extend(texts)
            self._sending.update(text.id for text in texts)
            return texts

        in_flight = InFlight(message, self._progress_of(message), note, following)
        self._sending.add(message.id)
        try:
            sending = self._error_of(self._transmit(in_flight, recipient), recipient)
            return in_flight, await (
                sending if message.kind is Kind.TEXT else self._unless_broken_off(message, sending)
            )
        finally:
            for event, kept in told:
                await self._until_kept(event, kept)
            for message in taken:
                self._end(message)

    async def _error_of(self, sending: Awaitable[None], recipient: Recipient) -> SendingError | None:
        """Return with what error it ends. A bug is one of the message, which ended the daemon else, at each start."""
        try:
            await sending
        except (PeerAwayError, PeerBrokeOffError, UnsendableError) as error:
            return error
        except Exception:
            log.exception("a bug in sending to %s; the others go on", recipient.handle)
            return UnsendableError("a bug in slcpd; `slcpctl logs` shows its trace")
        return None

    async def _unless_broken_off(
        self, image: MessageEntry, sending: Coroutine[None, None, SendingError | None]
    ) -> SendingError | None:
        """Return with what error the sending of an image ends; break_off() may end it meanwhile."""
        self._leaving[image.id] = leaving = self._group.create_task(sending)
        try:
            return await leaving
        except asyncio.CancelledError:
            if (ours := asyncio.current_task()) and ours.cancelling():
                raise
            return BrokenOffError("the user has withdrawn it")

    def _progress_of(self, message: MessageEntry) -> Progress:
        size = message.size or 0

        def progress(done: int) -> None:
            if done >= size:
                self._leaving.pop(message.id, None)
            self._journal.progress(
                ImageProgressed(id=message.id, handle=message.handle, direction=Direction.OUT, done=done, size=size)
            )

        return progress

    def _end(self, message: MessageEntry) -> None:
        self._sending.discard(message.id)
        if message.kind is Kind.IMAGE:
            self._leaving.pop(message.id, None)
            self._journal.end_progress(message.id)
            self._release(message.sha256)

    async def _next_queued(self, recipient: Recipient) -> MessageEntry | None:
        while True:
            try:
                return next(iter(self._mailbox.next_queued(recipient)), None)
            except StorageError:
                await asyncio.sleep(STORAGE_PAUSE)

    def _texts_behind(self, text: MessageEntry, recipient: Recipient) -> Sequence[MessageEntry]:
        with suppress(StorageError):  # they go later
            messages = self._mailbox.next_queued(recipient, SENT_TOGETHER, after=text.seq)
            return [message for message in messages if message.kind is Kind.TEXT]
        return []

    async def _until_kept(self, event: DurableEvent, kept: Awaitable[None]) -> None:
        try:
            await kept
        except StorageError:
            await self._record(event)

    async def _record(self, event: DurableEvent) -> None:
        """Record what has become of a message, however long the disk is full: it is not sent again for that."""
        while True:
            try:
                return await self._journal.record_in_group(event)
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


def _event(message: MessageEntry, outcome: Outcome, recipient: Recipient) -> DurableEvent:
    if isinstance(outcome, UnsendableError):
        return _failed(message, str(outcome))
    return _TAKEN[message.kind, outcome](id=message.id, handle=message.handle, **recipient.address._asdict())


def _failed(message: MessageEntry, reason: str) -> DurableEvent:
    failed = TextFailed if message.kind is Kind.TEXT else ImageFailed
    return failed(id=message.id, handle=message.handle, ip=message.ip, port=message.port or 0, reason=reason)


def _recipient(message: MessageEntry) -> Recipient:
    return Recipient(message.handle, Address(message.ip, message.port or 0))
