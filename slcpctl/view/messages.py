"""Events -> messages as `history` gives them, and what has become of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from slcp.client import Json
from slcpctl.view.outcomes import OUTCOMES

_BRING = {  # what an event brings: direction, kind, state
    "text_received": ("in", "text", "received"),
    "text_queued": ("out", "text", "queued"),
    "image_received": ("in", "image", "received"),
    "image_queued": ("out", "image", "queued"),
}
_FIELDS = (
    *("seq", "id", "time", "handle", "ip", "port", "automatic", "secure"),
    *("text", "path", "size", "sha256", "width", "height", "batch"),
)


class StateChange(NamedTuple):
    """What has become of the message with this id."""

    id: str
    state: str
    reason: str | None


def brought(event: Json) -> Json | None:
    """Return the message that an event brings; None if it brings none."""
    if event["type"] not in _BRING:
        return None
    direction, kind, state = _BRING[event["type"]]
    about = {"direction": direction, "kind": kind, "state": state, "reason": None}
    return {name: event.get(name) for name in _FIELDS} | about


def changed(event: Json) -> StateChange | None:
    """Return what an event says of a message of ours; None if it says nothing."""
    state = OUTCOMES.get(event["type"])
    return StateChange(event["id"], state, event.get("reason")) if state else None


def is_incoming(message: Json) -> bool:
    """Tell whether a peer has sent it."""
    return bool(message["direction"] == "in")


class Entry:
    """What is shown as one message: one, or all copies that one request has queued for several people."""

    __slots__ = ("copies",)

    def __init__(self, copies: Iterable[Json]) -> None:
        self.copies = sorted(copies, key=lambda copy: int(copy["seq"]))

    @property
    def message(self) -> Json:
        return self.copies[0]

    @property
    def seq(self) -> int:
        return int(self.message["seq"])

    @property
    def last_seq(self) -> int:
        return int(self.copies[-1]["seq"])

    @property
    def states(self) -> Counter[str]:
        """How many copies are in which state."""
        return Counter(str(copy["state"]) for copy in self.copies)

    def adjoins(self, message: Json) -> bool:
        """Tell whether a message is the copy that was queued just before these, or just behind."""
        is_copy = message.get("batch") is not None and message["batch"] == self.message.get("batch")
        return is_copy and message["seq"] in (self.seq - 1, self.last_seq + 1)
