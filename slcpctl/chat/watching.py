"""What happens while the chat is open: shown, and learnt from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from slcp.async_client import DaemonFound, DaemonLost, events
from slcp.client import Json
from slcpctl.chat.room import Room
from slcpctl.view.outcomes import OUTCOMES

QUEUED = frozenset({"text_queued", "image_queued"})
News = Json | DaemonLost | DaemonFound


class Watch:
    """Follows the events after `seq`."""

    def __init__(self, seq: int, room: Room, show: Callable[[News], None]) -> None:
        self.waiting: set[str] = set()  # ids of our messages that are on their way
        self._seq = seq
        self._room = room
        self._show = show
        self._changed = asyncio.Event()

    async def follow(self, path: str) -> None:
        """Follow until cancelled, over every end of the daemon."""
        async with aclosing(events(path, self._seq)) as happening:
            async for news in happening:
                if isinstance(news, dict):
                    self._take(news)
                self._show(news)

    async def settled(self, seq: int) -> None:
        """Return when `seq` has been seen, and none of our messages is on its way."""
        while self._seq < seq or self.waiting:
            self._changed.clear()
            await self._changed.wait()

    def _take(self, event: Json) -> None:
        self._room.take(event)
        self._seq = event.get("seq", self._seq)
        if event["type"] in QUEUED:
            self.waiting.add(event["id"])
        elif event["type"] in OUTCOMES:
            self.waiting.discard(event["id"])
        self._changed.set()
