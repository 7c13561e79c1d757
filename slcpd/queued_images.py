"""Images that wait to be sent: what goes out is what was meant.

A script removes its screenshot right after it has sent it. So an image of usual size is copied into
a folder of ours, where its name is its checksum: one copy serves all recipients. A larger one is read from
its place when it is sent, and must be unchanged by then: it is hashed once more, unless that was done
moments ago and the system says that nothing was written since.
"""

import asyncio
import hashlib
import logging
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import NamedTuple

from slcp.errors import StorageError
from slcp.results import MessageEntry
from slcpd.disk import room, sync_file, sync_folder
from slcpd.images import look_at
from slcpd.sending import FileState, ImageFile, UnsendableError, open_regular

COPIED_UP_TO = 8 << 20  # bytes: screenshots and photos, copied in some ms; more would fill the disk
PART_SUFFIX = ".part"
HASH_HOLDS = 10.0  # seconds: for someone who is here it leaves by then; a write to mapped memory may show this late
STILL_FOR = 2.0  # seconds since the last change: the next one has another time then, also where times are coarse (FAT)

log = logging.getLogger(__name__)


class QueuedImage(NamedTuple):
    """An image file as it was when it was queued."""

    path: Path  # the user's
    size: int  # bytes
    sha256: str


class _Taken(NamedTuple):
    """An image file that was looked at."""

    image: QueuedImage
    part: Path | None  # its copy, which has no name yet
    state: FileState | None  # in which it was hashed in its place, if a change would show in that


class _Hashed(NamedTuple):
    """A file that was hashed in its place."""

    sha256: str
    state: FileState
    until: float  # the time to which that holds


class QueuedImages:
    """The copies, each kept while a message needs it."""

    def __init__(
        self, folder: Path, is_needed: Callable[[str], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._is_needed = is_needed  # tells whether a message waits that has an image of this checksum
        self._clock = clock
        self._hashed: dict[Path, _Hashed] = {}  # of HASH_HOLDS

    @asynccontextmanager
    async def taken(self, path: Path) -> AsyncIterator[QueuedImage]:
        """Take an image file as it is now, to be queued within the context, which must not await anything.

        When the context has ended the copy is on the disk. Raises ImageError, OSError, ValueError.
        """
        image, part, state = await asyncio.to_thread(_take, path, self._folder)
        if part:
            part.replace(self._folder / image.sha256)
        elif state:
            self._remember(image, state)
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
        queued = ImageFile(path, path.name, message.size or 0, message.sha256)
        try:
            ours = FileState.of(copy.stat())
        except OSError:  # there is no copy
            return replace(queued, hashed=self._state_when_hashed(path, message.sha256))
        return replace(queued, path=copy, hashed=ours)  # nobody else writes there

    def _remember(self, image: QueuedImage, state: FileState) -> None:
        now = self._clock()
        self._hashed = {path: hashed for path, hashed in self._hashed.items() if hashed.until > now}
        self._hashed[image.path] = _Hashed(image.sha256, state, now + HASH_HOLDS)

    def _state_when_hashed(self, path: Path, sha256: str) -> FileState | None:
        hashed = self._hashed.get(path)
        return hashed.state if hashed and hashed.sha256 == sha256 and hashed.until > self._clock() else None

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


def _take(path: Path, folder: Path) -> _Taken:
    """Look at an image and copy it, if it is not too large."""
    with open_regular(path) as file:
        is_small = os.fstat(file.fileno()).st_size <= COPIED_UP_TO
        data = file.read(COPIED_UP_TO + 1) if is_small else b""
        if not is_small or len(data) > COPIED_UP_TO:
            return _in_place(path, file)
    look_at(BytesIO(data))
    return _Taken(QueuedImage(path, len(data), hashlib.sha256(data).hexdigest()), _copy(data, folder), None)


def _in_place(path: Path, file: BufferedReader) -> _Taken:
    file.seek(0)
    look_at(file)
    file.seek(0)
    state = _still(file)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    is_still = state == FileState.of(os.fstat(file.fileno()))
    return _Taken(QueuedImage(path, file.tell(), sha256), None, state if is_still else None)


def _still(file: BufferedReader) -> FileState | None:
    """Return the state of a file, None where one more change might not show in it."""
    state = FileState.of(os.fstat(file.fileno()))
    is_told = sys.platform != "win32"  # what is called the time of change there is that of the birth
    return state if is_told and state.changed < (time.time() - STILL_FOR) * 1e9 else None


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
