"""Images that come in over an encrypted stream: what has come of one stays when the stream breaks.

A sender who comes back with the same image goes on where it stopped. The file of a broken
image is hidden, locked while it is written, and named by the id of its message.
"""

import asyncio
import hashlib
import os
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from slcpd.images import ImageError, ImageFolder, KeptImage, NewImage, disk_errors, look_at, remove_unlocked
from slcpd.instance import try_lock

PREFIX, SUFFIX = ".slcp-", ".partial"
MAX_PARTIAL = 16  # broken images that are kept: those of a bad quarter of an hour; the oldest goes first
HASHED_AT_ONCE = 1 << 20  # bytes


class BusyError(ImageError):
    """The same image is coming in over another stream, or is being kept, at this moment."""


class ChecksumError(ImageError):
    """All bytes are here, and they are not those that were announced."""


@dataclass(slots=True)
class PartialImage:
    """An image of which some bytes may be here already."""

    new: NewImage
    file: BinaryIO
    digest: "hashlib._Hash"
    size: int  # bytes of the whole
    sha256: str
    coming: ExitStack  # room is kept for it until this is closed
    waiting: deque[bytes | memoryview]  # to be written, by whoever has the turn
    turn: Lock

    @property
    def done(self) -> int:
        """Bytes that are here."""
        return self.new.size

    def write(self, data: bytes) -> None:
        """Raises ImageError when it becomes larger than announced, or the disk does not take it."""
        self.add(data)
        self.write_waiting()

    def add(self, data: bytes | memoryview) -> None:
        """Take bytes that are to be written. Raises ImageError when it becomes larger than announced."""
        if self.done + len(data) > self.size:
            raise ImageError(f"more than the {self.size} bytes announced")
        self.new.expect(len(data))
        self.waiting.append(data)

    def write_waiting(self) -> None:
        """Write what is to be written, in any thread. Raises ImageError when the disk does not take it."""
        with self.turn:
            try:
                while self.waiting:
                    data = self.waiting.popleft()
                    self.new.put(data)
                    self.digest.update(data)
            finally:
                self.waiting.clear()  # nothing stands behind a gap

    def close(self) -> None:
        """Leave what has come for another time."""
        self.coming.close()
        with suppress(ImageError):  # what is not written comes again
            self.write_waiting()
        with suppress(OSError), self.turn:  # the disk is full
            self.file.close()

    def remove(self) -> None:
        self.close()
        with suppress(OSError):  # the disk is read-only; it goes when there are too many
            self.new.part.unlink(missing_ok=True)


class PartialImages:
    """The images that are coming in, in the folder where they will be."""

    def __init__(self, images: ImageFolder) -> None:
        self._images = images

    async def open(self, image_id: str, size: int, sha256: str) -> PartialImage:
        """Open the image with this id, new or begun earlier. Raises ImageError."""
        path = self._images.folder / f"{PREFIX}{image_id}{SUFFIX}"
        self._images.check_size(size)
        with disk_errors(path.parent):
            self._make_room(path)
            _part_from_other(path, size)
            file = path.open("a+b")
        with ExitStack() as undo:
            undo.callback(file.close)
            if not try_lock(file.fileno()):
                raise BusyError("it is coming in already")
            new = NewImage(file, path, size, size, self._images.check_room)
            coming = undo.enter_context(ExitStack())
            coming.enter_context(self._images.coming(new))  # before others have their turn, who want room too
            digest = await asyncio.to_thread(_digest, file, size)
            new.size = new.written = file.tell()
            undo.pop_all()
        return PartialImage(new, file, digest, size, sha256, coming, deque(), Lock())

    async def keep(self, image: PartialImage, handle: str, now: datetime) -> KeptImage:
        """Check a complete image and give it its final name; its partial file is the caller's to remove.

        Killed before its message was recorded, we find the name that it has already. Raises
        ImageError: then nothing is left of it.
        """
        try:
            if image.digest.hexdigest() != image.sha256:
                raise ChecksumError("its bytes are not those that were announced: it has changed while it was sent")
            named = await asyncio.to_thread(_named_already, image.new.part)
            return named or await self._images.keep(image.new, handle, now)
        except ImageError:
            image.remove()
            raise

    def _make_room(self, path: Path) -> None:
        """Remove the oldest broken images when there are too many."""
        others = [other for other in path.parent.glob(f"{PREFIX}*{SUFFIX}") if other != path]
        by_age = sorted(others, key=_modified)
        for other in by_age[: max(0, len(others) - MAX_PARTIAL + 1)]:
            remove_unlocked(other)


def _digest(file: BinaryIO, size: int) -> "hashlib._Hash":
    """Hash what is in the file and stand at its end; a file longer than the image is begun anew."""
    file.seek(0)
    digest = hashlib.sha256()
    while data := file.read(HASHED_AT_ONCE):
        digest.update(data)
    if file.tell() > size:
        file.truncate(0)
        file.seek(0)
        return hashlib.sha256()
    return digest


def _part_from_other(path: Path, size: int) -> None:
    """Begin anew where the partial file is a kept image already, and not this one: its bytes are not ours to change."""
    with suppress(FileNotFoundError):
        state = path.stat()
        if state.st_nlink > 1 and state.st_size != size:
            path.unlink()


def _named_already(part: Path) -> KeptImage | None:
    """Find the final name of a file that has one besides that of its part."""
    state = part.stat()
    if state.st_nlink < 2:
        return None
    with os.scandir(part.parent) as entries:
        names = (entry for entry in entries if not entry.name.startswith("."))
        path = next((Path(entry) for entry in names if entry.inode() == state.st_ino), None)
    return KeptImage(path, look_at(path)) if path else None


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0
