"""Notifications of the desktop: few, however many messages come, and none where there is no desktop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from math import inf

from slcp.escaping import escape
from slcpctl.conversing import desktop
from slcpctl.translating import tr, trn

EVERY = 2.0  # seconds between two notifications: what comes meanwhile is told in one
LIMIT = 5.0  # seconds in which the desktop must answer; it may have to start its server
AGAIN_AFTER = 60.0  # seconds until a desktop that did not answer, or was not there, is asked again
MAX_TEXT = 200  # characters: some three lines
MAX_HANDLE = 40  # characters of one
MAX_NAMED = 2  # people whose handles are shown
MAX_COUNTED = 1000  # people told apart: strangers decide how many write


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notification shows, as plain text."""

    title: str
    body: str
    is_update: bool  # of the one before


class Burst:
    """The messages since there were none for EVERY seconds: one notification, brought up to date now and then."""

    def __init__(self) -> None:
        self._handles: dict[str, None] = {}  # in the order in which they wrote first
        self._count = 0
        self._newest = ("", "")
        self._told = 0  # of the messages
        self._told_at = -inf

    def put(self, handle: str, text: str, now: float) -> None:
        """Take a message in."""
        if self._told == self._count and now - self._told_at >= EVERY:
            self._handles, self._count, self._told = {}, 0, 0
        if len(self._handles) < MAX_COUNTED:
            self._handles[handle] = None
        self._count += 1
        self._newest = (handle, text)

    def due_in(self, now: float) -> float | None:
        """Return the seconds until something is to be shown, None when nothing is."""
        return max(0.0, self._told_at + EVERY - now) if self._told < self._count else None

    def take(self, now: float) -> Notice:
        """Return what is to be shown now."""
        is_update = self._told > 0
        self._told, self._told_at = self._count, now
        handle, text = self._newest
        body = text if len(self._handles) == 1 else f"{_shortened(handle, MAX_HANDLE)}: {text}"
        people = _people(list(self._handles))
        several = tr("{count} new messages from {people}", count=self._count, people=people)
        title = people if self._count == 1 else several
        return Notice(title, _shortened(body, MAX_TEXT), is_update)


def _people(handles: list[str]) -> str:
    named = [_shortened(handle, MAX_HANDLE) for handle in handles[:MAX_NAMED]]
    others = len(handles) - len(named)
    if others:
        return trn("{names} and {count} other", "{names} and {count} others", others, names=", ".join(named))
    return tr("{first} and {second}", first=named[0], second=named[1]) if len(named) > 1 else named[0]


def _shortened(text: str, length: int) -> str:
    """Return the begin of a peer's text as one line in which nothing is hidden."""
    line = escape(" ".join(text.split()))
    return line if len(line) <= length else f"{line[: length - 1]}\N{HORIZONTAL ELLIPSIS}"


class Notifications:
    """Shows messages on the desktop."""

    def __init__(self) -> None:
        self._burst = Burst()
        self._is_showing = False
        self._shown = desktop.NEW  # the id of the last one
        self._silent_until = -inf

    async def tell(self, handle: str, text: str) -> None:
        """Show a message, at once or with those of the next seconds; never raise anything but CancelledError.

        Made for a task of its own for each message: one of them shows what all have brought, the others end at once.
        """
        clock = asyncio.get_running_loop().time
        self._burst.put(handle, text, clock())
        if self._is_showing:
            return
        self._is_showing = True
        try:
            while (seconds := self._burst.due_in(clock())) is not None:
                await asyncio.sleep(seconds)
                await self._show(self._burst.take(clock()), clock())
        finally:
            self._is_showing = False

    async def _show(self, notice: Notice, now: float) -> None:
        if now < self._silent_until:
            return
        try:
            async with asyncio.timeout(LIMIT):
                replaces = self._shown if notice.is_update else desktop.NEW
                self._shown = await desktop.show(notice.title, notice.body, replaces)
        except Exception:  # noqa: BLE001  # no desktop, no bus, no library: there is no harm in that
            self._shown, self._silent_until = desktop.NEW, now + AGAIN_AFTER
