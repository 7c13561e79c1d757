"""What the user is told of messages that he does not see come: a bell, and a notification of the desktop."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from slcp.client import Json
from slcpctl.conversing.state import State
from slcpctl.render import size
from slcpctl.translating import tr
from slcpctl.view.messages import brought, is_incoming

RING_EVERY = 0.3  # seconds between two bells: as long as one lasts; peers decide how many messages come


class Noticing:
    """Rings and notifies as the keys `bell` and `notify` say."""

    def __init__(self, state: State[Any], ring: Callable[[], object], notify: Callable[[str, str], None]) -> None:
        self._state = state
        self._ring = ring
        self._notify = notify
        self._rang = -inf

    def take(self, event: Json, now: float) -> None:
        """Tell of an event, if it is a message that nobody sees; `now` is of a clock that never jumps."""
        message = brought(event)
        if message is None or not is_incoming(message) or self._state.is_watched(message["handle"]):
            return
        settings = self._state.model.settings
        if settings.get("bell") and now - self._rang >= RING_EVERY:
            self._rang = now
            self._ring()
        if settings.get("notify") and not self._state.focused:
            self._notify(message["handle"], _words(message))


def _words(message: Json) -> str:
    if message["kind"] == "image":
        return tr("sent an image ({size})", size=size(message["size"] or 0))
    return str(message["text"])
