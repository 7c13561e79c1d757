"""The messages of one conversation, or those that a search has found, as far as they are loaded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice

from slcp.bounded import put_last
from slcp.client import Json
from slcpctl.view.messages import Entry, StateChange, is_incoming

PAGE = 100  # messages asked for at once: more than a screen shows, some ms of the daemon
MAX_ENTRIES = 2_000  # kept: who scrolls further gets those at the other end again when he comes back
MAX_EARLY = 256  # changes of messages that are not loaded, kept in case that their page is on its way


class Timeline:
    """A window of the history without gaps, oldest first. All conversations if `handle` is None.

    Pages come by `add_older` and `add_newer`; what happens meanwhile by `take` and `change`. A page may be older or
    newer than what was taken: then the events still to come make up for it. So what they have told is kept.
    """

    def __init__(self, handle: str | None = None, words: str | None = None) -> None:
        self.handle = handle
        self.words = words
        self.entries: list[Entry] = []
        self.has_older = True
        self.has_newer = False
        self._has_passed = False  # a message was not taken since the last page, for those before it are not loaded
        self._has_cut = False  # the oldest were let go since a page before them was asked for
        self._by_id: dict[str, Json] = {}
        self._early: dict[str, StateChange] = {}

    @property
    def newest(self) -> int:
        """The seq of the newest message that is loaded, 0 without any."""
        return self.entries[-1].last_seq if self.entries else 0

    def older(self) -> Json:
        """Return what to ask `history` for, to have the page before."""
        self._has_cut = False
        return self._page(before=self.entries[0].seq) if self.entries else self._page()

    def newer(self) -> Json:
        """Return what to ask `history` for, to have the page behind."""
        return self._page(after=self.newest, oldest=True)

    def around(self, seq: int) -> tuple[Json, Json]:
        """Return what to ask `history` for, to have the messages up to `seq`, and those behind it."""
        return self._page(before=seq + 1), self._page(after=seq, oldest=True)

    def _page(self, **bounds: object) -> Json:
        given = {"with": self.handle, "search": self.words, **bounds}
        return {"limit": PAGE, **{name: value for name, value in given.items() if value is not None}}

    def add_older(self, messages: list[Json], more: bool | None = None) -> None:
        """Take the page before what is loaded; `more`: whether there are others before it, None if that is unknown."""
        if self._has_cut:
            return  # it no longer adjoins
        self.has_older = _are_more(messages, more)
        self._add_page(messages)
        if len(self.entries) > MAX_ENTRIES:
            self._forget(self.entries[MAX_ENTRIES:])
            del self.entries[MAX_ENTRIES:]
            self.has_newer = True

    def add_newer(self, messages: list[Json], more: bool | None = None) -> None:
        """Take the page behind what is loaded; `more`: whether there are others behind it."""
        self._add_page(messages)
        self.has_newer = _are_more(messages, more) or self._has_passed
        self._has_passed = False
        self._trim_oldest()

    def take(self, message: Json) -> None:
        """Take a message that has just come or is queued again, if it belongs here, and those before it are loaded."""
        if self.words is not None or self.handle not in (None, message["handle"]):
            return
        if not is_incoming(message):
            self.change(StateChange(message["id"], message["state"], message["reason"]))
        if message["id"] in self._by_id:
            return
        if self.has_newer:
            self._has_passed = True
        else:
            self._insert(message)
            self._trim_oldest()

    def change(self, change: StateChange) -> None:
        """Note what has become of a message."""
        message = self._by_id.get(change.id)
        if message is None:
            put_last(self._early, change.id, change, MAX_EARLY)
        else:
            message.update(state=change.state, reason=change.reason)

    def find(self, seq: int) -> int:
        """Return the index of the entry with this seq, or of the next one."""
        return bisect_left(self.entries, seq, key=lambda entry: entry.last_seq)

    def first_received(self, after: int) -> int | None:
        """Return the seq of the first message of a peer behind another seq, as far as they are loaded."""
        behind = islice(self.entries, self.find(after + 1), None)
        return next((entry.seq for entry in behind if is_incoming(entry.message)), None)

    def _add_page(self, messages: Iterable[Json]) -> None:
        for message in messages:
            known = self._by_id.get(message["id"])
            if known is None:
                self._insert(message)
            elif known["seq"] != message["seq"]:  # it was taken when it was queued again
                self._remove(known)
                self._insert({**message, "state": known["state"], "reason": known["reason"]})

    def _insert(self, message: Json) -> None:
        early = self._early.pop(message["id"], None)
        if early:
            message = {**message, "state": early.state, "reason": early.reason}
        self._by_id[message["id"]] = message
        first = last = self.find(message["seq"])
        if self.handle is None:
            first -= first > 0 and self.entries[first - 1].adjoins(message)
            last += last < len(self.entries) and self.entries[last].adjoins(message)
        copies = [copy for entry in self.entries[first:last] for copy in entry.copies]
        self.entries[first:last] = [Entry([*copies, message])]

    def _remove(self, message: Json) -> None:
        index = self.find(message["seq"])
        self.entries[index].copies.remove(message)
        if not self.entries[index].copies:
            del self.entries[index]

    def _trim_oldest(self) -> None:
        if len(self.entries) > MAX_ENTRIES + PAGE:
            self._forget(self.entries[:PAGE])
            del self.entries[:PAGE]
            self.has_older = self._has_cut = True

    def _forget(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            for copy in entry.copies:
                del self._by_id[copy["id"]]


def _are_more(messages: list[Json], more: bool | None) -> bool:
    """Tell whether there are others; a page may be short because its messages are long."""
    return len(messages) >= PAGE if more is None else more
