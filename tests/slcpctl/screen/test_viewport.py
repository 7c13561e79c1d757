"""Which lines are seen, compared with what anybody would do with one long list of them."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slcpctl.screen.cells import Line
from slcpctl.screen.viewport import Viewport

FIRST = 1_000  # number of the first block; there are gaps between the numbers


class Column:
    """Blocks of lines; each line says which it is."""

    def __init__(self, *heights: int) -> None:
        self.heights: dict[int, int] = {}
        self.numbers: list[int] = []
        self.append(*heights)

    def append(self, *heights: int) -> None:
        for height in heights:
            self._put((self.numbers[-1] if self.numbers else FIRST) + 2, height)

    def prepend(self, *heights: int) -> None:
        for height in heights:
            self._put((self.numbers[0] if self.numbers else FIRST) - 2, height)

    def _put(self, number: int, height: int) -> None:
        self.heights[number] = height
        self.numbers = sorted(self.heights)

    def drop(self, index: int) -> None:
        del self.heights[self.numbers[index]]
        self.numbers = sorted(self.heights)

    @property
    def lines(self) -> list[str]:
        """All of them, from top to bottom."""
        return [f"{number}.{row}" for number in self.numbers for row in range(self.heights[number])]

    def top_of(self, index: int) -> int:
        """Return which of all lines is the first of a block."""
        return sum(self.heights[number] for number in self.numbers[:index])

    # Blocks

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, index: int) -> int:
        return self.numbers[index]

    def find(self, number: int) -> int:
        return bisect_left(self.numbers, number)

    def block(self, index: int) -> list[Line]:
        number = self.numbers[index]
        return [[("", f"{number}.{row}")] for row in range(self.heights[number])]


@dataclass
class Reader:
    """Someone in front of the lines: remembers the last one that is seen, or that it is the last of all."""

    column: Column
    rows: int
    last: str | None = None

    @property
    def end(self) -> int:
        """Return how many of all lines stand above the end of what is seen."""
        lines = self.column.lines
        end = len(lines) if self.last is None else lines.index(self.last) + 1
        return max(end, min(self.rows, len(lines)))

    @property
    def seen(self) -> list[str]:
        return self.column.lines[max(self.end - self.rows, 0) : self.end]

    def look(self, end: int) -> None:
        """See the lines down to one of them, as far as there are enough above it."""
        lines = self.column.lines
        end = min(max(end, min(self.rows, len(lines))), len(lines))
        self.last = None if end == len(lines) else lines[end - 1]

    def settle(self) -> None:
        """Take what is seen now as the place, whatever has led there."""
        if self.last is not None:
            self.look(self.end)

    def show(self, index: int) -> None:
        top = self.column.top_of(index)
        height = self.column.heights[self.column.numbers[index]]
        first = self.end - self.rows
        if height > self.rows or top < first:
            self.look(top + self.rows)
        elif top + height > self.end:
            self.look(top + height)

    def center(self, index: int) -> None:
        self.look(self.column.top_of(index) + 1 + self.rows // 2)


class Both:
    """The viewport and the reader, of which the same is wanted."""

    def __init__(self, heights: list[int], rows: int) -> None:
        self.column = Column(*heights)
        self.viewport = Viewport()
        self.reader = Reader(self.column, rows)

    def do(self, name: str, *arguments: Any) -> None:
        getattr(self, f"_{name}")(*arguments)
        if name in ("scroll", "center"):  # it is asked before the next time that lines are drawn
            assert self.viewport.follows is (self.reader.last is None)
        seen = self.viewport.seen(self.column, self.reader.rows)
        assert [line[0][1] for _, line in seen] == self.reader.seen
        assert [self.column.number(index) for index, _ in seen] == [
            int(line.split(".")[0]) for line in self.reader.seen
        ]
        self.reader.settle()
        assert self.viewport.follows is (self.reader.last is None)

    def _scroll(self, up: int) -> None:
        self.viewport.scroll(self.column, up, self.reader.rows)
        if len(self.column):
            self.reader.look(self.reader.end - up)

    def _show(self, number: int) -> None:
        if len(self.column):
            self.viewport.show(self.column, number % len(self.column), self.reader.rows)
            self.reader.show(number % len(self.column))

    def _center(self, number: int) -> None:
        if len(self.column):
            self.viewport.center(self.column, number % len(self.column), self.reader.rows)
            self.reader.center(number % len(self.column))

    def _append(self, *heights: int) -> None:
        self.column.append(*heights)

    def _prepend(self, *heights: int) -> None:
        self.column.prepend(*heights)

    def _append_below(self, *heights: int) -> None:
        """What comes behind those that are loaded shall not be run after."""
        self.viewport.hold(self.column)
        lines = self.column.lines
        if lines and self.reader.last is None:
            self.reader.last = lines[-1]
        self.column.append(*heights)

    def _drop(self, at_top: bool) -> None:
        """Let a block go at one end, unless it is seen."""
        index = 0 if at_top else len(self.column) - 1
        if len(self.column) and not any(line.startswith(f"{self.column.number(index)}.") for line in self.reader.seen):
            self.column.drop(index)

    def _resize(self, rows: int) -> None:
        self.reader.rows = rows

    def _follow(self) -> None:
        self.viewport.follow()
        self.reader.last = None


HEIGHT = st.integers(1, 5)
STEPS = st.one_of(
    st.tuples(st.just("scroll"), st.integers(-30, 30)),
    st.tuples(st.just("scroll"), st.integers(-3, 10)),
    st.tuples(st.sampled_from(["show", "center"]), st.integers(0, 30)),
    st.tuples(st.sampled_from(["append", "prepend", "append_below"]), HEIGHT, HEIGHT, HEIGHT),
    st.tuples(st.just("drop"), st.booleans()),
    st.tuples(st.just("resize"), st.integers(1, 12)),
    st.just(("follow",)),
)


@settings(max_examples=300, deadline=None)
@example(heights=[1] * 5, rows=5, steps=[("center", 0)])
@given(heights=st.lists(HEIGHT, max_size=15), rows=st.integers(1, 12), steps=st.lists(STEPS, max_size=25))
def test_the_lines_that_are_seen_are_those_of_a_long_list(heights: list[int], rows: int, steps: list[Any]) -> None:
    both = Both(heights, rows)
    for step in steps:
        both.do(*step)


@settings(deadline=None)
@given(
    heights=st.lists(HEIGHT, min_size=5, max_size=15),
    rows=st.integers(1, 5),
    up=st.integers(1, 30),
    above=st.lists(HEIGHT),
    below=st.lists(HEIGHT),
)
def test_whoever_has_scrolled_sees_the_same_whatever_comes_at_either_end(
    heights: list[int], rows: int, up: int, above: list[int], below: list[int]
) -> None:
    column, viewport = Column(1, *heights, 1), Viewport()
    viewport.scroll(column, up, rows)
    before = [line for _, line in viewport.seen(column, rows)]
    assert len(before) == rows
    column.prepend(*above)
    column.append(*below)
    assert [line for _, line in viewport.seen(column, rows)] == before


def test_nothing_is_seen_of_nothing() -> None:
    column, viewport = Column(), Viewport()
    viewport.scroll(column, 5, 10)
    viewport.hold(column)
    viewport.show(column, 0, 10)
    assert viewport.seen(column, 10) == []
    assert viewport.follows


@pytest.mark.parametrize(
    ("index", "end"),
    [
        pytest.param(0, 4, id="above: its top"),
        pytest.param(3, 10, id="seen: nothing moves"),
        pytest.param(9, 20, id="below: its end"),
    ],
)
def test_a_block_is_shown_by_the_shortest_way(index: int, end: int) -> None:
    column, viewport = Column(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2), Viewport()
    viewport.scroll(column, 12, rows=4)  # the lines 6 to 9 of 22: blocks 3 and 4
    viewport.show(column, index, rows=4)
    assert [line[0][1] for _, line in viewport.seen(column, 4)] == column.lines[end - 4 : end]


def test_of_a_block_that_is_too_large_its_top_is_shown() -> None:
    column, viewport = Column(1, 9, 1), Viewport()
    viewport.show(column, 1, rows=4)
    assert [line[0][1] for _, line in viewport.seen(column, 4)] == column.lines[1:5]


def test_a_block_that_grows_is_seen_to_its_end() -> None:
    column, viewport = Column(2, 2, 2, 2), Viewport()
    viewport.scroll(column, 2, rows=3)
    column.heights[column.number(2)] += 1
    assert [line[0][1] for _, line in viewport.seen(column, 3)] == column.lines[4:7]


def test_only_what_is_seen_is_built() -> None:
    built: list[int] = []

    class Watched(Column):
        def block(self, index: int) -> list[Line]:
            built.append(index)
            return super().block(index)

    column, viewport = Watched(*[1] * 3_000), Viewport()
    viewport.seen(column, 20)
    viewport.scroll(column, 10, 20)
    viewport.show(column, 1_000, 20)
    viewport.center(column, 2_000, 20)
    viewport.seen(column, 20)
    assert len(built) < 300
