"""When all is drawn anew: at once for a key, seldom enough for a flood of events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

INTERVAL = 0.1  # seconds: what others write need not come faster, and the time between is for keys


class Redrawing:
    """Draws after events, at most once in an INTERVAL."""

    def __init__(self, draw: Callable[[], object]) -> None:
        self._draw = draw
        self._planned: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Let it be drawn soon."""
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(INTERVAL, self._now)

    def at_once(self) -> None:
        """Draw it now, for what the user has asked for."""
        if self._planned:
            self._planned.cancel()
        self._now()

    def _now(self) -> None:
        self._planned = None
        self._draw()
