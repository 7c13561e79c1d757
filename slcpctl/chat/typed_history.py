"""What was typed in earlier chats, for the Up key: a file with an entry a line, as JSON, the newest last."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import History

MOST_ENTRIES = 1_000  # kept from one chat to the next: some weeks; nobody presses Up more often
MOST_BYTES = 1 << 20  # of them: somebody may paste long texts, and all are read at each start


def typed_history(path: Path) -> History:
    """Return what was typed in earlier chats, and is kept there for later ones; nobody else may read it.

    Where the file cannot be read or written the chat knows only what is typed in it.
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _shorten(path)
    return _TypedHistory(path)


class _TypedHistory(History):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        with suppress(OSError):
            texts = map(_text, reversed(_newest(self._path)))
            return [text for text in texts if text is not None]
        return []

    def store_string(self, string: str) -> None:
        with suppress(OSError), open(self._path, "ab", opener=_open_private) as file:  # Path.open has none
            file.write(json.dumps(string).encode() + b"\n")


def _shorten(path: Path) -> None:
    """Leave the newest entries alone, in one step: whenever we are killed, the file is the old one or the new one."""
    kept = b"".join(_newest(path))
    if len(kept) == path.stat().st_size:
        return
    descriptor, new = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(kept)
        Path(new).replace(path)
    except OSError:
        Path(new).unlink()
        raise


def _newest(path: Path) -> list[bytes]:
    """Return the lines of the newest entries, the oldest of them first."""
    with path.open("rb") as file:
        skipped = max(file.seek(0, os.SEEK_END) - MOST_BYTES, 0)
        file.seek(skipped)
        lines = file.readlines()
    return lines[1 if skipped else 0 :][-MOST_ENTRIES:]  # the first is cut off


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _text(line: bytes) -> str | None:
    """Return an entry; None if it is none: the disk was full, or another program has written there."""
    with suppress(ValueError, RecursionError):
        text = json.loads(line)
        return text if isinstance(text, str) else None
    return None
