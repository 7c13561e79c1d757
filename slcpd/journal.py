"""The log in motion: what is recorded reaches everyone who follows it, each at its own pace.

A follower is a cursor over the history, so one that reads slowly costs no memory and stalls
nobody. Only the latest progress of each running transfer is held, for it is not durable.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable

from slcp.control import encode_event, encode_event_body
from slcp.events import DurableEvent, ImageProgressed, ImageQueued, ImageRejected, TextQueued
from slcp.trust import PinsChanged
from slcpd.history import History, LoggedEvent
from slcpd.tokens import Tokens

REJECTED_BURST = 500  # images that were not taken, told at once
REJECTED_RATE = 10.0  # of them a second in the long run: each is a sync of the disk, and nobody reads more


class Journal:
    """Records events and lets others follow them."""

    def __init__(self, history: History, clock: Callable[[], float] = time.monotonic) -> None:
        self._history = history
        self._clock = clock
        self._rejected = Tokens(REJECTED_BURST, REJECTED_RATE)
        self._changed = asyncio.Event()
        self._transfers: dict[str, ImageProgressed] = {}  # those that run now, by id
        self.followers = 0  # now

    def record(self, event: DurableEvent) -> None:
        """Make an event durable, then tell it. Of images that were not taken so many are told, and no more."""
        if isinstance(event, ImageRejected) and not self._rejected.take(self._clock()):
            return
        self._history.add(event)
        self._wake()

    def record_all(self, events: Iterable[TextQueued | ImageQueued]) -> None:
        """Make all of these durable in one step, or none; then tell them."""
        self._history.add_all(events)
        self._wake()

    def keep_pins(self, changes: Iterable[PinsChanged]) -> None:
        """Make durable whose key is whose, then tell it."""
        for change in changes:
            self._history.keep_pins(change)
            self._wake()

    def progress(self, event: ImageProgressed) -> None:
        """Tell how far a transfer is, to those who are reading now."""
        self._transfers[event.id] = event
        self._wake()

    def end_progress(self, message_id: str) -> None:
        self._transfers.pop(message_id, None)

    async def follow(self, since: int) -> AsyncGenerator[bytes]:
        """Yield, without end, the lines of all events after `since`, several at a time."""
        self.followers += 1
        try:
            async for lines in self._lines_after(since):
                yield lines
        finally:
            self.followers -= 1

    async def next_received(self, since: int) -> LoggedEvent:
        """Return the first text or image that has come, or comes, after `since`. Raises StorageError."""
        while True:
            changed, last = self._changed, self._history.last_seq()
            event = self._history.first_received(since)
            if event:
                return event
            since = last  # what is up to there is not looked through again
            await changed.wait()

    async def _lines_after(self, since: int) -> AsyncIterator[bytes]:
        told: dict[str, ImageProgressed] = {}
        while True:
            changed = self._changed
            events = self._history.events_after(since)
            lines = [encode_event(event.body, event.seq, event.time) for event in events]
            if not events:
                lines = [encode_event(encode_event_body(now)) for now in self._news_of_transfers(told)]
                told = dict(self._transfers)
            if lines:
                yield b"".join(lines)
            if events:
                since = events[-1].seq
            else:
                await changed.wait()

    def _news_of_transfers(self, told: dict[str, ImageProgressed]) -> list[ImageProgressed]:
        return [event for event in self._transfers.values() if told.get(event.id) is not event]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
