"""A message -> the lines that show it. Pure.

14:02  Luca    Hallo Ani!
14:03  Ani     Hey Luca, alles klar?                    delivered
14:05  Luca    cat.jpg  640x480, 15 kB
               ▀▀▀▀▀▀▀▀▀▀
── new ────────────────────────────────────────────────────────────
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice
from typing import NamedTuple

from slcp.client import Json
from slcpctl.conversing import wording
from slcpctl.screen.cells import Line, both_ends, clipped, cut, line_width, padded, shown, width, wrapped
from slcpctl.translating import tr
from slcpctl.view.messages import Entry, is_incoming
from slcpctl.view.transfers import Transfer

WIDE = 64  # cells: from here on names have more room
NAME_CELLS = {True: 10, False: 8}  # wide or not
TIME_CELLS = 5  # 14:02
NAME_COLOURS = 6  # classes name0 to name5 of the theme
BAR_CELLS = 20  # of a transfer
MOST_TRANSFERS = 3  # shown of an image for many
ROOM_FOR_PIXELS = 32  # cells: with fewer the size of an image in pixels is left out
MOST_LINES = 500  # of a message: ten screens; one of 64 KiB may have as many line breaks
LEAST_NAME = 8  # cells of the name of an image


class Facts(NamedTuple):
    """What a message's lines depend on, besides itself."""

    columns: int
    own: str  # our handle
    is_everyone: bool  # then it is said to whom we write
    first_new: int | None  # seq of the message before which a line is drawn: what follows is new to the user
    today: date
    transfer: Callable[[str], Transfer | None]  # of the message with that id
    preview: Callable[[Json], list[Line]]  # of its image; nothing while there is none


def block(entry: Entry, before: Entry | None, facts: Facts) -> list[Line]:
    """Return the lines of a message, with those that stand between it and the one before."""
    return [*dividers(entry, before, facts), *fixed(entry, facts), *moving(entry, facts)]


def indent(columns: int) -> int:
    """Return how many cells stand before the text of a message."""
    return TIME_CELLS + 2 + NAME_CELLS[columns >= WIDE] + 2


def name_style(handle: str) -> str:
    """Return the style of a person's name: always the same colour."""
    return f"class:name{sum(handle.encode(errors='replace')) % NAME_COLOURS}"


# What stands between messages


def dividers(entry: Entry, before: Entry | None, facts: Facts) -> list[Line]:
    """Return what stands between a message and the one before: a new day, what is new to the user."""
    found = wording.dividers(entry, before, facts.today, facts.first_new)
    return [_divider(words, f"class:{kind}", facts.columns) for kind, words in found]


def _divider(words: str, style: str, columns: int) -> Line:
    words = cut(f"── {words} ", columns)
    return [(style, words + "─" * (columns - width(words)))]


# The message itself


def fixed(entry: Entry, facts: Facts) -> list[Line]:
    """Return the lines of a message that change only with its state, our handle, and the room there is."""
    message = entry.message
    left = indent(facts.columns)
    room = max(facts.columns - left, 1)
    lines = [[("", " " * left), *line] for line in _body(entry, facts, room)]
    lines[0] = [*_head(message, facts), *lines[0][1:]]
    state = _state(entry)
    lines = _with_state(lines, state, facts.columns) if state else lines
    return [clipped(line, facts.columns) for line in [*lines, *_indented(_reasons(entry, room), left)]]


def _indented(lines: list[Line], left: int) -> list[Line]:
    return [[("", " " * left), *line] for line in lines]


def _head(message: Json, facts: Facts) -> Line:
    handle = message["handle"] if is_incoming(message) else facts.own
    style = name_style(handle) if is_incoming(message) else "class:own"
    name = padded(shown(handle), NAME_CELLS[facts.columns >= WIDE])
    return [("class:time", f"{wording.when(message):%H:%M}  "), (style, name), ("", "  ")]


def _body(entry: Entry, facts: Facts, room: int) -> list[Line]:
    message = entry.message
    addressee = shown(wording.addressee(entry)) if facts.is_everyone and not is_incoming(message) else ""
    if message["kind"] == "image":
        return [[("class:dim", addressee), *_image(message, room - width(addressee))]]
    ours = addressee + (tr("(automatic) ") if message["automatic"] else "")
    first, *others = map(shown, message["text"].split("\n", MOST_LINES + 1))
    texts = (ours + first, *others[:MOST_LINES])
    lines: list[Line] = [[("", part)] for text in texts for part in wrapped(text, room)]
    if len(others) > MOST_LINES or len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], [("class:dim", cut(tr("… `slcpctl history` prints all of it"), room))]]
    lines[0] = _dimmed(lines[0], len(ours))
    return lines


def _dimmed(line: Line, length: int) -> Line:
    """Draw the beginning of a line, which is ours and not the message's, so that it differs."""
    (style, text), *others = line
    return [("class:dim", text[:length]), (style, text[length:]), *others] if length else line


def _image(message: Json, room: int) -> Line:
    """Name an image; where there is little room it is the name that is cut."""
    name, about = wording.image_words(message, with_pixels=room >= ROOM_FOR_PIXELS)
    room_for_name = max(room - width(about) - 2, LEAST_NAME)
    return [("class:image", cut(shown(name), room_for_name)), ("class:dim", f"  {about}")]


def _with_state(lines: list[Line], state: Line, columns: int) -> list[Line]:
    """Put the state at the right end of the last line, or below it."""
    if line_width(lines[-1]) + 2 + line_width(state) <= columns:
        return [*lines[:-1], both_ends(lines[-1], state, columns)]
    return [*lines, both_ends([], [(style, cut(text, columns - 1)) for style, text in state], columns)]


def _state(entry: Entry) -> Line:
    """Return what has become of a message of ours, nothing of a peer's."""
    style, words = wording.state_words(entry)
    return [(f"class:{style}", words)] if words else []


def moving(entry: Entry, facts: Facts) -> list[Line]:
    """Return what stands below a message and changes by itself: its progress, its picture."""
    transfers = (facts.transfer(copy["id"]) for copy in entry.copies)
    lines = [progress(transfer) for transfer in islice(filter(None, transfers), MOST_TRANSFERS)]
    if entry.message["kind"] == "image":
        lines += facts.preview(entry.message)
    return [clipped(line, facts.columns) for line in _indented(lines, indent(facts.columns))]


def _reasons(entry: Entry, room: int) -> list[Line]:
    found = wording.reasons(entry)
    return [[(f"class:{style}", part)] for style, words in found for part in wrapped(shown(words), room)]


def progress(transfer: Transfer) -> Line:
    """Return how far a transfer is, and how fast."""
    full = round(transfer.part * BAR_CELLS)
    part, rest = wording.progress_words(transfer)
    return [
        ("class:bar", "█" * full + "░" * (BAR_CELLS - full)),
        ("", f" {part:>4}  "),
        ("class:dim", rest),
    ]
