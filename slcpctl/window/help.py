"""What can be pressed in the window, and typed."""

from __future__ import annotations

from slcpctl.conversing.acting import help_lines as typed_lines
from slcpctl.render import Line, columns
from slcpctl.translating import tr

KEYS = {
    tr("Enter"): tr("send; Shift+Enter begins a new line"),
    "Tab": tr("to the next part of the window"),
    tr("Ctrl+N"): tr("next conversation with something unread"),
    tr("Alt+Up, Alt+Down"): tr("conversation above, below"),
    tr("Page Up, Page Down"): tr("scroll; Esc goes to the newest message"),
    tr("Ctrl+Up, Ctrl+Down"): tr(
        "choose a message; then Enter shows its image, O opens it elsewhere, S saves it, R sends again, X withdraws"
    ),
    tr("Ctrl+F"): tr("search in this conversation"),
    tr("Ctrl+O"): tr("send images"),
    tr("Ctrl+V"): tr("paste a text, an image, or files that were copied"),
    tr("Ctrl+comma"): tr("settings"),
    "F1": tr("this help"),
    tr("Ctrl+Q"): tr("close the window; the daemon goes on"),
}


def help_lines() -> list[Line]:
    """Return what can be pressed and typed."""
    rows = columns([[keys, words] for keys, words in KEYS.items()])
    return [
        [("name", tr("Keyboard"))],
        *[[("name", f"  {keys}"), ("", f"  {words}")] for keys, words in rows],
        [],
        *typed_lines(),
    ]
