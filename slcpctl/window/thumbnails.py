"""The small pictures in a conversation: decoded when they are seen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable
from functools import partial

from slcpctl.conversing.thumbnail import PreviewError
from slcpctl.window.pictures import Box, Decoded, Decoder, rgb
from slcpctl.window.theme import Look

BOX = Box(320, 240)  # at 96 dots an inch


class Thumbnails:
    """Gives the picture of an image file, at first an empty one, which is filled where it stands."""

    def __init__(self, look: Look, decoder: Decoder, changed: Callable[[], object]) -> None:
        self._decoder, self._changed = decoder, changed
        self._ground = rgb(look.palette.ground)
        self._box = Box(look.px(BOX.width), look.px(BOX.height))
        self._images: dict[str, tk.PhotoImage] = {}  # by path
        self._asked: set[str] = set()

    def of(self, path: str) -> tk.PhotoImage:
        """Return the picture of a file; it has one pixel until it is drawn."""
        return self._images.setdefault(path, tk.PhotoImage(width=1, height=1))

    def draw(self, paths: Iterable[str]) -> None:
        """Have these drawn, which are seen now."""
        for path in set(paths) - self._asked:
            self._asked.add(path)
            self._decoder.decode(path, self._box, self._ground, partial(self._got, path))

    def keep(self, paths: Iterable[str]) -> None:
        """Let all others go."""
        kept = set(paths)
        self._images = {path: image for path, image in self._images.items() if path in kept}
        self._asked &= kept

    def _got(self, path: str, got: Decoded | PreviewError | None) -> None:
        image = self._images.get(path)
        if got is None:  # others were wanted meanwhile
            self._asked.discard(path)
        elif isinstance(got, Decoded) and image is not None:
            image.configure(data=got.ppm, format="ppm", width=got.width, height=got.height)
            self._changed()
