"""A terminal's screen -> an SVG image, every character where its cell is."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from emulated_screen import Cell, EmulatedScreen

COLUMN, ROW, FONT_SIZE = 9, 19, 15  # px; a letter of a monospaced font is 0.6 of its size wide
BASELINE = 14  # px below the upper edge of a row
PADDING = 12  # px around the screen
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
DIM = 0.6  # how much of its own colour a dim character keeps

FOREGROUND, BACKGROUND = "d7dae0", "16181d"
SIXTEEN = {  # by pyte's names; brown is what others call yellow
    "black": "2b2f38",
    "red": "f2777a",
    "green": "9fd08b",
    "brown": "f0c674",
    "blue": "7fb2f0",
    "magenta": "d19ae8",
    "cyan": "6fc8cf",
    "white": "c8ccd4",
    "brightblack": "7d8594",
    "brightred": "ff9a9c",
    "brightgreen": "b9e6a6",
    "brightbrown": "ffdd95",
    "brightblue": "a3ccff",
    "brightmagenta": "e6b8f7",
    "brightcyan": "93e0e6",
    "brightwhite": "ffffff",
}
BLOCKS = {  # part of a cell that is filled: left, top, width, height
    "▀": (0, 0, 1, 0.5),
    "▄": (0, 0.5, 1, 0.5),
    "█": (0, 0, 1, 1),
    "▌": (0, 0, 0.5, 1),
    "▐": (0.5, 0, 0.5, 1),
}
LINES = {  # the arms of a line in a cell: to the left, right, up, down
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu",
    "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru", "┼": "lrud",
}  # fmt: skip
ARMS = {"l": f"h{-COLUMN / 2}", "r": f"h{COLUMN / 2}", "u": f"v{-ROW / 2}", "d": f"v{ROW / 2}"}  # of an SVG path
AS_WRITTEN = {0x20: "\u00a0", 0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}  # browsers draw blanks as one; the others are not XML


class Look(NamedTuple):
    """How a cell is drawn; colours are "rrggbb"."""

    fg: str
    bg: str
    bold: bool
    italics: bool
    underscore: bool
    strikethrough: bool


class Run(NamedTuple):
    """Cells of one look that are drawn at once: ASCII, or one other character over and over."""

    column: int
    columns: int
    text: str
    look: Look


def svg(screen: EmulatedScreen, title: str) -> str:
    """Return the image. The same screen gives the same bytes."""
    width, height = screen.columns * COLUMN + 2 * PADDING, screen.lines * ROW + 2 * PADDING
    rows = (
        f'<g transform="translate({PADDING} {PADDING + row * ROW})">{"".join(elements)}</g>'
        for row in range(screen.lines)
        if (elements := [element for run in runs(screen, row) for element in _drawn(run)])
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{FONTS}" font-size="{FONT_SIZE}" role="img" aria-label={quoteattr(title)}>'
    )
    window = f'<rect width="{width}" height="{height}" rx="8" fill="#{BACKGROUND}"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", window, *rows, "</svg>", ""])


def runs(screen: EmulatedScreen, row: int) -> Iterator[Run]:
    """Yield what is drawn in one row, from left to right."""
    cells = [Run(column, width, text, look) for column, width, text, look in _characters(screen, row)]
    for _, same in groupby(cells, lambda cell: (cell.look, "" if cell.text.isascii() else cell.text)):
        parts = list(same)
        yield Run(
            parts[0].column, sum(part.columns for part in parts), "".join(part.text for part in parts), parts[0].look
        )


def _characters(screen: EmulatedScreen, row: int) -> Iterator[tuple[int, int, str, Look]]:
    """Yield column, width, text and look of each character."""
    cursor = None if screen.cursor.hidden else (min(screen.cursor.x, screen.columns - 1), screen.cursor.y)
    for column in range(screen.columns):
        cell = screen.cell(column, row)
        if cell.data:
            is_wide = column + 1 < screen.columns and not screen.cell(column + 1, row).data
            yield column, 1 + is_wide, cell.data, look_of(cell, is_cursor=(column, row) == cursor)


def look_of(cell: Cell, is_cursor: bool = False) -> Look:
    """Return the colours that a terminal with a dark theme shows; the cursor is a block."""
    fg, bg = _colour(cell.fg, FOREGROUND), _colour(cell.bg, BACKGROUND)
    if cell.dim:
        fg = _mixed(fg, bg, DIM)
    if cell.reverse != is_cursor:
        fg, bg = bg, fg
    return Look(fg, bg, cell.bold, cell.italics, cell.underscore, cell.strikethrough)


def _colour(name: str, default: str) -> str:
    return default if name == "default" else SIXTEEN.get(name, name)


def _mixed(one: str, other: str, part: float) -> str:
    both = zip(bytes.fromhex(one), bytes.fromhex(other), strict=True)
    return bytes(round(part * a + (1 - part) * b) for a, b in both).hex()


# Elements


def _drawn(run: Run) -> Iterator[str]:
    look, left, width = run.look, run.column * COLUMN, run.columns * COLUMN
    if look.bg != BACKGROUND:
        yield _rectangle(left, 0, width, ROW, look.bg)
    character = run.text[0]
    if character in BLOCKS:
        x, y, wide, high = BLOCKS[character]
        if wide == 1:  # or there is a gap to the next one
            yield _rectangle(left, y * ROW, width, high * ROW, look.fg)
        else:
            for column in range(run.columns):
                yield _rectangle(left + (column + x) * COLUMN, y * ROW, wide * COLUMN, high * ROW, look.fg)
    elif character in LINES:
        yield _lines(run, LINES[character])
    elif (words := run if look.underscore or look.strikethrough else _without_margins(run)).text:
        yield _text(words)


def _without_margins(run: Run) -> Run:
    """Leave out the blanks at both ends."""
    text = run.text.strip(" ")
    before = len(run.text) - len(run.text.lstrip(" "))
    blanks = len(run.text) - len(text)
    return run._replace(column=run.column + before, columns=run.columns - blanks, text=text)


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="#{colour}" '
        'shape-rendering="crispEdges"/>'
    )


def _lines(run: Run, arms: str) -> str:
    centres = ((run.column + column + 0.5) * COLUMN for column in range(run.columns))
    path = "".join(f"M{x:g} {ROW / 2}{ARMS[arm]}" for x in centres for arm in arms)
    return f'<path d="{path}" stroke="#{run.look.fg}"/>'


def _text(run: Run) -> str:
    look = run.look
    attributes = [f'x="{run.column * COLUMN}" y="{BASELINE}" fill="#{look.fg}" textLength="{run.columns * COLUMN}"']
    if not run.text.isascii():
        attributes.append('lengthAdjust="spacingAndGlyphs"')  # the font that has it may not be monospaced
    if look.bold:
        attributes.append('font-weight="bold"')
    if look.italics:
        attributes.append('font-style="italic"')
    lines = [name for name, on in (("underline", look.underscore), ("line-through", look.strikethrough)) if on]
    if lines:
        attributes.append(f'text-decoration="{" ".join(lines)}"')
    return f"<text {' '.join(attributes)}>{escape(run.text.translate(AS_WRITTEN))}</text>"
