"""What the chat knows: whom we write to, and who is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from slcp.client import Json
from slcp.messages import split_name
from slcpctl.render import Line
from slcpctl.sending import EVERYONE
from slcpctl.translating import tr


class Room:
    """The current recipient and the people here, as events tell."""

    def __init__(self, to: str | None, users: Iterable[Json]) -> None:
        self._handles: dict[tuple[str, int], str] = {}
        for user in users:
            self.come(user)
        self.to = to or (self.handles[0] if len(self._handles) == 1 else None)

    @property
    def handles(self) -> list[str]:
        return sorted(set(self._handles.values()), key=str.casefold)

    @property
    def title(self) -> str:
        """What the recipient is called."""
        return tr("everyone") if self.to == EVERYONE else self.to or tr("nobody")

    def choose(self, to: str) -> list[Line]:
        """Write to someone else; say so if that is nobody who is here."""
        self.to = to
        known = to == EVERYONE or split_name(to)[0] in self.handles
        return [] if known else [[("dim", tr("{handle} is not here now", handle=to))]]

    def take(self, event: Json) -> None:
        """Learn from an event."""
        learn = _LEARN.get(event["type"])
        if learn:
            learn(self, event)

    def come(self, user: Json) -> None:
        """Take note that someone is here, or has another handle."""
        self._handles[user["ip"], user["port"]] = user["handle"]

    def go(self, user: Json) -> None:
        """Take note that someone has gone."""
        self._handles.pop((user["ip"], user["port"]), None)

    def hear(self, message: Json) -> None:
        """Answer whoever writes first, if no recipient has been chosen."""
        self.to = self.to or message["handle"]


_LEARN: dict[str, Callable[[Room, Json], None]] = {
    "user_joined": Room.come,
    "user_changed": Room.come,
    "user_left": Room.go,
    "text_received": Room.hear,
    "image_received": Room.hear,
}
