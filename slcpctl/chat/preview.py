"""An image file -> half blocks, two pixels in each cell of a terminal. It takes its time: to be called in a thread.

Peers have made these files. What one costs is bounded, and whatever is wrong with it ends in PreviewError.
"""

from __future__ import annotations

import io
import logging
import time
import warnings
from contextlib import suppress
from functools import cache
from itertools import chain, groupby, product
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import ANSI_COLORS_TO_RGB

from slcp.errors import SlcpError
from slcpctl.render import Line

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
STEP = 17  # between two levels of a channel in 24 bits: prompt_toolkit keeps each style that it has ever shown

RGB = tuple[int, int, int]
BLACK: RGB = (0, 0, 0)

_ORIENTATION = 0x0112  # the tag of Exif; its values 5 to 8 lie on their side
_SIDEWAYS = range(5, 9)
_CUBE = (0, 95, 135, 175, 215, 255)  # xterm's colours 16 to 231, and the 24 greys behind them
_COLOURS_OF_256 = (*product(_CUBE, repeat=3), *((level, level, level) for level in range(8, 248, 10)))


class PreviewError(SlcpError):
    """There is no preview of this file; the text says why."""


class Cell(NamedTuple):
    """Two pixels, each "rrggbb"."""

    upper: str
    lower: str | None  # None below the last line of an image


def preview(path: str, columns: int, rows: int, depth: ColorDepth, background: RGB = BLACK) -> list[Line]:
    """Return the lines that show an image within so many cells, never larger than it is; none without colours.

    What is transparent shows `background`. Raises PreviewError.
    """
    if depth is ColorDepth.DEPTH_1_BIT or columns < 1 or rows < 1:
        return []
    return [_line(row) for row in cells(path, columns, rows, depth, background)]


def cells(path: str, columns: int, rows: int, depth: ColorDepth, background: RGB = BLACK) -> list[list[Cell]]:
    """Return the cells of an image, in colours that `depth` has. Raises PreviewError."""
    warnings.filterwarnings("ignore", module=r"PIL\.")  # what Pillow has to say of a broken image strangers decide,
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # and it would say so in the midst of the chat
    try:
        with _open(path) as file:
            image = _flat(_small(file, (columns, 2 * rows)), background)
        return _cells(_in_colours_of(depth, image))
    except PreviewError:
        raise
    except Exception as error:  # Pillow's parsers raise whatever a stranger's bytes make of them
        raise PreviewError(f"no preview: {error}") from error


class _TimedFile(io.FileIO):
    """A file that is read until its time is over. Pillow cannot map it into memory: it may shrink meanwhile."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._until = time.monotonic() + DECODED_WITHIN

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self._until:
            raise PreviewError(f"no preview: it takes more than {DECODED_WITHIN:g} s")
        return super().read(-1 if size is None else size) or b""


def _open(path: str) -> _TimedFile:
    file = Path(path)
    found = file.stat()
    if not S_ISREG(found.st_mode):  # a pipe in its place would keep us waiting
        raise PreviewError("no preview: not a file")
    if found.st_size > MAX_BYTES:
        raise PreviewError(f"no preview: {found.st_size} bytes")
    return _TimedFile(file)


# Pixels


def _small(file: _TimedFile, box: tuple[int, int]) -> Image.Image:
    """Return an image, upright and within a box of pixels. It may have any mode that can be converted to RGBA."""
    from PIL import Image, UnidentifiedImageError  # 60 ms and 10 MB that only images cost

    Image.MAX_IMAGE_PIXELS = None  # Pillow would warn on the terminal; we have limits of our own
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PreviewError(f"no preview: not an image of {', '.join(FORMATS)}") from error
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
        raise PreviewError(f"no preview: {image.width} x {image.height} pixels")


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


# Colours


def _in_colours_of(depth: ColorDepth, image: Image.Image) -> Image.Image:
    """Take the nearest colours that there are: prompt_toolkit would search for each, in the thread that draws."""
    from PIL.Image import Dither

    if depth is ColorDepth.DEPTH_24_BIT:
        return image.point([STEP * round(level / STEP) for level in range(256)] * 3)
    if depth is ColorDepth.DEPTH_8_BIT:
        return image.quantize(palette=_palette(_COLOURS_OF_256), dither=Dither.NONE).convert("RGB")
    sixteen = _palette(tuple(ANSI_COLORS_TO_RGB.values()))  # so few that without mixing most of a photo is grey
    return image.quantize(palette=sixteen, dither=Dither.FLOYDSTEINBERG).convert("RGB")


@cache
def _palette(colours: tuple[RGB, ...]) -> Image.Image:
    from PIL import Image

    image = Image.new("P", (1, 1))
    image.putpalette(list(chain.from_iterable(colours)))
    return image


def _cells(image: Image.Image) -> list[list[Cell]]:
    data, stride = image.tobytes(), 3 * image.width
    lines = [data[start : start + stride] for start in range(0, len(data), stride)]
    return [_row(lines[y], lines[y + 1] if y + 1 < len(lines) else None) for y in range(0, len(lines), 2)]


def _row(upper: bytes, lower: bytes | None) -> list[Cell]:
    pixels = range(0, len(upper), 3)
    return [Cell(upper[x : x + 3].hex(), None if lower is None else lower[x : x + 3].hex()) for x in pixels]


def _line(row: list[Cell]) -> Line:
    """Return one line of a chat; cells that are alike are one fragment."""
    runs = [(cell, len(list(run))) for cell, run in groupby(row)]
    return [(_style(cell), "▀" * length) for cell, length in runs]


def _style(cell: Cell) -> str:
    return f"fg:#{cell.upper}" if cell.lower is None else f"fg:#{cell.upper} bg:#{cell.lower}"
