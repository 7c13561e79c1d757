"""What a chat shows at a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from slcp.client import Json
from slcpctl.conversing.pane import Pane
from slcpctl.render import Line
from slcpctl.view.messages import changed, is_incoming
from slcpctl.view.model import Model
from slcpctl.view.timeline import Timeline
from slcpctl.view.transfers import Transfer

P = TypeVar("P", bound=Pane)  # the pane of who draws it

SHORT = 2  # lines of an answer that stand above the line to type on


@dataclass(slots=True)
class Page:
    """A longer answer, shown in the place of the conversation until it is closed."""

    title: str
    lines: list[Line]
    first: int = 0  # the line that is seen on top


@dataclass(slots=True)
class State(Generic[P]):
    """The model, and what the user has opened, chosen and been told."""

    pane_of: Callable[[Timeline], P]
    model: Model = field(default_factory=Model)
    conversation: P = field(init=False)
    found: P | None = None  # the hits, while a search is open
    page: Page | None = None
    notice: list[Line] = field(default_factory=list)  # a short answer, above the line to type on
    lost: str = ""  # why there is no daemon now; empty while there is
    focused: bool = True  # the window has the keyboard, as far as that can be told

    def __post_init__(self) -> None:
        self.conversation = self.pane_of(self.model.timeline)

    @property
    def pane(self) -> P:
        """What is seen: the hits of a search, or the conversation."""
        return self.conversation if self.found is None else self.found

    @property
    def first_new(self) -> int | None:
        """The seq of the first message in the conversation that is new to the user, as far as they are loaded."""
        new_after = self.model.new_after
        if new_after is None or self.found is not None:
            return None
        return self.conversation.timeline.first_received(new_after)

    def coming(self, now: float) -> list[Transfer]:
        """Return the images that are on their way to us in the conversation; none while hits are shown instead."""
        return self.model.transfers.coming(self.model.conversation, now) if self.found is None else []

    def is_watched(self, handle: str) -> bool:
        """Tell whether the user sees what is said in a conversation now."""
        shows_it = self.model.conversation in (None, handle) and self.found is None and self.page is None
        return shows_it and self.focused and self.conversation.shows_newest

    def read_now(self) -> dict[str, int]:
        """Return whose unread messages are all seen now, each with the seq of the newest."""
        model, entries = self.model, self.conversation.seen_entries()
        unread = [person for person in model.people.rows if person.unread and self.is_watched(person.handle)]
        seen = Counter(
            str(entry.message["handle"])
            for entry in entries
            if is_incoming(entry.message) and entry.seq > model.people.read(str(entry.message["handle"]))
        )
        is_all = model.conversation is None  # there the older ones may be above what is seen
        return {person.handle: person.newest for person in unread if not is_all or seen[person.handle] >= person.unread}

    def take(self, event: Json, now: float) -> None:
        """Learn from an event."""
        self.model.take(event, now)
        change = changed(event)
        if change and self.found is not None:
            self.found.timeline.change(change)

    def find_again(self, is_another: bool) -> None:
        """Go on after a loss; from the newest message on if the history is another one."""
        self.lost, self.notice = "", []
        self.conversation.is_loading = False
        if self.found is not None:
            self.found.is_loading = False
        if is_another:
            self.open(self.model.to)

    def open(self, to: str | None) -> None:
        """Show a conversation from its newest message on."""
        self.model.open(to)
        self.conversation = self.pane_of(self.model.timeline)
        self.found = self.page = None

    def search(self, words: str) -> None:
        """Show the messages of the conversation that have these words; without words there are none."""
        self.found, self.page = self.pane_of(Timeline(self.model.conversation, words)), None
        self.found.timeline.has_older = bool(words.strip())

    def tell(self, lines: Iterable[Line], title: str = "") -> None:
        """Show an answer: above the line to type on if it is short, else on a page of its own."""
        lines = list(lines)
        if len(lines) > SHORT:
            self.page, self.notice = Page(title, lines), []
        else:
            self.notice = lines

    def complain(self, error: Exception) -> None:
        """Say why something could not be done."""
        self.tell([[("bad", str(error))]])
