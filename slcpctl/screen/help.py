"""What can be pressed and typed."""

from __future__ import annotations

from slcpctl.chat.acting import help_lines as typed_lines
from slcpctl.render import Line, columns

KEYS = {
    "Enter": "send; Alt-Enter or ^J: a new line",
    "Tab": "complete; on an empty line: choose a message",
    "^N": "next conversation with something unread",
    "Alt-Up, Alt-Down": "conversation above, below (or click)",
    "PageUp, PageDown": "scroll (or the wheel); Esc: to the newest",
    "^F": "search in this conversation",
    "F1": "this help",
    "^Q": "close the chat; the daemon goes on",
}
CHOSEN = {
    "Up, Down": "another message",
    "o, s": "open its image, save it",
    "r, x": "send it again, withdraw it",
    "Esc": "back to the line to type on",
}


def help_lines() -> list[Line]:
    """Return what can be pressed and typed."""
    return [
        [("name", "Keys")],
        *_table(KEYS),
        [],
        [("name", "With a message chosen")],
        *_table(CHOSEN),
        [],
        [("", "Shift lets the mouse mark text, as without a chat.")],
        [],
        *typed_lines(),
    ]


def _table(rows: dict[str, str]) -> list[Line]:
    return [[("name", f"  {keys}"), ("", f"  {words}")] for keys, words in columns([*map(list, rows.items())])]
