"""Paths between other words, as a shell has them: `typed` reads them with shlex."""

from __future__ import annotations

import re
import shlex

_SPECIAL = re.compile(r"""[ '"\\]""")
_PIECES = re.compile(
    r"""
    (?P<blanks>[ \t\r\n]+)       # between words: those of shlex
    | \\.?                       # any character is itself behind a backslash, also a blank
    | '[^']*'?                   # an end may be missing: the line is half typed
    | "(?:[^"\\]|\\.?)*"?
    | [^ \t\r\n\\'"]+
    """,
    re.DOTALL | re.VERBOSE,
)


def quoted(path: str) -> str:
    r"""Write a path as one word: as people would, my\ cat.png, and between quotes what is no single line."""
    if path.strip() == path and path.isprintable() and path:
        return _SPECIAL.sub(r"\\\g<0>", path)
    return "'" + path.replace("'", r"'\''") + "'"  # a line loses what is blank at its ends, but for that


def last_word(text: str) -> str:
    """Return the word that is being typed, quotes and all; nothing behind a blank."""
    ends = (piece.end() for piece in _PIECES.finditer(text) if piece["blanks"])
    return text[max(ends, default=0) :]


def meaning(word: str) -> str:
    """Return what the quotes of a word enclose, and of a word that is half typed what is there by now."""
    lexer = shlex.shlex(word, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return lexer.get_token() or ""
    except ValueError:  # a quote is open, or a backslash stands at the end
        return lexer.token
