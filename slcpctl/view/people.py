"""Who is here, with whom messages were exchanged, and what of it is unread."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from slcp.bounded import put_last
from slcp.client import Json
from slcpctl.view.messages import brought, is_incoming

MAX_CONVERSATIONS = 5_000  # known at a time; those with the oldest messages go, and `history` still has them


class State(enum.Enum):
    """How someone is."""

    HERE = "here"
    AWAY = "away"  # the last word was an automatic one
    IDLE = "idle"  # a plain peer, silent for long
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is here, or with whom messages were exchanged."""

    handle: str
    state: State
    unread: int
    newest: int  # seq of the newest message with them, 0 without any

    @property
    def is_known(self) -> bool:
        """Whether they are here, or messages were exchanged: others cannot be written to."""
        return self.state is not State.GONE or self.newest > 0


@dataclass(slots=True)
class _Conversation:
    newest: int
    read: int
    unread: int
    is_away: bool = False  # the last word of theirs was an automatic one


class People:
    """Everyone, in the order of a list of conversations."""

    def __init__(self, users: Iterable[Json] = (), conversations: Iterable[Json] = ()) -> None:
        """Take the answers of `users` and `conversations`."""
        self._users = {(user["ip"], user["port"]): user for user in users}
        self._conversations = {
            entry["handle"]: _Conversation(entry["seq"], entry["read"], entry["unread"])
            for entry in sorted(conversations, key=lambda entry: int(entry["seq"]))
        }
        self._rows: list[Person] | None = None

    def meet(self, users: Iterable[Json]) -> None:
        """Take a new answer of `users`."""
        self._users = {(user["ip"], user["port"]): user for user in users}
        self._rows = None

    def take(self, event: Json) -> None:
        """Learn from an event."""
        learn = _LEARN.get(event["type"])
        if learn:
            learn(self, event)
            self._rows = None

    @property
    def rows(self) -> list[Person]:
        """Those of conversations first, the newest on top; then all others who are here; then those who are not."""
        if self._rows is None:
            here = {user["handle"]: user for user in self._users.values()}
            known = [*here, *(handle for handle in self._conversations if handle not in here)]
            self._rows = sorted((self._person(handle, here.get(handle)) for handle in known), key=_rank)
        return self._rows

    @property
    def handles(self) -> list[str]:
        """Those who are here."""
        return sorted({user["handle"] for user in self._users.values()}, key=str.casefold)

    @property
    def count(self) -> int:
        """How many are here."""
        return len(self._users)

    @property
    def unread(self) -> int:
        """How many messages are unread in all."""
        return sum(conversation.unread for conversation in self._conversations.values())

    def of(self, handle: str) -> Person:
        """Return the person; a stranger who is not here if it is nobody known."""
        return self._person(handle, next(iter(self.users(handle)), None))

    def known(self, handle: str) -> str:
        """Return the handle as it is known: in another case, if that is the only one like it."""
        handles = {user["handle"] for user in self._users.values()} | self._conversations.keys()
        alike = [known for known in handles if known.casefold() == handle.casefold()]
        return alike[0] if len(alike) == 1 else handle

    def users(self, handle: str) -> list[Json]:
        """Return those who are here under a handle, as `users` gives them."""
        return [user for user in self._users.values() if user["handle"] == handle]

    def read(self, handle: str) -> int:
        """Return the seq up to which a conversation is read."""
        conversation = self._conversations.get(handle)
        return conversation.read if conversation else 0

    def next_unread(self, after: str | None) -> str | None:
        """Return the handle of the next conversation with something unread, below `after` or from the top."""
        rows = self.rows
        start = next((index + 1 for index, person in enumerate(rows) if person.handle == after), 0)
        return next((person.handle for person in [*rows[start:], *rows[:start]] if person.unread), None)

    def _person(self, handle: str, user: Json | None) -> Person:
        conversation = self._conversations.get(handle, _NO_CONVERSATION)
        return Person(handle, _state(user, conversation), conversation.unread, conversation.newest)

    def _come(self, event: Json) -> None:
        key = event["ip"], event["port"]
        self._users[key] = {**self._users.get(key, {"state": "present"}), **_user_of(event)}

    def _go(self, event: Json) -> None:
        gone = self._users.pop((event["ip"], event["port"]), None)
        conversation = self._conversations.get(gone["handle"]) if gone else None
        if conversation:
            conversation.is_away = False

    def _exchange(self, event: Json) -> None:
        message = brought(event)
        if message is None:
            return
        handle, seq = message["handle"], message["seq"]
        conversation = self._conversations.get(handle) or _Conversation(0, 0, 0)
        if seq > conversation.newest:
            conversation.newest = seq
            conversation.unread += is_incoming(message)
            put_last(self._conversations, handle, conversation, MAX_CONVERSATIONS)
        if is_incoming(message):
            conversation.is_away = bool(message["automatic"])

    def _mark_read(self, event: Json) -> None:
        conversation = self._conversations.get(event["handle"])
        if conversation and event["up_to"] > conversation.read:  # else what was loaded knows of it, and of later ones
            conversation.read, conversation.unread = event["up_to"], event["unread"]


_NO_CONVERSATION = _Conversation(0, 0, 0)
_LEARN: dict[str, Callable[[People, Json], None]] = {
    "user_joined": People._come,  # noqa: SLF001  # of the class above
    "user_changed": People._come,  # noqa: SLF001
    "user_left": People._go,  # noqa: SLF001
    "text_received": People._exchange,  # noqa: SLF001
    "text_queued": People._exchange,  # noqa: SLF001
    "image_received": People._exchange,  # noqa: SLF001
    "image_queued": People._exchange,  # noqa: SLF001
    "conversation_read": People._mark_read,  # noqa: SLF001
}


def _user_of(event: Json) -> Json:
    return {name: event[name] for name in ("handle", "ip", "port", "state", "same_handle") if name in event}


def _state(user: Json | None, conversation: _Conversation) -> State:
    if user is None:
        return State.GONE
    if conversation.is_away:
        return State.AWAY
    return State.IDLE if user.get("state") == "idle" else State.HERE


def _rank(person: Person) -> tuple[bool, int, str]:
    is_gone = person.state is State.GONE and not person.unread
    return is_gone, -person.newest, person.handle.casefold()
