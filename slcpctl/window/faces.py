"""The mark of a person: initials on a disc, in a colour that goes by the handle, and how that one is.

Pillow draws it, for its edges are smooth.
"""

from __future__ import annotations

import io
import tkinter as tk
from functools import cache
from typing import NamedTuple

from slcp.bounded import put_last
from slcp.escaping import escape
from slcpctl.view.people import State
from slcpctl.window.theme import Look

TYPE_CHECKING = False
if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

FINER = 4  # times larger when it is drawn, for smooth edges
NOTHING = (255, 255, 255, 0)  # what is behind it is seen
KEPT = 1200  # marks: of some hundred people, in two sizes and all states
FONTS = ("DejaVuSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf", "Helvetica.ttc")  # of Linux, macOS, Windows
ONE_LETTER, TWO_LETTERS = 0.5, 0.42  # of the disc's width: the size of letters
DOT = 0.17  # of the disc's width: the radius of the dot that tells how someone is


class _Face(NamedTuple):
    handle: str
    size: int  # pixels
    state: State


class Faces:
    """The marks that have been wanted, for one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._images: dict[_Face, tk.PhotoImage] = {}

    def of(self, handle: str, size: int, state: State = State.GONE) -> tk.PhotoImage:
        """Return the mark of a person, so many pixels wide; with a dot for those who are here."""
        face = _Face(handle, size, state)
        image = self._images.get(face)
        if image is None:
            image = tk.PhotoImage(data=self._drawn(face), format="png")
        put_last(self._images, face, image, KEPT)
        return image

    def _drawn(self, face: _Face) -> bytes:
        from PIL import Image, ImageDraw

        wide = face.size * FINER
        image = Image.new("RGBA", (wide, wide), NOTHING)
        brush = ImageDraw.Draw(image)
        brush.ellipse((0, 0, wide - 1, wide - 1), fill=self._look.face(face.handle))
        letters = initials(face.handle)
        font = _font(round(wide * (ONE_LETTER if len(letters) == 1 else TWO_LETTERS)))
        brush.text((wide / 2, wide / 2), letters, "#ffffff", font, "mm")
        if face.state is not State.GONE:
            self._draw_dot(brush, face, wide)
        png = io.BytesIO()
        image.resize((face.size, face.size), Image.Resampling.LANCZOS).save(png, "PNG")
        return png.getvalue()

    def _draw_dot(self, brush: ImageDraw.ImageDraw, face: _Face, wide: int) -> None:
        """Draw it full, half or empty, so that it does not take colours to tell them apart."""
        radius, colour = wide * DOT, self._look.presence(face.state)
        centre = wide - radius - 1
        full = (centre - radius, centre - radius, centre + radius, centre + radius)
        edge, inside = radius * 0.25, radius * 0.55
        brush.ellipse(full, fill=NOTHING)
        brush.ellipse([side + edge * sign for side, sign in zip(full, (1, 1, -1, -1), strict=True)], fill=colour)
        hole = [side + inside * sign for side, sign in zip(full, (1, 1, -1, -1), strict=True)]
        if face.state is State.IDLE:
            brush.ellipse(hole, fill=NOTHING)
        elif face.state is State.AWAY:
            brush.pieslice(hole, 270, 90, fill=NOTHING)


def initials(handle: str) -> str:
    """Return the letters that stand for a handle: two where it has two words, else the first."""
    words = escape(handle).replace("_", " ").replace("-", " ").replace(".", " ").split()
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper()[:2] or "?"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
