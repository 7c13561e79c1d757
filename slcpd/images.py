"""Images on disk: a stranger's bytes become a file only when they are whole, checked and safe.

While it comes an image is a hidden .part file in the image folder. Then it is looked at
(really an image, not too many pixels), synced and linked to its final name. That name is made
here: nothing that a peer sent reaches the file system but letters, digits, "-" and "_".
"""

import asyncio
import itertools
import logging
import re
import secrets
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from slcp.errors import SlcpError
from slcpd.disk import begin_sync, room, sync_file, sync_folder
from slcpd.instance import try_lock

MAX_PIXELS = 100_000_000  # decoded some 400 MB: above every camera's picture, below what hurts a viewer
PROGRESS_STEP = 1 << 18  # bytes of an image that is coming in between two signs of progress
SYNCED_AT_ONCE = 1 << 22  # bytes that go to the disk while those behind them come: the sync at the end is short then
RESERVED_AT_ONCE = 1 << 20  # bytes for which room is kept at a time, where a peer does not say how many come
PART_PREFIX, PART_SUFFIX = ".slcp-", ".part"
MAX_NAME = 40  # characters of a handle or a name inside a file name
EXTENSIONS = {
    "JPEG": "jpg",
    "PNG": "png",
    "GIF": "gif",
    "WEBP": "webp",
    "BMP": "bmp",
    "TIFF": "tif",
}  # the formats that are taken: Pillow knows more, with parsers that fewer people have looked at


class ImageError(SlcpError):
    """An image that is not taken; the text says why."""


class NoRoomError(ImageError):
    """The disk does not take it now; later it may."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of an image after a look at it."""

    format: str
    width: int  # pixels
    height: int  # pixels


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image at its final place."""

    path: Path
    picture: Picture


class NewImage:
    """An image that is coming in."""

    def __init__(
        self, file: BinaryIO, part: Path, max_size: int, announced: int | None, check_room: Callable[[int], None]
    ) -> None:
        self._file = file
        self._max_size = max_size
        self._reserved = announced or 0
        self._check_room = check_room  # for more bytes than those that are owed; raises ImageError
        self.part = part
        self.size = 0  # bytes until now
        self.written = 0  # bytes of these
        self._begun = 0  # bytes of these that the system has begun to put on the disk

    @property
    def owed(self) -> int:
        """Bytes for which room is kept and that are not here."""
        return max(0, self._reserved - self.size)

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes. Raises ImageError when it becomes too large, or the disk does not take it."""
        self.expect(len(data))
        self.put(data)

    def expect(self, length: int) -> None:
        """Make room for so many bytes more. Raises ImageError when it becomes too large, or there is none."""
        self.size += length
        if self.size > self._max_size:
            raise ImageError(f"more than {self._max_size} bytes (max_image_size)")
        while self.size > self._reserved:
            self._check_room(RESERVED_AT_ONCE)
            self._reserved += RESERVED_AT_ONCE

    def put(self, data: bytes | memoryview) -> None:
        """Write bytes that are expected, from any thread. Raises ImageError when the disk does not take them."""
        with disk_errors(self.part.parent):
            self._file.write(data)
            self.written += len(data)
            if self.written - self._begun >= SYNCED_AT_ONCE:
                begin_sync(self._file, self._begun, self.written - self._begun)
                self._begun = self.written

    def finish(self) -> None:
        """Put all bytes on the disk."""
        sync_file(self._file)


