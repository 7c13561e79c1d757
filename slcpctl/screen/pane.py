"""One conversation, or the hits of a search, as a column of lines that can be scrolled."""

from __future__ import annotations

from collections.abc import Callable

from slcpctl.conversing.pane import Pane as LoadedPane
from slcpctl.screen.cells import Line
from slcpctl.screen.drawing import Facts
from slcpctl.screen.drawn import Drawn
from slcpctl.screen.viewport import Blocks, Seen, Viewport
from slcpctl.view.timeline import Timeline


class Pane(LoadedPane):
    """A timeline, and which lines of it are seen. Blocks for its viewport."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self.rows = 1  # that it was drawn with
        self._move: Callable[[Blocks, int, int], None] | None = None  # to the chosen message, when it is drawn next
        self._viewport = Viewport()
        self._facts: Facts | None = None
        self._seen: list[Seen] = []
        self._drawn = Drawn()

    def block(self, index: int) -> list[Line]:
        """Return the lines of a message."""
        entries = self.timeline.entries
        before = entries[index - 1] if index else None
        return self._drawn.block(entries[index], before, self._facts) if self._facts else [[]]

    def draw(self, facts: Facts, rows: int) -> list[Seen]:
        """Return the lines to draw, with the index of their entry."""
        self._facts, self.rows = facts, rows
        self.margin = rows  # a message has a line or more: a screenful is loaded before it is scrolled to
        if self._move and self.chosen is not None and len(self):
            self._move(self, min(self.find(self.chosen), len(self) - 1), rows)
            self._move = None
        self._seen = self._viewport.seen(self, rows)
        self._hold()
        return self._seen

    def seen(self) -> list[Seen]:
        """Return the lines that were drawn last."""
        return self._seen

    def scroll(self, up: int) -> None:
        """Move by lines, down if negative."""
        self._viewport.scroll(self, up, self.rows)
        self._hold()

    def _hold(self) -> None:
        """Stay where the loaded messages end, if that is not the end of all."""
        if self.timeline.has_newer:
            self._viewport.hold(self)

    # What a pane is asked

    @property
    def shows_newest(self) -> bool:
        return self._viewport.follows and not self.timeline.has_newer

    @property
    def in_sight(self) -> range:
        return range(self._seen[0].block, self._seen[-1].block + 1) if self._seen else range(0)

    def see(self, index: int, *, centred: bool) -> None:  # noqa: ARG002  # it is that of the chosen one, when it is drawn
        self._move = self._viewport.center if centred else self._viewport.show

    def see_end(self) -> None:
        self._viewport.follow()
