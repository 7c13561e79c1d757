"""What the user has seen, told to the daemon, so that all clients know what is unread."""

from __future__ import annotations

import asyncio

from slcp.async_client import Requests
from slcp.errors import SlcpError
from slcpctl.screen.state import State

PAUSE = 0.2  # seconds between two reports: 200 texts a second are no reason for 200 of them


class Reading:
    """Marks as read what is on the screen while the user looks."""

    def __init__(self, requests: Requests, state: State) -> None:
        self._requests = requests
        self._state = state
        self._drawn = asyncio.Event()

    def drawn(self) -> None:
        """Take note that the screen shows what the state holds."""
        self._drawn.set()

    async def report(self) -> None:
        """Report until cancelled."""
        while True:
            await self._drawn.wait()
            self._drawn.clear()
            for handle, newest in self._state.model.unread_here.items():
                if self._state.is_watched(handle):
                    await self._mark(handle, newest)
            await asyncio.sleep(PAUSE)

    async def _mark(self, handle: str, newest: int) -> None:
        try:
            await self._requests.request("mark_read", **{"with": handle}, up_to=newest)
        except SlcpError:
            return  # it stays unread, and is marked the next time
