"""Image files, decoded in a thread of their own: one at a time, those that were wanted last first.

Peers have made these files. What one costs is bounded as in the preview of the chat in a terminal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import NamedTuple

from slcpctl.conversing.thumbnail import RGB, PreviewError, small_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from PIL import Image

MOST_WAITING = 32  # pictures: more than a window shows; of more the first that were wanted go

ToWindow = Callable[[Callable[[], object]], None]


class Box(NamedTuple):
    """At most so many pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it fits its box, in the format PPM, which every Tk reads."""

    width: int
    height: int
    ppm: bytes


Got = Callable[[Decoded | PreviewError | None], object]  # None: others were wanted meanwhile


class _Wanted(NamedTuple):
    path: str
    box: Box
    ground: RGB
    got: Got


class Decoder:
    """The thread. It ends with the program, even while it decodes."""

    def __init__(self, to_window: ToWindow) -> None:
        self._to_window = to_window
        self._wanted: list[_Wanted] = []
        self._calls: SimpleQueue[None] = SimpleQueue()
        threading.Thread(target=self._run, name="pictures", daemon=True).start()

    def decode(self, path: str, box: Box, ground: RGB, got: Got) -> None:
        """Decode a file; `got` is called in the window's thread."""
        self._wanted.append(_Wanted(path, box, ground, got))
        if len(self._wanted) > MOST_WAITING:
            self._to_window(partial(self._wanted.pop(0).got, None))
        self._calls.put(None)

    def _run(self) -> None:
        while True:
            self._calls.get()
            try:
                wanted = self._wanted.pop()
            except IndexError:
                continue  # it was left out
            self._to_window(partial(wanted.got, _decoded(wanted)))


def _decoded(wanted: _Wanted) -> Decoded | PreviewError:
    try:
        image = small_image(wanted.path, wanted.box, wanted.ground)
    except PreviewError as error:
        return error
    return Decoded(image.width, image.height, ppm(image))


def ppm(image: Image.Image) -> bytes:
    """Return an image of mode RGB as PPM: without ImageTk, which some systems have in a package of its own."""
    return b"P6 %d %d 255\n" % image.size + image.tobytes()


def rgb(colour: str) -> RGB:
    """Return the parts of a colour such as #ffffff."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
