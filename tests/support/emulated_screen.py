"""The screen of a terminal: what a program has written to it -> cells. pyte, and what pyte leaves out or misreads."""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import pyte
from pyte import modes
from wcwidth import wcwidth

NOT_FOR_PYTE = re.compile(
    r"\x1b\[(?:"
    r"[<=>][0-?]*[ -/]*[@-~]"  # of the keyboard and its protocols: pyte reads some as colours, prints parts of others
    r"|\?[0-?]*[ -/]*(?![hlJK])[@-~]"  # private ones that it does not know: its methods raise TypeError
    r"|[0-9;]*:[0-?]*[ -/]*[@-~]"
    r")"
    r"|\x1b\](?![012];)[^\x07\x1b]*(?:\x07|\x1b\\)"  # links, the clipboard, colours: it takes them for titles
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # strings for other devices: it prints them
)
CUT_OFF = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?)?\Z")  # a sequence whose end has not come


class Mode(IntEnum):
    """What a program asks a terminal for, with DECSET; by the numbers of xterm's "Control Sequences"."""

    APPLICATION_CURSOR_KEYS = 1
    MOUSE_BUTTONS = 1000
    MOUSE_DRAGS = 1002
    MOUSE_MOVES = 1003
    FOCUS = 1004
    MOUSE_SGR = 1006
    ALTERNATE_SCREEN = 1049
    BRACKETED_PASTE = 2004


class Cell(NamedTuple):
    """One cell. Colours are "default", a name of the sixteen as in pyte.graphics, or "rrggbb"."""

    data: str = " "  # a character and what combines with it; empty in the right half of a wide one
    fg: str = "default"
    bg: str = "default"
    bold: bool = False
    italics: bool = False
    underscore: bool = False
    strikethrough: bool = False
    reverse: bool = False
    blink: bool = False
    dim: bool = False


class EmulatedScreen(pyte.Screen):
    """A screen that is fed with bytes. Columns and rows count from 0."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None] | None = None) -> None:
        """`answer` gets what the terminal says to the program, such as where the cursor is."""
        self._answer = answer
        self._behind: dict[int, Any] = {}  # the rows of the main screen while the alternate one is shown
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._cut_off = ""
        self.rang = 0  # times
        super().__init__(columns, rows)
        self._stream = pyte.Stream(self)

    def feed(self, data: bytes) -> None:
        """Show what a program has written; it may be cut anywhere."""
        text = self._cut_off + self._decoder.decode(data)
        end = found.start() if (found := CUT_OFF.search(text)) else len(text)
        self._cut_off = text[end:]
        self._stream.feed(NOT_FOR_PYTE.sub("", text[:end]))

    # What is on it

    def cell(self, column: int, row: int) -> Cell:
        cell: Cell = self.buffer[row][column]  # type: ignore[assignment]  # see default_char
        return cell

    def row_text(self, row: int) -> str:
        """Return one line, without the blanks at its end."""
        return "".join(self.cell(column, row).data for column in range(self.columns)).rstrip()

    @property
    def text_lines(self) -> list[str]:
        """The lines, without the blanks at their ends."""
        return [self.row_text(row) for row in range(self.lines)]

    def find(self, text: str) -> tuple[int, int] | None:
        """Return the column and the row of the first cell of a text; None if it is on no line."""
        for row in range(self.lines):
            offset = self.row_text(row).find(text)
            if offset >= 0:
                return self._column(row, offset), row
        return None

    def _column(self, row: int, offset: int) -> int:
        """Return the column of the character at an offset of a line's text."""
        length = 0
        for column in range(self.columns):
            length += len(self.cell(column, row).data)
            if length > offset:
                return column
        raise IndexError(offset)

    def wants(self, *wanted: Mode) -> bool:
        """Tell whether the program has set one of these modes."""
        return any(mode << 5 in self.mode for mode in wanted)  # pyte's way to know private ones

    # What pyte does in another way

    @property
    def default_char(self) -> Cell:  # type: ignore[override]  # pyte asks for _replace() and _asdict(), and so has dim
        return Cell(reverse=modes.DECSCNM in self.mode)

    def reset(self) -> None:
        super().reset()
        self._behind = {}
        self.cursor.attrs = self.default_char  # type: ignore[assignment]  # see default_char

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        super().resize(lines, columns)
        self.ensure_hbounds()
        self.ensure_vbounds()

    def draw(self, data: str) -> None:
        """Put text at the cursor. pyte drops all after a zero width joiner, and leaves halves of wide characters."""
        for character in data:
            width = wcwidth(character)
            if width == 0:
                self._combine(character)
            elif width > 0:  # else it is a control character that means nothing
                self._put(character, width)
        self.dirty.add(self.cursor.y)

    def _put(self, character: str, width: int) -> None:
        if self.cursor.x + width > self.columns:
            self._leave_the_last_column(width)
        if modes.IRM in self.mode:
            self.insert_characters(width)
        line, first = self.buffer[self.cursor.y], self.cursor.x
        for boundary in (first, first + width):
            if line[boundary].data == "":  # half of a wide character remains: a blank
                line[boundary - 1] = line[boundary - 1]._replace(data=" ")
                line[boundary] = line[boundary]._replace(data=" ")
        line[first] = self.cursor.attrs._replace(data=character)
        if width > 1:
            line[first + 1] = self.cursor.attrs._replace(data="")
        self.cursor.x += width

    def _leave_the_last_column(self, width: int) -> None:
        if modes.DECAWM in self.mode:
            self.carriage_return()
            self.linefeed()
        else:
            self.cursor.x = self.columns - width

    def _combine(self, character: str) -> None:
        line, last = self.buffer[self.cursor.y], self.cursor.x - 1
        if last >= 0 and line[last].data == "":
            last -= 1
        if last >= 0:
            line[last] = line[last]._replace(data=line[last].data + character)

    def select_graphic_rendition(self, *attrs: int) -> None:
        super().select_graphic_rendition(*attrs)
        dim = self.cursor.attrs.dim  # type: ignore[attr-defined]  # see default_char
        codes = iter(attrs or (0,))
        for code in codes:
            if code in (38, 48):  # a colour: 5;n or 2;r;g;b
                for _ in range(1 if next(codes, 5) == 5 else 3):
                    next(codes, 0)
            elif code in (0, 2, 22):
                dim = code == 2
        bg = self.cursor.attrs.bg.replace("bfight", "bright")  # a slip in pyte.graphics
        self.cursor.attrs = self.cursor.attrs._replace(bg=bg, dim=dim)  # type: ignore[call-arg]

    def set_mode(self, *numbers: int, **kwargs: Any) -> None:
        if kwargs.get("private") and Mode.ALTERNATE_SCREEN in numbers and not self.wants(Mode.ALTERNATE_SCREEN):
            self.save_cursor()
            self._behind = dict(self.buffer)
            self.buffer.clear()
        super().set_mode(*numbers, **kwargs)

    def reset_mode(self, *numbers: int, **kwargs: Any) -> None:
        if kwargs.get("private") and Mode.ALTERNATE_SCREEN in numbers and self.wants(Mode.ALTERNATE_SCREEN):
            self.buffer.clear()
            self.buffer.update(self._behind)
            self.restore_cursor()
        super().reset_mode(*numbers, **kwargs)

    def bell(self, *args: Any) -> None:
        self.rang += 1

    def write_process_input(self, data: str) -> None:
        if self._answer is not None:
            self._answer(data)
