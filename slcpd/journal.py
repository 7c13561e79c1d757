"""The log in motion: what is recorded reaches everyone who follows it, each at its own pace.

A follower is a cursor over the history, so one that reads slowly costs no memory and stalls
nobody. Only the latest progress of each running transfer is held, for it is not durable.
"""

import asyncio
import time
from asyncio import Future
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence

from slcp.control import encode_event, encode_event_body
from slcp.events import DurableEvent, ImageProgressed, ImageRejected
from slcp.peers import TraitsLearned
from slcp.trust import PinsChanged
from slcpd.group_commit import GroupCommit
from slcpd.history import History, LoggedEvent, PresenceRecord
from slcpd.tokens import Tokens

REJECTED_BURST = 500  # images that were not taken, told at once
REJECTED_RATE = 10.0  # of them a second in the long run: each is a sync of the disk, and nobody reads more
MAX_NEWEST_TEXT = 1 << 16  # characters of events that are held in memory: many at once are read from the file
PROGRESS_PAUSE = 0.1  # seconds between two signs of progress of a transfer: nobody sees a bar move in finer steps


class Journal:
    """Records events and lets others follow them."""

    def __init__(self, history: History, clock: Callable[[], float] = time.monotonic) -> None:
        self._history = history
        self._clock = clock
        self._group = GroupCommit(self._record_all)
        self._rejected = Tokens(REJECTED_BURST, REJECTED_RATE)
        self._changed = asyncio.Event()
        self._newest: Sequence[LoggedEvent] = ()  # the last of the log, unbroken: most followers have read all before
        self._recorded = 0  # times that something was: who has read the log since then need not look again
        self._transfers: dict[str, ImageProgressed] = {}  # those that run now, by id
        self._passed_over: dict[str, ImageProgressed] = {}  # the latest of those that were not told yet, by id
        self._next_progress: dict[str, float] = {}  # the time from which on more of a transfer is told, by id
        self.followers = 0  # now

    def record(self, event: DurableEvent) -> None:
        """Make an event durable, then tell it. Of images that were not taken so many are told, and no more."""
        if isinstance(event, ImageRejected) and not self._rejected.take(self._clock()):
            return
        self._history.add(event)
        self._wake_for_record()

    def record_in_group(self, *events: DurableEvent, then: Callable[[], None] = lambda: None) -> Future[None]:
        """Make events durable with what else happens in this turn of the loop; tell them, and call `then`.

        This raises StorageError where there is no room for one of them, the future where none could be kept.
        """
        for event in events:
            self._history.check_room(event)
        return self._group.add(*events, then=then)

    def _record_all(self, events: Sequence[DurableEvent]) -> None:
        """Make all of these durable in one step, or none; then tell them."""
        self._wake_for_record(self._history.add_all(events))

    def record_presence(self, events: Sequence[PresenceRecord]) -> None:
        """Keep comings and goings in one step, or none; then tell them."""
        self._history.add_presence(events)
        self._wake_for_record()

    def keep_traits(self, learnt: Sequence[TraitsLearned]) -> None:
        """Keep what is learnt of how peers speak."""
        self._history.keep_traits(learnt)

    def keep_pins(self, changes: Iterable[PinsChanged]) -> None:
        """Make durable whose key is whose, then tell it."""
        for change in changes:
            self._history.keep_pins(change)
            self._wake_for_record()

    def progress(self, event: ImageProgressed) -> None:
        """Tell how far a transfer is, to those who are reading now: at most once in PROGRESS_PAUSE, then the latest."""
        now = self._clock()
        if now >= self._next_progress.get(event.id, now):
            self._tell_progress(event, now)
            return
        if event.id not in self._passed_over:
            asyncio.get_running_loop().call_later(PROGRESS_PAUSE, self._tell_passed_over, event.id)
        self._passed_over[event.id] = event

    def end_progress(self, message_id: str) -> None:
        self._transfers.pop(message_id, None)
        self._next_progress.pop(message_id, None)
        self._passed_over.pop(message_id, None)

    def _tell_passed_over(self, message_id: str) -> None:
        """Tell what was passed over last: a transfer that stands still is no further than that."""
        event = self._passed_over.pop(message_id, None)
        if event:
            self._tell_progress(event, self._clock())

    def _tell_progress(self, event: ImageProgressed, now: float) -> None:
        self._passed_over.pop(event.id, None)
        self._next_progress[event.id] = now + PROGRESS_PAUSE
        self._transfers[event.id] = event
        self._wake()

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
            recorded, last = self._recorded, self._history.last_seq()
            event = self._history.first_received(since)
            if event:
                return event
            since = last  # what is up to there is not looked through again
            while self._recorded == recorded:  # progress is no record
                await self._changed.wait()

    async def _lines_after(self, since: int) -> AsyncIterator[bytes]:
        told: dict[str, ImageProgressed] = {}
        all_read = -1  # of what was recorded; for progress the database is not asked again
        while True:
            changed, recorded = self._changed, self._recorded
            events = self._events_after(since) if recorded != all_read else []
            lines = [encode_event(event.body, event.seq, event.time) for event in events]
            if not events:
                lines = [encode_event(encode_event_body(now)) for now in self._news_of_transfers(told)]
                told = dict(self._transfers)
            if lines:
                yield b"".join(lines)
            if events:
                since = events[-1].seq
            else:
                all_read = recorded
                await changed.wait()

    def _events_after(self, since: int) -> Sequence[LoggedEvent]:
        """Return the next events of the log, from memory where they are all that there is."""
        if self._newest and since < self._newest[0].seq <= since + 1:
            return self._newest
        return self._history.events_after(since)

    def _news_of_transfers(self, told: dict[str, ImageProgressed]) -> list[ImageProgressed]:
        return [event for event in self._transfers.values() if told.get(event.id) is not event]

    def _wake_for_record(self, newest: Sequence[LoggedEvent] = ()) -> None:
        self._newest = newest if sum(len(event.body) for event in newest) <= MAX_NEWEST_TEXT else ()
        self._recorded += 1
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
