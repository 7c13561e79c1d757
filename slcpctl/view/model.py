"""All that a chat knows, kept up to date by the events of the daemon."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slcp.client import Json
from slcpctl.view.messages import brought, changed, is_incoming
from slcpctl.view.people import People
from slcpctl.view.timeline import Timeline
from slcpctl.view.transfers import Transfers

EVERYONE = "*"  # as the API calls everyone present
_NAME = re.compile(r"(?P<handle>.+)@[0-9.]+:[0-9]+")  # handle@ip:port


class Model:
    """Whom we write to, what is shown of it, and who else is there."""

    def __init__(self) -> None:
        self.handle = ""  # our own
        self.seq = 0  # of the last event that was taken
        self.queued = 0  # messages of ours that wait
        self.people = People()
        self.transfers = Transfers()
        self.to = EVERYONE
        self.timeline = Timeline()
        self.new_after: int | None = None  # the messages behind this seq are new to the user
        self.settings: Json = {}  # the keys of the configuration that matter here

    def load(self, status: Json, users: Iterable[Json], conversations: Iterable[Json], config: Json) -> None:
        """Begin with what the daemon says; the events after its `seq` follow."""
        self.handle, self.seq, self.queued = status["handle"], status["seq"], status["queued"]
        self.people = People(users, conversations)
        self.settings = {key: entry["value"] for key, entry in config.items()}

    def open(self, to: str) -> None:
        """Show a conversation, of which nothing is loaded yet."""
        self.to = to
        self.timeline = Timeline(self.conversation)
        self.new_after = self._read_until()

    @property
    def conversation(self) -> str | None:
        """The handle of those we write to; None for everyone."""
        return conversation_of(self.to)

    @property
    def unread_here(self) -> dict[str, int]:
        """Which conversations that are shown have something unread: up to which seq that may be marked."""
        handles = [person.handle for person in self.people.rows if person.unread] if self.to == EVERYONE else [self.to]
        named = {conversation_of(handle) or "" for handle in handles}
        return {handle: person.newest for handle in named if (person := self.people.of(handle)).unread}

    def take(self, event: Json, now: float) -> None:
        """Learn from an event; `now` is of a clock that never jumps."""
        self.transfers.take(event, now)
        if event.get("seq", self.seq + 1) <= self.seq:
            return  # what was loaded knows it already
        self.seq = event.get("seq", self.seq)
        self.people.take(event)
        message, change = brought(event), changed(event)
        if message:
            self.queued += not is_incoming(message)
            self._divide(message)
            self.timeline.take(message)
        if change:
            self.queued = max(self.queued - 1, 0)
            self.timeline.change(change)
        if event["type"] == "config_changed":
            self.settings[event["key"]] = event["value"]
            self.handle = self.settings.get("handle", self.handle)

    def _divide(self, message: Json) -> None:
        """Draw no line between new and old messages once we have answered."""
        is_answer = not is_incoming(message) and not message["automatic"]
        if is_answer and self.conversation in (None, message["handle"]):
            self.new_after = None

    def mark_new(self, handle: str) -> None:
        """Draw a line behind all that has come, if there is none yet: the user does not see what comes of `handle`."""
        if self.new_after is None and self.conversation in (None, handle):
            self.new_after = self.seq

    def _read_until(self) -> int | None:
        conversation = self.conversation
        if conversation is None or not self.people.of(conversation).unread:
            return None
        return self.people.read(conversation)


def conversation_of(to: str) -> str | None:
    """Return the handle of a recipient, also of handle@ip:port; None for everyone."""
    if to == EVERYONE:
        return None
    name = _NAME.fullmatch(to)
    return name["handle"] if name else to
