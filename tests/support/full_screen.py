"""The full-screen chat in a terminal of the tests, and what stands in which part of its screen."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from daemons import WAIT, World
from emulated_screen import Cell, EmulatedScreen, Mode
from terminal import Terminal

CHAT = (sys.executable, "-m", "slcpctl", "chat")
OF_THE_MACHINE = (  # what a test's chat must not inherit: it would look, or notify, in another way
    *("COLORTERM", "NO_COLOR", "PROMPT_TOOLKIT_COLOR_DEPTH"),
    *("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "TMUX", "STY"),
)
TAKEN_BACK = {  # modes that are no more to be set when a program has ended
    *(Mode.MOUSE_BUTTONS, Mode.MOUSE_DRAGS, Mode.MOUSE_MOVES, Mode.MOUSE_SGR),
    *(Mode.FOCUS, Mode.ALTERNATE_SCREEN, Mode.BRACKETED_PASTE),
}
UNREAD = re.compile(r"(?P<handle>\S+)\s+(?P<count>[0-9]+\+?)$")

Part = Callable[[EmulatedScreen], list[str]]


class Chat(Terminal):
    """`slcpctl chat` of one world."""

    def __init__(
        self,
        world: World,
        *words: str,
        columns: int = 100,
        rows: int = 30,
        folder: Path | None = None,
        term: str = "xterm-256color",
        **variables: str,
    ) -> None:
        environment = {**surroundings(world), **variables}
        super().__init__([*CHAT, *words], environment, columns=columns, rows=rows, folder=folder, term=term)

    def wait_in(self, part: Part, text: str, within: float = WAIT) -> Self:
        """Return when a line of that part has this text."""
        what = f"{text!r} in the {part.__name__}"
        return self.wait_until(lambda screen: any(text in line for line in part(screen)), what, within)

    def wait_state(self, text: str, state: str) -> Self:
        """Return when a message with this text has its state at the right end of its line."""

        def has_it(screen: EmulatedScreen) -> bool:
            return any(text in line and line.endswith(state) for line in pane(screen))

        return self.wait_until(has_it, f"{text!r} {state}")

    def wait_gone(self, text: str, part: Part | None = None) -> Self:
        """Return when no line, or no line of that part, has this text any more."""
        lines = part or every
        return self.wait_until(lambda screen: not any(text in line for line in lines(screen)), f"no {text!r}")

    def wait_unread(self, **counts: str) -> Self:
        """Return when these have so many unread messages in the list of people, and nobody else has any."""
        return self.wait_until(lambda screen: unread(screen) == counts, f"unread: {counts}")

    def look(self, focused: bool) -> Self:
        """Bring the window to the front, or another one; return when the chat knows."""
        return self.focus(focused).echo()

    def echo(self) -> Self:
        """Return when what was typed until now has been taken: by a letter that is seen, and taken back."""
        self.type("\N{SECTION SIGN}").wait_in(typed, "\N{SECTION SIGN}")
        return self.press("backspace").wait_gone("\N{SECTION SIGN}", typed)

    def close_by_key(self) -> int:
        """Close it as a user does; return the exit code."""
        return self.press("c-q").wait_for_exit()

    @property
    def modes_left(self) -> set[int]:
        """The modes that are still set, of those that a program must take back."""
        return {mode for mode in TAKEN_BACK if self.screen.wants(mode)}


def surroundings(world: World) -> dict[str, str]:
    """Return the variables of a terminal without a desktop."""
    return {name: value for name, value in world.environment.items() if name not in OF_THE_MACHINE}


# Parts of the screen. None of them fails while it is drawn


def rule(screen: EmulatedScreen) -> int:
    """Return the row of the line below people and conversation; the number of rows while there is none."""
    rows = range(screen.lines)
    return next((row for row in rows if screen.cell(0, row).data == screen.cell(1, row).data == "─"), screen.lines)


def border(screen: EmulatedScreen) -> int:
    """Return the column between people and conversation, as the rule shows it; -1 without a list of people."""
    return screen.row_text(rule(screen)).find("┴") if rule(screen) < screen.lines else -1


def every(screen: EmulatedScreen) -> list[str]:
    return screen.text_lines


def sidebar(screen: EmulatedScreen) -> list[str]:
    """The people, each as mark, handle and what stands behind."""
    rows = range(1, rule(screen))
    return [" ".join(_text(screen, row, 0, border(screen)).split()) for row in rows] if border(screen) > 0 else []


def people(screen: EmulatedScreen) -> list[str]:
    """Return the handles of the list of people, from top to bottom; `everyone` is one of them."""
    return [row.lstrip("●◐○* ").split()[0] for row in sidebar(screen) if row]


def title(screen: EmulatedScreen) -> list[str]:
    return [_text(screen, 0, border(screen) + 1, screen.columns)]


def pane(screen: EmulatedScreen) -> list[str]:
    """The conversation, or a page in its place."""
    return [_text(screen, row, border(screen) + 1, screen.columns) for row in range(1, rule(screen))]


def typed(screen: EmulatedScreen) -> list[str]:
    """An answer and what is typed: all between the rule and the last line."""
    return screen.text_lines[rule(screen) + 1 : -1]


def status(screen: EmulatedScreen) -> list[str]:
    """The left end of the last line, without the hints."""
    return [screen.row_text(screen.lines - 1).split("  ")[0]]


def unread(screen: EmulatedScreen) -> dict[str, str]:
    """How many unread messages the list of people shows, by handle."""
    found = (UNREAD.search(row) for row in sidebar(screen) if not row.startswith("*"))
    return {match["handle"]: match["count"] for match in found if match}


def said(screen: EmulatedScreen, text: str) -> list[Cell]:
    """Return the cells of the conversation's first row that has this text; none if there is no such row."""
    row = next((row for row, line in enumerate(pane(screen), 1) if text in line), None)
    return [] if row is None else [screen.cell(x, row) for x in range(border(screen) + 1, screen.columns)]


def _text(screen: EmulatedScreen, row: int, begin: int, end: int) -> str:
    return "".join(screen.cell(column, row).data for column in range(begin, end)).rstrip()
