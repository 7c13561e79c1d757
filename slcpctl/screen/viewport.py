"""Which lines of a long column of blocks are seen: the last ones, until someone scrolls.

Only the blocks that are seen are built, so a million of them cost no more than a screenful.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from slcpctl.screen.cells import Line


class Blocks(Protocol):
    """Blocks of lines, from top to bottom; each has a number of its own that grows downwards, and a line or more."""

    def __len__(self) -> int: ...

    def number(self, index: int) -> int:
        """Return the number of a block."""

    def find(self, number: int) -> int:
        """Return the index of the block with this number, or of the next one."""

    def block(self, index: int) -> list[Line]:
        """Return the lines of a block."""


class _Place(NamedTuple):
    """The last line that is seen: in which block, and how many lines of it are hidden below."""

    block: int  # its index
    hidden: int


class Seen(NamedTuple):
    """A line that is seen, and the index of its block."""

    block: int  # its index
    line: Line


class Viewport:
    """A window on blocks. Keeps its place when blocks come at either end."""

    def __init__(self) -> None:
        self._anchor: tuple[int, int] | None = None  # number of the last block that is seen, lines hidden below

    @property
    def follows(self) -> bool:
        """Whether the last line is seen, and those to come will be."""
        return self._anchor is None

    def follow(self) -> None:
        """Go to the end."""
        self._anchor = None

    def hold(self, blocks: Blocks) -> None:
        """Stay here when blocks come behind the last one."""
        if len(blocks) and self._anchor is None:
            self._anchor = blocks.number(len(blocks) - 1), 0

    def seen(self, blocks: Blocks, rows: int) -> list[Seen]:
        """Return the lines to draw from top to bottom: `rows`, or all if there are fewer."""
        if not len(blocks):
            return []
        place = self._place(blocks, rows)
        if not self.follows:
            self._set(blocks, place)  # there may be room for more than before: what is seen now stays
        return _above(blocks, place, rows)

    def scroll(self, blocks: Blocks, up: int, rows: int) -> None:
        """Move by lines, down if negative, as far as there are any."""
        if not len(blocks):
            return
        place = self._place(blocks, rows)
        self._set(blocks, _full(blocks, _up(blocks, place, up) if up > 0 else _down(blocks, place, -up), rows))

    def show(self, blocks: Blocks, index: int, rows: int) -> None:
        """Scroll as little as needed to see a block, or the top of a larger one."""
        seen = [line.block for line in self.seen(blocks, rows)]
        if not seen or (seen[0] < index < seen[-1]):
            return
        if index >= seen[-1]:
            self._set(blocks, _Place(index, max(len(blocks.block(index)) - rows, 0)))
        else:
            top = _Place(index, len(blocks.block(index)) - 1)
            self._set(blocks, _down(blocks, top, rows - 1))

    def center(self, blocks: Blocks, index: int, rows: int) -> None:
        """See the top of a block in the middle, as far as there are lines around it."""
        self._set(blocks, _down(blocks, _Place(index, len(blocks.block(index)) - 1), rows // 2))
        self.scroll(blocks, 0, rows)

    def _place(self, blocks: Blocks, rows: int) -> _Place:
        last = len(blocks) - 1
        if self._anchor is None:
            return _Place(last, 0)
        number, hidden = self._anchor
        index = min(blocks.find(number), last)
        return _full(blocks, _Place(index, min(hidden, len(blocks.block(index)) - 1)), rows)

    def _set(self, blocks: Blocks, place: _Place) -> None:
        at_end = place == _Place(len(blocks) - 1, 0)
        self._anchor = None if at_end else (blocks.number(place.block), place.hidden)


def _above(blocks: Blocks, place: _Place, rows: int) -> list[Seen]:
    """Return the lines down to a place, at most `rows`."""
    lines: list[Seen] = []
    index, hidden = place
    while index >= 0 and len(lines) < rows:
        block = blocks.block(index)
        end = len(block) - hidden
        lines += [Seen(index, line) for line in reversed(block[max(end - rows, 0) : end])]
        index, hidden = index - 1, 0
    return lines[:rows][::-1]


def _full(blocks: Blocks, place: _Place, rows: int) -> _Place:
    """Return the place, or the first one below it down to which there are enough lines."""
    missing = rows - len(_above(blocks, place, rows))
    return _down(blocks, place, missing) if missing > 0 else place


def _up(blocks: Blocks, place: _Place, lines: int) -> _Place:
    index, hidden = place.block, place.hidden + lines
    while hidden >= (height := len(blocks.block(index))):
        if index == 0:
            return _Place(0, height - 1)
        index, hidden = index - 1, hidden - height
    return _Place(index, hidden)


def _down(blocks: Blocks, place: _Place, lines: int) -> _Place:
    index, hidden = place.block, place.hidden - lines
    while hidden < 0:
        if index == len(blocks) - 1:
            return _Place(index, 0)
        index += 1
        hidden += len(blocks.block(index))
    return _Place(index, hidden)
