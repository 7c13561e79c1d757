"""What happens: the events of the daemon, into the model and before the user's eyes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from slcp.async_client import DaemonFound, DaemonLost, Requests, events
from slcp.client import Json
from slcp.errors import SlcpError
from slcpctl.conversing.noticing import Noticing
from slcpctl.conversing.state import State
from slcpctl.translating import tr
from slcpctl.view.messages import brought, is_incoming
from slcpctl.view.transfers import STALE_AFTER

AT_ONCE = 50  # events that are taken before keys may be: some ms
AGAIN_AFTER = 1.0  # seconds until a daemon that is back, but refuses, is asked again
REFRESH_EVERY = 0.5  # seconds between two looks at whose key is whose
_OF_KEYS = frozenset({"user_joined", "user_left", "user_changed", "key_pinned", "key_refused"})


class Following:
    """Keeps the model true, over every end of the daemon."""

    def __init__(self, requests: Requests, state: State[Any], noticing: Noticing, redraw: Callable[[], object]) -> None:
        self._requests = requests
        self._state = state
        self._noticing = noticing
        self._redraw = redraw
        self._keys_changed = asyncio.Event()
        self._stale: asyncio.TimerHandle | None = None  # when a transfer that breaks off now is shown no more

    async def load(self) -> bool:
        """Learn how all is now; return whether the history is another one. Raises SlcpError."""
        status = await self._requests.request("status")
        users = (await self._requests.request("users"))["users"]
        conversations = (await self._requests.request("conversations"))["conversations"]
        config = (await self._requests.request("get_config"))["config"]
        return self._state.model.load(status, users, conversations, config)

    async def follow(self, path: str) -> None:
        """Follow until cancelled."""
        async with aclosing(events(path, self._state.model.seq)) as happening:
            taken = 0
            async for news in happening:
                await self._take(news)
                self._redraw()
                taken += 1
                if taken % AT_ONCE == 0:
                    await asyncio.sleep(0)

    async def refresh_keys(self) -> None:
        """Ask whose key is whose whenever that may have changed, until cancelled."""
        while True:
            await self._keys_changed.wait()
            await asyncio.sleep(REFRESH_EVERY)
            self._keys_changed.clear()
            try:
                users = (await self._requests.request("users"))["users"]
            except SlcpError:
                continue  # it is lost: when it is found all is loaded anew
            self._state.model.people.meet(users)
            self._redraw()

    async def _take(self, news: Json | DaemonLost | DaemonFound) -> None:
        match news:
            case DaemonLost(reason):
                self._state.lost = tr("no daemon now: `slcpctl start` brings it back ({reason})", reason=tr(reason))
            case DaemonFound():
                await self._return()
            case _:
                self._take_event(news)

    def _take_event(self, event: Json) -> None:
        state, message = self._state, brought(event)
        if message and is_incoming(message) and not state.is_watched(message["handle"]):
            state.model.mark_new(message["handle"])
        is_new = event.get("seq", 0) > state.model.seq
        state.take(event, time.monotonic())
        if is_new:
            self._noticing.take(event, time.monotonic())
        if event["type"] in _OF_KEYS:
            self._keys_changed.set()
        if event["type"] == "image_progressed":
            self._draw_when_stale()

    def _draw_when_stale(self) -> None:
        if self._stale:
            self._stale.cancel()
        self._stale = asyncio.get_running_loop().call_later(STALE_AFTER, self._redraw)

    async def _return(self) -> None:
        """Go on with a daemon that has come back: what was missed follows, if it has the same history."""
        while True:
            try:
                is_another = await self.load()
                break
            except SlcpError as error:
                self._state.lost = str(error)
                self._redraw()
                await asyncio.sleep(AGAIN_AFTER)
        self._state.find_again(is_another)
