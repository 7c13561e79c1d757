"""What the user has seen, told to the daemon, so that all clients know what is unread."""

from __future__ import annotations

import asyncio
from typing import Any

from slcp.async_client import Requests
from slcp.errors import SlcpError
from slcpctl.conversing.state import State

PAUSE = 0.2  # seconds between two reports: 200 texts a second are no reason for 200 of them
SEEN_AFTER = 0.5  # seconds: who steps through conversations has not read them


class Reading:
    """Marks as read what is shown while the user looks."""

    def __init__(self, requests: Requests, state: State[Any]) -> None:
        self._requests = requests
        self._state = state
        self._drawn = asyncio.Event()

    def drawn(self) -> None:
        """Take note that the user sees what the state holds."""
        self._drawn.set()

    async def report(self) -> None:
        """Report until cancelled."""
        opened = None
        while True:
            await self._drawn.wait()
            self._drawn.clear()
            if opened is not self._state.conversation:
                opened = self._state.conversation
                await asyncio.sleep(SEEN_AFTER)
            if opened is self._state.conversation:
                await self._mark_all()
                await asyncio.sleep(PAUSE)
            else:
                self._drawn.set()

    async def _mark_all(self) -> None:
        for handle, newest in self._state.read_now().items():
            await self._mark(handle, newest)

    async def _mark(self, handle: str, newest: int) -> None:
        try:
            await self._requests.request("mark_read", **{"with": handle}, up_to=newest)
        except SlcpError:
            return  # it stays unread, and is marked the next time
