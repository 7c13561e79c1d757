"""The list of people: who is here, and what of them is unread."""

from __future__ import annotations

from collections.abc import Callable

from slcpctl.conversing.wording import NAME, PRESENCE, conversations
from slcpctl.screen.cells import Line, both_ends, cut, line_width, shown
from slcpctl.view.people import People, Person, State

_MARKS = {State.HERE: "●", State.AWAY: "◐", State.IDLE: "○", State.GONE: " "}
_STYLES = {
    State.HERE: "class:here",
    State.AWAY: "class:away",
    State.IDLE: "class:gone",
    State.GONE: "class:gone",
}
MARK_CELLS = 3  # before a name: the mark and its blanks
MOST_SHOWN = 99  # unread messages; above it a plus


class Sidebar:
    """Draws people around the one that is open, and finds who stands in a row."""

    def __init__(self) -> None:
        self._first = 0  # the row of all that is drawn on top
        self._rows = 1  # that there are
        self._drawn: list[str | None] = []  # who stands in which
        self._open: str | None = None

    def draw(self, people: People, to: str | None, columns: int, rows: int) -> list[Line]:
        """Return the lines of those that fit."""
        names = conversations(people)
        self._rows = rows
        self._keep_in_sight(names, to)
        self._drawn = names[self._first : self._first + rows]
        lines = []
        for index, name in enumerate(self._drawn, self._first):
            line = _row(people.rows[index - 1], columns) if index else _everyone(people, columns)
            lines.append([(f"class:open {style}", text) for style, text in line] if name == to else line)
        return lines

    def scroll(self, people: People, up: int) -> None:
        """See others."""
        self._first = max(0, min(self._first - up, len(people.rows) + 1 - self._rows))

    def click(self, row: int, open_: Callable[[str | None], object]) -> None:
        """Open the conversation that was drawn in a row, if one was."""
        if row < len(self._drawn):
            open_(self._drawn[row])

    def _keep_in_sight(self, names: list[str | None], to: str | None) -> None:
        """Let the open one be seen when it is opened; then the user may scroll away from it."""
        if to != self._open and to in names:
            index = names.index(to)
            self._first = min(max(self._first, index - self._rows + 1), index)
        self._open = to
        self._first = max(0, min(self._first, len(names) - self._rows))


def _everyone(people: People, columns: int) -> Line:
    return both_ends([("", f" * {NAME}")], [("class:dim", f"{people.count} ")] if people.count else [], columns)


def _row(person: Person, columns: int) -> Line:
    style = "class:unread" if person.unread else "class:gone" if person.state is State.GONE else ""
    right = _right(person)
    room = columns - MARK_CELLS - (line_width(right) + 1 if person.unread else 0)
    left = [("", " "), (_STYLES[person.state], _MARKS[person.state]), ("", " ")]
    return both_ends([*left, (style, cut(shown(person.handle), room))], right, columns)


def _right(person: Person) -> Line:
    if person.unread:
        return [("class:unread", f"{person.unread} " if person.unread <= MOST_SHOWN else f"{MOST_SHOWN}+ ")]
    is_plain = person.state in (State.HERE, State.GONE)  # the mark and the style say it
    return [] if is_plain else [("class:dim", f"{PRESENCE[person.state]} ")]
