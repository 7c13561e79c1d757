"""One conversation, or the hits of a search: what of it is loaded, seen and chosen."""

from __future__ import annotations

from abc import ABC, abstractmethod

from slcp.client import Json
from slcpctl.view.messages import Entry
from slcpctl.view.timeline import Timeline


class Pane(ABC):
    """A timeline, and which message of it is chosen. What is seen of it knows who draws it: a class below this one."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.chosen: int | None = None  # seq of the chosen message
        self.is_loading = False  # a page is on its way, or could not be had
        self.margin = 1  # messages: with so few between what is seen and the end of what is loaded a page is lacking

    def __len__(self) -> int:
        return len(self.timeline.entries)

    def number(self, index: int) -> int:
        """Return the seq of the message at an index."""
        return self.timeline.entries[index].seq

    def find(self, number: int) -> int:
        """Return the index of the message with this seq, or of the next one."""
        return self.timeline.find(number)

    # What who draws it knows

    @property
    @abstractmethod
    def shows_newest(self) -> bool:
        """Whether the newest message is seen, and the next one will be."""

    @property
    @abstractmethod
    def in_sight(self) -> range:
        """The indices of the messages that are seen; it is empty as long as nothing was drawn."""

    @abstractmethod
    def see(self, index: int, *, centred: bool) -> None:
        """See a message: in the middle, or with as little movement as needed."""

    @abstractmethod
    def see_end(self) -> None:
        """See the newest that is loaded, and what comes behind it."""

    # What is seen

    def seen_entries(self) -> list[Entry]:
        """Return the messages that are seen."""
        seen = self.in_sight
        return self.timeline.entries[seen.start : seen.stop]

    @property
    def lacks(self) -> str | None:
        """Which page should be loaded now, seen from what is shown: older, newer or none."""
        seen = self.in_sight
        if self.is_loading:
            return None
        if self.timeline.has_older and (not seen or seen[0] <= self.margin):
            return "older"
        is_near = bool(seen) and seen[-1] >= len(self) - 1 - self.margin
        return "newer" if self.timeline.has_newer and is_near else None

    def to_end(self) -> None:
        """See the newest that is loaded, and choose nothing."""
        self.chosen = None
        self.see_end()

    # What is chosen

    @property
    def chosen_entry(self) -> Entry | None:
        """The chosen message."""
        if self.chosen is None or not self.timeline.entries:
            return None
        return self.timeline.entries[min(self.find(self.chosen), len(self) - 1)]

    def choose(self, steps: int) -> None:
        """Choose the message so many steps below, above if negative; the newest that is seen at first."""
        if not len(self):
            return
        newest = self.in_sight[-1] if self.in_sight else len(self) - 1
        wanted = newest if self.chosen is None else self.find(self.chosen) + steps
        self.choose_at(min(max(wanted, 0), len(self) - 1))

    def choose_at(self, index: int) -> None:
        """Choose the message at an index, and see it."""
        self.chosen = self.number(index)
        self.see(index, centred=False)

    def look_at(self, index: int) -> None:
        """Choose the message at an index, and see it in the middle."""
        self.chosen = self.number(index)
        self.see(index, centred=True)

    def newest_image(self) -> Json | None:
        """Return the chosen image, or the newest one that is loaded."""
        chosen = self.chosen_entry
        entries = [chosen] if chosen else reversed(self.timeline.entries)
        return next((entry.message for entry in entries if entry.message["kind"] == "image"), None)
