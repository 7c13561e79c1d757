"""The log in motion: what is recorded reaches everyone who follows it, each at its own pace.

A follower is a cursor over the history, so one that reads slowly costs no memory and stalls
nobody. Only the latest progress of each running transfer is held, for it is not durable.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable

from slcp.control import encode_event, encode_event_body
from slcp.events import DurableEvent, ImageProgressed, KeyPinned
from slcp.trust import PinsChanged
from slcpd.history import History


class Journal:
    """Records events and lets others follow them."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._changed = asyncio.Event()
        self._transfers: dict[str, ImageProgressed] = {}  # those that run now, by id
        self.followers = 0  # now

    def record(self, event: DurableEvent) -> None:
        """Make an event durable, then tell it."""
        self._history.add(event)
        self._wake()

    def keep_pins(self, changes: Iterable[PinsChanged]) -> None:
        """Make durable whose key is whose, then tell it."""
        for change in changes:
            self._history.keep_pins(change)
            for fingerprint, verified in change.news.items():
                self.record(KeyPinned(handle=change.handle, fingerprint=fingerprint, verified=verified))

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
