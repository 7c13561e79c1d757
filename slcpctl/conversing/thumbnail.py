"""An image file -> a small image, upright and flat. It takes its time: to be called in a thread.

Peers have made these files. What one costs is bounded, and whatever is wrong with it ends in PreviewError.
"""

from __future__ import annotations

import io
import logging
import time
import warnings
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from slcp.errors import SlcpError
from slcpctl.translating import tr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from PIL import Image

# What slcpd takes but TIFF: what is wrong with one libtiff would write on the terminal, in the midst of the chat.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
MAX_BYTES = 1 << 28  # four times the default of max_image_size: WebP is read whole
MAX_PIXELS = 100_000_000  # as slcpd's; a progressive JPEG of so many takes 300 MB
MAX_DECODED = 24_000_000  # pixels: some 100 MB, as WebP 400; a JPEG is decoded to an eighth of its width
DECODED_WITHIN = 2.0  # seconds of reading: a JPEG of some MB can have scans for minutes
BLOCK = 4096  # bytes read at a time: with Pillow's 64 kB such a JPEG takes ten seconds between two looks at the clock

RGB = tuple[int, int, int]
BLACK: RGB = (0, 0, 0)

_ORIENTATION = 0x0112  # the tag of Exif; its values 5 to 8 lie on their side
_SIDEWAYS = range(5, 9)


class PreviewError(SlcpError):
    """There is no preview of this file; the text says why."""


def small_image(path: str, box: tuple[int, int], background: RGB = BLACK) -> Image.Image:
    """Return an image in RGB, within a box of pixels and never larger than it is. Raises PreviewError.

    What is transparent shows `background`.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")  # what Pillow has to say of a broken image strangers decide,
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # and it would say so in the midst of the chat
    try:
        with _open(path) as file:
            return _flat(_small(file, box), background)
    except PreviewError:
        raise
    except Exception as error:  # Pillow's parsers raise whatever a stranger's bytes make of them
        raise PreviewError(tr("no preview: {error}", error=error)) from error


class _TimedFile(io.FileIO):
    """A file that is read until its time is over. Pillow cannot map it into memory: it may shrink meanwhile."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._until = time.monotonic() + DECODED_WITHIN

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self._until:
            raise PreviewError(tr("no preview: it takes more than {seconds:g} s", seconds=DECODED_WITHIN))
        return super().read(-1 if size is None else size) or b""


def _open(path: str) -> _TimedFile:
    file = Path(path)
    found = file.stat()
    if not S_ISREG(found.st_mode):  # a pipe in its place would keep us waiting
        raise PreviewError(tr("no preview: not a file"))
    if found.st_size > MAX_BYTES:
        raise PreviewError(tr("no preview: {count} bytes", count=found.st_size))
    return _TimedFile(file)


def _small(file: _TimedFile, box: tuple[int, int]) -> Image.Image:
    """Return an image, upright and within a box of pixels. It may have any mode that can be converted to RGBA."""
    from PIL import Image, UnidentifiedImageError  # 60 ms and 10 MB that only images cost

    Image.MAX_IMAGE_PIXELS = None  # Pillow would warn on the terminal; we have limits of our own
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PreviewError(tr("no preview: not an image of {formats}", formats=", ".join(FORMATS))) from error
    _check(image, MAX_PIXELS)
    image.decodermaxblock = BLOCK
    image.draft("RGB", (2 * max(box), 2 * max(box)))
    _check(image, MAX_DECODED)
    orientation = _orientation(image)
    small = _can_be_averaged(image)
    small.thumbnail(box[::-1] if orientation in _SIDEWAYS else box)
    return _upright(small, orientation)


def _check(image: Image.Image, limit: int) -> None:
    if image.width * image.height > limit:
        raise PreviewError(tr("no preview: {width} x {height} pixels", width=image.width, height=image.height))


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a broken entry somewhere in the Exif data; the picture may be whole
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _can_be_averaged(image: Image.Image) -> Image.Image:
    """Return an image whose numbers are amounts of light, not indices, in 8 bits each."""
    if image.mode.startswith("I"):  # a grey PNG of 16 bits
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _flat(image: Image.Image, background: RGB) -> Image.Image:
    """Return an image in RGB, over a background where it is transparent."""
    from PIL import Image

    below = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(below, image.convert("RGBA")).convert("RGB")
