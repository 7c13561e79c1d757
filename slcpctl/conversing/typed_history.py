"""What was typed in earlier chats, for the Up key: a file with an entry a line, as JSON, the newest last."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

MOST_ENTRIES = 1_000  # kept from one chat to the next: some weeks; nobody presses Up more often
MOST_BYTES = 1 << 20  # of them: somebody may paste long texts, and all are read at each start


class TypedHistory:
    """The file. Where it cannot be read or written a chat knows only what is typed in it."""

    def __init__(self, path: Path) -> None:
        """Shorten the file to what is kept; nobody else may read it."""
        self._path = path
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _shorten(path)

    def newest_first(self) -> list[str]:
        """Return what was typed."""
        with suppress(OSError):
            texts = map(_text, reversed(_newest(self._path)))
            return [text for text in texts if text is not None]
        return []

    def add(self, text: str) -> None:
        """Keep what was typed now."""
        with suppress(OSError), open(self._path, "ab", opener=_open_private) as file:  # Path.open has none
            file.write(json.dumps(text).encode() + b"\n")


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
