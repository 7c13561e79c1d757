"""An image file -> half blocks, two pixels in each cell of a terminal. It takes its time: to be called in a thread."""

from __future__ import annotations

from functools import cache
from itertools import chain, groupby, product
from typing import NamedTuple

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import ANSI_COLORS_TO_RGB

from slcpctl.conversing.thumbnail import BLACK, RGB, small_image
from slcpctl.render import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from PIL import Image

STEP = 17  # between two levels of a channel in 24 bits: prompt_toolkit keeps each style that it has ever shown


_CUBE = (0, 95, 135, 175, 215, 255)  # xterm's colours 16 to 231, and the 24 greys behind them
_COLOURS_OF_256 = (*product(_CUBE, repeat=3), *((level, level, level) for level in range(8, 248, 10)))


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
    return _cells(_in_colours_of(depth, small_image(path, (columns, 2 * rows), background)))


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