class ImageFolder:
    """Where received images go. Its settings may change at any time."""

    def __init__(self, folder: Path, max_size: int, open_images: bool) -> None:
        self.configure(folder, max_size, open_images)
        self._coming: set[NewImage] = set()

    def configure(self, folder: Path, max_size: int, open_images: bool) -> None:
        """Change the settings for the images to come."""
        self.folder = folder
        self.max_size = max_size
        self.open_images = open_images

    def check_size(self, size: int) -> None:
        """Raises ImageError when there is no room for `size` bytes. Makes the folder."""
        if size > self.max_size:
            raise ImageError(f"{size} bytes, over the limit of {self.max_size} (max_image_size)")
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.check_room(size)

    def check_room(self, size: int) -> None:
        """Raises NoRoomError when `size` bytes do not fit beside what is owed of all images that are coming in."""
        with disk_errors(self.folder):
            left = room(self.folder) - sum(image.owed for image in self._coming)
        if size > left:
            raise NoRoomError(f"{size} bytes do not fit on the disk of {self.folder}: it has room for {max(0, left)}")

    @contextmanager
    def coming(self, image: NewImage) -> Iterator[None]:
        """Keep room for what an image owes, while the context lasts."""
        self._coming.add(image)
        try:
            yield
        finally:
            self._coming.discard(image)

    @contextmanager
    def new_image(self, announced: int | None = None) -> Iterator[NewImage]:
        """Open a .part file, locked while it is written, gone when the context ends. Raises ImageError."""
        part = self.folder / f"{PART_PREFIX}{secrets.token_hex(8)}{PART_SUFFIX}"
        with disk_errors(self.folder):
            file = part.open("xb")
        try:
            try_lock(file.fileno())
            image = NewImage(file, part, self.max_size, announced, self.check_room)
            with self.coming(image):
                yield image
        finally:
            with suppress(OSError):  # the disk is full; finish() has said so to whoever wants the bytes
                file.close()
            with suppress(OSError):  # the disk is read-only; it goes at the next start
                part.unlink(missing_ok=True)

    async def keep(self, image: NewImage, handle: str, now: datetime) -> KeptImage:
        """Check a complete image and give it its final name. Raises ImageError.

        Runs in a thread: a sync takes as long as the disk wants.
        """
        folder = image.part.parent  # where it began, even if the settings have changed since
        with disk_errors(folder):
            kept = await asyncio.to_thread(_keep, image, folder, handle, now)
        if self.open_images:
            _open_with_desktop(kept.path)
        return kept

    def remove_parts(self) -> None:
        """Remove what daemons that were killed have left: the .part files that nobody has locked."""
        for part in self.folder.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
            remove_unlocked(part)


def remove_unlocked(file: Path) -> None:
    """Remove a file that nobody is writing now."""
    with suppress(OSError), file.open("ab") as opened:
        if try_lock(opened.fileno()):
            file.unlink()


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Say NoRoomError where the system says OSError."""
    try:
        yield
    except OSError as error:
        raise NoRoomError(f"the image folder {folder} cannot be used: {error.strerror or error}") from error


def look_at(source: Path | BinaryIO) -> Picture:
    """Tell what image a file holds, without decoding its pixels. Raises ImageError, OSError."""
    from PIL import Image, UnidentifiedImageError  # 60 ms and 10 MB that only images cost

    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what it has to say of broken images strangers decide
    Image.MAX_IMAGE_PIXELS = None  # Pillow would warn, and decode later; we only look, and have a limit of our own
    try:
        with Image.open(source, formats=list(EXTENSIONS)) as image:
            picture = Picture(image.format or "", image.width, image.height)
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(f"{image.width} x {image.height} pixels, over the limit of {MAX_PIXELS}")
            image.verify()
    except UnidentifiedImageError as error:
        raise ImageError(f"not an image of a known format ({', '.join(EXTENSIONS)})") from error
    except ImageError:
        raise
    except Exception as error:  # Pillow's parsers raise whatever a stranger's bytes make of them
        if isinstance(error, OSError) and error.errno is not None:  # of the system; Pillow's own have none
            raise
        raise ImageError(f"a broken image: {error}") from error
    return picture


def safe_name(text: str) -> str:
    """Keep of a peer's text what is harmless in a file name on every system: letters, digits, - and _."""
    letters = "".join(
        character if character.isalnum() or character in "-_" else "_"
        for character in unicodedata.normalize("NFC", text)
    )
    return re.sub("_+", "_", letters).strip("_")[:MAX_NAME] or "unnamed"


def _keep(image: NewImage, folder: Path, handle: str, now: datetime) -> KeptImage:
    image.finish()
    picture = look_at(image.part)
    stem = f"{now:%Y-%m-%d_%H%M}_{safe_name(handle)}"
    path = _link(image.part, folder, stem, EXTENSIONS[picture.format])
    sync_folder(folder)
    return KeptImage(path, picture)


def _link(part: Path, folder: Path, stem: str, extension: str) -> Path:
    """Give a file its final name without ever replacing another: a link fails where a rename would overwrite."""
    for number in itertools.count(1):
        path = folder / (f"{stem}.{extension}" if number == 1 else f"{stem}-{number}.{extension}")
        try:
            path.hardlink_to(part)
        except FileExistsError:
            continue
        except OSError:  # a file system without links, such as FAT
            if path.exists():
                continue
            part.rename(path)
        return path
    raise AssertionError  # count() does not end


def _open_with_desktop(path: Path) -> None:
    """Show a file with the desktop's viewer; where there is none nothing happens."""
    program = "open" if sys.platform == "darwin" else "xdg-open"
    found = shutil.which(program)
    if found:
        subprocess.Popen(
            [found, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
