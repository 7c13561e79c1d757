"""Delivery: a task per recipient that has something queued.

So the order per recipient is kept, and a peer that does not answer holds up nobody else. One
that is away is tried again when it is heard, and with backoff in between (docs/delivery.md).
"""

import asyncio
from asyncio import TaskGroup
from collections.abc import Callable

from slcp.dialects import UNKNOWN
from slcp.events import ImageFailed, ImageProgressed, ImageSent, TextFailed, TextSent
from slcp.messages import Address
from slcp.node import Node
from slcp.peers import PeerEvent, PeerHeard, PeerTable
from slcp.results import Direction, Kind, MessageEntry
from slcpd.journal import Journal
from slcpd.mailbox import Mailbox, Recipient
from slcpd.sending import Hear, PeerAwayError, PeerBrokeOffError, PeerRefusedError, UnsendableError
from slcpd.transmitting import Route, Target, transmit

FIRST_PAUSE = 5.0  # seconds; doubles with each failure
LONGEST_PAUSE = 300.0  # seconds: the longest wait for a recipient whose return nobody has told
MAX_AT_ONCE = 64  # transmissions: each has a descriptor or two
MAX_BROKEN = 5  # failures in a row after which a peer that breaks off is not tried again by itself


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
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self.hear_datagram: Hear = _pass_over
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

    def notice(self, event: PeerEvent) -> None:
        """Try at once whoever has just been heard."""
        if isinstance(event, PeerHeard):
            for recipient, heard in self._at_work.items():
                if recipient.handle == event.handle:
                    heard.set()

    async def _send_all(self, recipient: Recipient) -> None:
        failures = broken = 0  # in a row
        while (message := self._mailbox.next_queued(recipient)) is not None:
            self._at_work[recipient].clear()  # whoever is heard during a try that fails is tried again at once
            try:
                async with self._slots:
                    await self._send(message, recipient)
            except UnsendableError as error:
                self._give_up(message, str(error))
                continue
            except (PeerAwayError, PeerBrokeOffError) as error:
                failures += 1
                broken = broken + 1 if isinstance(error, PeerBrokeOffError) else 0
                if broken < MAX_BROKEN:
                    await self._pause(recipient, failures)
                    continue
                self._give_up(message, str(error))
            else:
                sent = TextSent if message.kind is Kind.TEXT else ImageSent
                self._journal.record(sent(id=message.id, handle=message.handle, **recipient.address._asdict()))
            failures = broken = 0
        del self._at_work[recipient]

    async def _send(self, message: MessageEntry, recipient: Recipient) -> None:
        def progress(done: int) -> None:
            size = message.size or 0
            self._journal.progress(
                ImageProgressed(id=message.id, handle=message.handle, direction=Direction.OUT, done=done, size=size)
            )

        target = self._find(recipient)
        if not self._me.links.admits(target.address.ip):
            raise PeerAwayError(f"{target.address} is not in the networks that `interfaces` names")
        self.sending.add(message.id)
        try:
            await transmit(message, target, Route(self._me, self.hear_datagram, progress))
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
            return Target(there.handle, there.address, there.dialect)
        named = [peer for peer in self._peers.here() if peer.handle == recipient.handle]
        if len(named) == 1:
            return Target(named[0].handle, named[0].address, named[0].dialect)
        if is_same:
            return Target(*recipient, there.dialect if there else UNKNOWN)
        raise PeerAwayError(f"{recipient.handle} is no longer at {recipient.address}")

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


def _pass_over(_: bytes, __: Address) -> None:
    pass
