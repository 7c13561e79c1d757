"""Pictures of the images that are seen: decoded in a thread, one at a time, and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from prompt_toolkit.output import ColorDepth

from slcp.bounded import put_last
from slcp.client import Json
from slcpctl.conversing.tasks import Spawn
from slcpctl.conversing.thumbnail import PreviewError
from slcpctl.screen.cells import Line
from slcpctl.screen.drawing import indent
from slcpctl.screen.preview import preview

MOST_COLUMNS = 48  # of a picture: what it shows can be recognised
PART_OF_ROWS = 3  # a picture takes at most a third of the conversation's height
MOST_ROWS = 14
LEAST_ROWS = 3  # with fewer nothing can be recognised
KEPT = 100  # pictures: some screens full of them


class _Wanted(NamedTuple):
    path: str
    columns: int
    rows: int


class Previews:
    """Gives the picture of an image, or nothing until there is one."""

    def __init__(self, spawn: Spawn, redraw: Callable[[], None], depth: ColorDepth) -> None:
        self._spawn = spawn
        self._redraw = redraw
        self._depth = depth
        self._pictures: dict[_Wanted, list[Line]] = {}
        self._one_at_a_time = asyncio.Lock()

    def __call__(self, message: Json, columns: int, rows: int) -> list[Line]:
        """Return the lines of the picture, as it fits a conversation of this size."""
        wide, high = min(columns - indent(columns), MOST_COLUMNS), min(rows // PART_OF_ROWS, MOST_ROWS)
        if high < LEAST_ROWS or self._depth is ColorDepth.DEPTH_1_BIT or not message["path"]:
            return []
        wanted = _Wanted(message["path"], wide, high)
        if wanted not in self._pictures:
            put_last(self._pictures, wanted, [], KEPT)
            self._spawn(self._draw(wanted))
        return self._pictures[wanted]

    async def _draw(self, wanted: _Wanted) -> None:
        async with self._one_at_a_time:
            try:
                lines = await asyncio.to_thread(preview, *wanted, self._depth)
            except PreviewError:
                return  # the message names the image; what is wrong with it shows who opens it
        put_last(self._pictures, wanted, lines, KEPT)
        self._redraw()
