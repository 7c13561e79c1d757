"""The progress of a transfer as a bar on the terminal, on one line that is drawn anew."""

from __future__ import annotations

import sys

from slcp.client import Json
from slcpctl.render import size
from slcpctl.translating import tr

CELLS = 30  # of the bar
_CLEAR = "\r\x1b[K"  # to the start of the line, and clear it


class Progress:
    """Shows progress on standard error if that is a terminal; a context manager that leaves nothing behind."""

    def __init__(self) -> None:
        self._shown = False
        self._is_terminal = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, event: Json) -> None:
        """Take an event of a transfer; only image_progressed says how far it is."""
        if self._is_terminal and "done" in event:
            self._write(_CLEAR + bar(event["done"], event["size"]))
            self._shown = True

    def clear(self) -> None:
        """Take the bar away, for something else to be written."""
        if self._shown:
            self._write(_CLEAR)
            self._shown = False

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def bar(done: int, whole: int) -> str:
    """Return the bar of a transfer of `whole` bytes."""
    part = min(done / whole, 1.0) if whole else 1.0
    full = round(part * CELLS)
    far = tr("{done} of {size}", done=size(done), size=size(whole))
    return f"[{'#' * full}{'.' * (CELLS - full)}] {part:4.0%}  {far}"
