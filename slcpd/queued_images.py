"""Images that wait to be sent: what goes out is what was meant.

A script removes its screenshot right after it has sent it. So an image of usual size is copied into
a folder of ours, where its name is its checksum: one copy serves all recipients. A larger one is read from
its place when it is sent, and must be unchanged by then.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import NamedTuple

from slcp.errors import StorageError
from slcp.results import MessageEntry
from slcpd.disk import room, sync_file, sync_folder
from slcpd.images import look_at
from slcpd.sending import ImageFile, UnsendableError, open_regular

COPIED_UP_TO = 8 << 20  # bytes: screenshots and photos, copied in some ms; more would fill the disk
PART_SUFFIX = ".part"

log = logging.getLogger(__name__)


class QueuedImage(NamedTuple):
    """An image file as it was when it was queued."""

    path: Path  # the user's
    size: int  # bytes
    sha256: str


class QueuedImages:
    """The copies, each kept while a message needs it."""

    def __init__(self, folder: Path, is_needed: Callable[[str], bool]) -> None:
        self._folder = folder
        self._is_needed = is_needed  # tells whether a message waits that has an image of this checksum

    @asynccontextmanager
    async def taken(self, path: Path) -> AsyncIterator[QueuedImage]:
        """Take an image file as it is now, to be queued within the context, which must not await anything.

        When the context has ended the copy is on the disk. Raises ImageError, OSError, ValueError.
        """
        image, part = await asyncio.to_thread(_take, path, self._folder)
        if part:
            part.replace(self._folder / image.sha256)
        try:
            yield image
            if part:
                await asyncio.to_thread(sync_folder, self._folder)
        finally:
            self.release(image.sha256)

    def file_of(self, message: MessageEntry) -> ImageFile:
        """Return what to send for a message. Raises UnsendableError."""
        path = Path(message.path or "")
        if message.sha256 is None:
            raise UnsendableError(f"{path} was queued by an earlier version of slcpd; send it again")
        copy = self._folder / message.sha256
        return ImageFile(copy if copy.exists() else path, path.name, message.size or 0, message.sha256)

    def release(self, sha256: str | None) -> None:
        """Remove a copy, unless a message needs it."""
        with suppress(StorageError):  # it goes at the next start
            if sha256 and not self._is_needed(sha256):
                _remove(self._folder / sha256)

    def remove_orphans(self) -> None:
        """Remove what a killed daemon has left: copies that nothing needs, and unfinished ones."""
        with suppress(FileNotFoundError):  # nothing was ever copied
            for file in list(self._folder.iterdir()):
                if not self._is_needed(file.name):
                    _remove(file)


def _take(path: Path, folder: Path) -> tuple[QueuedImage, Path | None]:
    """Look at an image and copy it, if it is not too large. Returns it and the copy, which has no name yet."""
    with open_regular(path) as file:
        data = file.read(COPIED_UP_TO + 1)
        if len(data) > COPIED_UP_TO:
            return _in_place(path, file), None
    look_at(BytesIO(data))
    return QueuedImage(path, len(data), hashlib.sha256(data).hexdigest()), _copy(data, folder)


def _in_place(path: Path, file: BufferedReader) -> QueuedImage:
    file.seek(0)
    look_at(file)
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return QueuedImage(path, file.tell(), sha256)


def _copy(data: bytes, folder: Path) -> Path | None:
    """Write a copy; None when the disk does not take it: the user's file can be sent from its place."""
    part = folder / f"{secrets.token_hex(8)}{PART_SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if room(folder) < len(data):
            log.warning("no room in %s: an image is sent from its place", folder)
            return None
        with part.open("xb") as file:
            file.write(data)
            sync_file(file)
    except OSError as error:
        log.warning("%s cannot be used: %s; an image is sent from its place", folder, error.strerror)
        _remove(part)
        return None
    return part


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", file, error.strerror)
