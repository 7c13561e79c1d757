"""What can be pressed and typed."""

from __future__ import annotations

from slcpctl.conversing.acting import help_lines as typed_lines
from slcpctl.render import Line, columns
from slcpctl.translating import tr

KEYS = {
    tr("Enter"): tr("send; Alt-Enter or ^J: a new line"),
    "Tab": tr("complete; on an empty line: choose a message"),
    "^N": tr("next conversation with something unread"),
    tr("Alt-Up, Alt-Down"): tr("conversation above, below (or click)"),
    tr("PageUp, PageDown"): tr("scroll (or the wheel); Esc: to the newest"),
    "^F": tr("search in this conversation"),
    "F1": tr("this help"),
    "^Q": tr("close the chat; the daemon goes on"),
}
CHOSEN = {
    tr("Up, Down"): tr("another message"),
    "o, s": tr("open its image, save it"),
    "r, x": tr("send it again, withdraw it"),
    "Esc": tr("back to the line to type on"),
}


def help_lines() -> list[Line]:
    """Return what can be pressed and typed."""
    return [
        [("name", tr("Keyboard"))],
        *_table(KEYS),
        [],
        [("name", tr("With a message chosen"))],
        *_table(CHOSEN),
        [],
        [("", tr("Shift lets the mouse mark text, as without a chat."))],
        [],
        *typed_lines(),
    ]


def _table(rows: dict[str, str]) -> list[Line]:
    return [[("name", f"  {keys}"), ("", f"  {words}")] for keys, words in columns([*map(list, rows.items())])]
