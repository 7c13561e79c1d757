"""Text of peers in the cells of a terminal: harmless, and of a width on which all terminals agree.

Terminals differ in how wide they draw emoji made of several characters. Each is shown as its parts,
of which none is in dispute, so that what stands behind it is where we think it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from prompt_toolkit.utils import get_cwidth

from slcp.escaping import escape

Fragment = tuple[str, str]  # style, text
Line = list[Fragment]

TAB = 4  # cells
_LEFT_TO_RIGHT = "\u200e"
_FLAG_LETTERS = {0x1F1E6 + index: chr(ord("A") + index) for index in range(26)}
_JOINERS = re.compile("[\u200d\ufe0e\ufe0f]")  # and what chooses the presentation
_TONES = re.compile("(?<=[\u261d-\u270d\U0001f385-\U0001faff])[\U0001f3fb-\U0001f3ff]+")  # of the skin of an emoji
_TONE_ALONE = re.compile("[\U0001f3fb-\U0001f3ff]")  # terminals dispute about it, and leaving it out would hide it
_FROM_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")


def shown(text: str) -> str:
    """Return one line of a peer's text as it may be drawn; line breaks are for the caller to split at."""
    text = escape(text.expandtabs(TAB))
    if text.isascii():
        return text
    text = _TONES.sub("", _JOINERS.sub("", text))
    return _contained(_TONE_ALONE.sub(_visible, text).translate(_FLAG_LETTERS))


def _visible(match: re.Match[str]) -> str:
    return f"\\U{ord(match[0]):08x}"


def _contained(text: str) -> str:
    """Let no terminal that reorders right-to-left text take what stands behind along."""
    is_open = _FROM_RIGHT.search(text) and not text.endswith(_LEFT_TO_RIGHT)
    return text + _LEFT_TO_RIGHT if is_open else text


def width(text: str) -> int:
    """Return how many cells a drawn text takes."""
    return len(text) if text.isascii() else get_cwidth(text)


def line_width(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(width(text) for _, text in line)


def cut(text: str, cells: int) -> str:
    """Cut a drawn text that is too wide, with an ellipsis in the last cell."""
    if width(text) <= cells:
        return text
    return _contained(_fitting(text, cells - 1) + "…") if cells > 0 else ""


def padded(text: str, cells: int) -> str:
    """Return a text of exactly so many cells."""
    text = cut(text, cells)
    return text + " " * (cells - width(text))


def clipped(line: Line, cells: int) -> Line:
    """Return a line of at most so many cells: what is too much is cut off."""
    left, kept = cells, Line()
    for style, text in line:
        part = cut(text, left)
        kept.append((style, part))
        left -= width(part)
        if part is not text:
            break
    return kept


def filled(line: Line, cells: int, style: str = "") -> Line:
    """Return a line of exactly so many cells."""
    kept = clipped(line, cells)
    left = cells - line_width(kept)
    return [*kept, (style, " " * left)] if left > 0 else kept


def both_ends(left: Line, right: Line, cells: int) -> Line:
    """Return a line with something at each end; the right one is left out where both do not fit."""
    taken = line_width(right)
    if line_width(left) + taken + 1 > cells:
        return filled(left, cells)
    return [*filled(left, cells - taken), *right]


@lru_cache(maxsize=512)
def wrapped(text: str, cells: int) -> tuple[str, ...]:
    """Break a drawn line at blanks into lines of at most `cells`; a word that is longer is broken itself."""
    lines = []
    while len(head := _fitting(text, cells) or text[:1]) < len(text):
        end = len(head) if text[len(head)] == " " else head.rfind(" ")
        if not head[: max(end, 0)].strip():
            end = len(head)
        lines.append(_contained(text[:end].rstrip()))
        text = text[end:].lstrip(" ")
    return (*lines, _contained(text))


def _fitting(text: str, cells: int) -> str:
    """Return the longest beginning that takes at most so many cells."""
    if text.isascii():
        return text[:cells]
    taken = 0
    for index, char in enumerate(text):
        taken += get_cwidth(char)
        if taken > cells:
            return text[:index]
    return text
