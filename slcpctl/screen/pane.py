"""One conversation, or the hits of a search, as a column of lines that can be scrolled and chosen from."""

from __future__ import annotations

from collections.abc import Callable

from slcp.client import Json
from slcpctl.screen.cells import Line
from slcpctl.screen.drawing import Facts
from slcpctl.screen.drawn import Drawn
from slcpctl.screen.viewport import Blocks, Seen, Viewport
from slcpctl.view.messages import Entry
from slcpctl.view.timeline import Timeline


class Pane:
    """A timeline, which part of it is seen, and which message of it is chosen. Blocks for its viewport."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.chosen: int | None = None  # seq of the chosen message
        self.rows = 1  # that it was drawn with
        self.is_loading = False  # a page is on its way, or could not be had
        self._move: Callable[[Blocks, int, int], None] | None = None  # to the chosen message, when it is drawn next
        self._viewport = Viewport()
        self._facts: Facts | None = None
        self._seen: list[Seen] = []
        self._drawn = Drawn()

    # Blocks

    def __len__(self) -> int:
        return len(self.timeline.entries)

    def number(self, index: int) -> int:
        return self.timeline.entries[index].seq

    def find(self, number: int) -> int:
        return self.timeline.find(number)

    def block(self, index: int) -> list[Line]:
        entries = self.timeline.entries
        before = entries[index - 1] if index else None
        return self._drawn.block(entries[index], before, self._facts) if self._facts else [[]]

    # What is seen

    @property
    def shows_newest(self) -> bool:
        """Whether the newest message is seen, and the next one will be."""
        return self._viewport.follows and not self.timeline.has_newer

    def draw(self, facts: Facts, rows: int) -> list[Seen]:
        """Return the lines to draw, with the index of their entry."""
        self._facts, self.rows = facts, rows
        if self._move and self.chosen is not None and len(self):
            self._move(self, min(self.find(self.chosen), len(self) - 1), rows)
            self._move = None
        self._seen = self._viewport.seen(self, rows)
        self._hold()
        return self._seen

    def seen(self) -> list[Seen]:
        """Return the lines that were drawn last."""
        return self._seen

    def seen_entries(self) -> list[Entry]:
        """Return the messages of which something was drawn last."""
        indices = dict.fromkeys(line.block for line in self._seen)
        return [self.timeline.entries[index] for index in indices if index < len(self)]

    def scroll(self, up: int) -> None:
        """Move by lines, down if negative."""
        self._viewport.scroll(self, up, self.rows)
        self._hold()

    def _hold(self) -> None:
        """Stay where the loaded messages end, if that is not the end of all."""
        if self.timeline.has_newer:
            self._viewport.hold(self)

    def to_end(self) -> None:
        """See the newest that is loaded, and choose nothing."""
        self.chosen = None
        self._viewport.follow()

    @property
    def lacks(self) -> str | None:
        """Which page should be loaded now, seen from what is shown: older, newer or none."""
        seen = [line.block for line in self.seen()]
        if self.is_loading:
            return None
        nearby = len(self.timeline.entries) - 1 - self.rows
        if self.timeline.has_older and (not seen or seen[0] <= self.rows):
            return "older"
        return "newer" if self.timeline.has_newer and seen and seen[-1] >= nearby else None

    # What is chosen

    @property
    def chosen_entry(self) -> Entry | None:
        """The chosen message."""
        if self.chosen is None or not self.timeline.entries:
            return None
        return self.timeline.entries[min(self.find(self.chosen), len(self) - 1)]

    def choose(self, steps: int) -> None:
        """Choose the message so many steps below, above if negative; the newest that is seen at first."""
        seen = self.seen()
        if not seen:
            return
        wanted = seen[-1].block if self.chosen is None else self.find(self.chosen) + steps
        self.choose_at(min(max(wanted, 0), len(self) - 1))

    def choose_at(self, index: int) -> None:
        """Choose the message at an index, and see it."""
        self.chosen, self._move = self.number(index), self._viewport.show

    def look_at(self, index: int) -> None:
        """Choose the message at an index, and see it in the middle."""
        self.chosen, self._move = self.number(index), self._viewport.center

    def newest_image(self) -> Json | None:
        """Return the chosen image, or the newest one that is loaded."""
        chosen = self.chosen_entry
        entries = [chosen] if chosen else reversed(self.timeline.entries)
        return next((entry.message for entry in entries if entry.message["kind"] == "image"), None)
