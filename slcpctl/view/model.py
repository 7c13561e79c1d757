"""All that a chat knows, kept up to date by the events of the daemon."""

from __future__ import annotations

from collections.abc import Iterable

from slcp.client import Json
from slcp.messages import split_name
from slcpctl.view.messages import brought, changed, is_incoming
from slcpctl.view.people import People
from slcpctl.view.timeline import Timeline
from slcpctl.view.transfers import Transfers

WORDS_FOR_ALL = frozenset({"*", "everyone"})  # of the API and of its users; a handle may be the same
NOWHERE = "@0.0.0.0:0"  # of somebody who is gone and must not be taken for everyone


class Model:
    """Whom we write to, what is shown of it, and who else is there."""

    def __init__(self) -> None:
        self.handle = ""  # our own
        self.seq = 0  # of the last event that was taken
        self.queued = 0  # messages of ours that wait
        self.people = People()
        self.transfers = Transfers()
        self.to: str | None = None  # a handle, or handle@ip:port; None: everyone
        self.timeline = Timeline()
        self.new_after: int | None = None  # the messages behind this seq are new to the user
        self.settings: Json = {}  # the keys of the configuration that matter here
        self._loaded = -1  # the seq up to which people and counters know what has happened

    def load(self, status: Json, users: Iterable[Json], conversations: Iterable[Json], config: Json) -> bool:
        """Take what the daemon says of now; events follow, those that the timeline has missed too.

        Returns whether its history is not the one that is shown: it is the first, or was begun anew.
        """
        is_another = self._loaded < 0 or status["seq"] < self.seq
        if is_another:
            self.seq = status["seq"]
        self.handle, self.queued, self._loaded = status["handle"], status["queued"], status["seq"]
        self.people = People(users, conversations)
        self.settings = {key: entry["value"] for key, entry in config.items()}
        return is_another

    def open(self, to: str | None) -> None:
        """Show a conversation, of which nothing is loaded yet."""
        self.to = None if to is None else self._known(to)
        self.timeline = Timeline(self.conversation)
        self.new_after = self._read_until()

    @property
    def conversation(self) -> str | None:
        """The handle of those we write to; None for everyone."""
        return conversation_of(self.to)

    @property
    def recipients(self) -> list[Json]:
        """Those of `users` whom we write to: more than one if several have the handle, and none is named in full."""
        users = self.people.users(self.conversation or "")
        return [user for user in users if self.to in (user["handle"], f"{user['handle']}@{user['ip']}:{user['port']}")]

    def take(self, event: Json, now: float) -> None:
        """Learn from an event; `now` is of a clock that never jumps."""
        self.transfers.take(event, now)
        seq = event.get("seq", self.seq + 1)
        if seq <= self.seq:
            return
        self.seq = event.get("seq", self.seq)
        message, change = brought(event), changed(event)
        if message:
            self._divide(message)
            self.timeline.take(message)
        if change:
            self.timeline.change(change)
        if seq > self._loaded:
            self._count(event)

    def mark_new(self, handle: str) -> None:
        """Draw the line behind what is there, if all of it is read: the user does not see what comes of `handle`."""
        unread = self.people.unread if self.conversation is None else self.people.of(self.conversation).unread
        if self.conversation in (None, handle) and (self.new_after is None or not unread):
            self.new_after = self.seq

    def _count(self, event: Json) -> None:
        """Learn what an event says besides the messages."""
        self.people.take(event)
        message = brought(event)
        if message:
            self.queued += not is_incoming(message)
        if changed(event):
            self.queued = max(self.queued - 1, 0)
        if event["type"] == "config_changed":
            self.settings[event["key"]] = event["value"]
            self.handle = self.settings.get("handle", self.handle)

    def _divide(self, message: Json) -> None:
        """Draw no line between new and old messages once we have answered ourselves."""
        if not is_incoming(message) and not message["automatic"] and self.conversation in (None, message["handle"]):
            self.new_after = None

    def _known(self, to: str) -> str:
        """Return a recipient as the API takes it: the handle as it is known, in full where it means everyone too."""
        handle, address = split_name(to)
        known, behind = self.people.known(handle), to[len(handle) :]
        if address is None and known.casefold() in WORDS_FOR_ALL:
            behind = next((f"@{user['ip']}:{user['port']}" for user in self.people.users(known)), NOWHERE)
        return known + behind

    def _read_until(self) -> int | None:
        conversation = self.conversation
        if conversation is None or not self.people.of(conversation).unread:
            return None
        return self.people.read(conversation)


def recipient(words: str) -> str | None:
    """Return whom a user means: a handle or handle@ip:port; None for everyone."""
    return None if words.casefold() in WORDS_FOR_ALL else words


def conversation_of(to: str | None) -> str | None:
    """Return the handle of a recipient, also of handle@ip:port; None for everyone."""
    return None if to is None else split_name(to)[0]
