"""Where a reader of the events stands, in a file if that shall outlive the reader."""

import os

from slcp.errors import SlcpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SEQ_DIGITS = 19  # SQLite counts to 2**63


class CursorError(SlcpError):
    """The file holds something else; it is left as it is."""


class Cursor:
    """`seq` is the last event that its reader is done with; None: the reader begins with what comes."""

    def __init__(self, path: str | None, since: int | None = None) -> None:
        """Go on where the file says, else after `since`. Raises CursorError, OSError."""
        self._path = path
        kept = None if path is None else _read(path)
        self.seq = since if kept is None else kept

    def begin(self, newest: int) -> None:
        """Stand at `newest`, unless it stands somewhere: events may come while its reader is away. Raises OSError."""
        if self.seq is None:
            self._move(newest)

    def move_past(self, event: dict[str, "Any"]) -> None:
        """Be done with an event, and with all before it; those without a seq are not kept. Raises OSError."""
        if "seq" in event:
            self._move(event["seq"])

    def _move(self, seq: int) -> None:
        self.seq = seq
        if self._path is not None:
            _write(self._path, seq)


def _read(path: str) -> int | None:
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123  # import pathlib costs 5 ms
            words = file.read(2 * SEQ_DIGITS).strip()
    except FileNotFoundError:
        return None
    if not words.isdecimal() or len(words) > SEQ_DIGITS:
        raise CursorError(f"{path} holds no cursor: remove it to begin anew, or name another file")
    return int(words)


def _write(path: str, seq: int) -> None:
    """Replace the file in one step: whenever we are killed, it is the old one or the new one."""
    new = f"{path}.new"
    with open(new, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(f"{seq}\n")
    os.replace(new, path)  # noqa: PTH105
