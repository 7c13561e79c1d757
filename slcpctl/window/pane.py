"""A conversation in the window: of all that is loaded only what is seen, and something around it, is laid out."""

from __future__ import annotations

from slcpctl.conversing.pane import Pane as LoadedPane
from slcpctl.view.messages import Entry
from slcpctl.view.timeline import Timeline

LAID = 240  # messages that the window has at a time: some ten times what is seen
MARGIN = 60  # messages between what is seen and the end of what is laid out, or loaded, before that is moved


class Pane(LoadedPane):
    """A timeline, of which the window tells what is seen."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self.margin = MARGIN
        self.moved = 0  # grows when the window shall move: to the chosen message, else to the end
        self._follows = True  # the newest message is seen, and those to come are to be
        self._seen: tuple[int, int] | None = None  # seq of the first and the last message that is seen
        self._laid_from = 0  # seq of the first message that is laid out, while the newest is not followed

    # What is laid out

    def lay_out(self) -> list[tuple[Entry, Entry | None]]:
        """Return the messages that the window shall have, each with the one before."""
        if not self._follows and (seen := self.in_sight):
            self._keep_around(seen[0], seen[-1])  # a page may have come since it was seen
        entries = self.timeline.entries
        return [(entries[index], entries[index - 1] if index else None) for index in self._laid()]

    @property
    def is_newest_laid(self) -> bool:
        """Whether the newest message of all is among those."""
        return self._laid().stop == len(self) and not self.timeline.has_newer

    def _laid(self) -> range:
        last = max(len(self) - LAID, 0)
        start = last if self._follows else min(self.find(self._laid_from), last)
        return range(start, min(start + LAID, len(self)))

    def saw(self, first: int, last: int, at_end: bool) -> bool:
        """Take note of the first and the last message that is seen, by seq, and whether that is the end of all.

        Returns whether others are to be laid out now.
        """
        before, self._seen = self._laid(), (first, last)
        self._keep_around(self.find(first), self.find(last))
        self._follows = at_end and self.is_newest_laid
        return self._laid() != before

    def _keep_around(self, first: int, last: int) -> None:
        """Follow no more; lay out others, when what is seen comes near the end of what is."""
        start, stop = self._laid().start, self._laid().stop
        if first - start < MARGIN or stop - last < MARGIN:
            start = max((first + last - LAID) // 2, 0)
        self._follows = False
        self._laid_from = self.number(start) if start < len(self) else 0

    # What is seen

    @property
    def shows_newest(self) -> bool:
        return self._follows and not self.timeline.has_newer

    @property
    def in_sight(self) -> range:
        if self._seen is None:
            return range(0)
        first, last = map(self.find, self._seen)
        return range(first, min(last + 1, len(self)))

    def see(self, index: int, *, centred: bool) -> None:  # noqa: ARG002  # the window moves as little as it must
        self._keep_around(index, index)
        self._seen = self.number(index), self.number(index)
        self.moved += 1

    def see_end(self) -> None:
        self._follows = not self.timeline.has_newer
        self.moved += 1
