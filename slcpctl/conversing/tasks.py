"""What goes on while the chat is open: some things last as long as it does, others are to be finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

Doing = Coroutine[None, None, None]
Spawn = Callable[[Doing], object]  # begins something, and does not wait for it


class Tasks:
    """Tasks of a group that has more than these."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: set[asyncio.Task[None]] = set()

    def start(self, doing: Doing) -> None:
        """Begin something."""
        task = self._group.create_task(doing)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self, within: float) -> int:
        """Let what runs come to its end; return how many have not after so many seconds."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=within)
        return len(self._running)

    def cancel(self) -> None:
        """End all at once."""
        for task in set(self._running):
            task.cancel()
