"""The chat without a terminal: lines of standard input."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from asyncio import StreamReader
from collections.abc import AsyncGenerator

MAX_LINE = 1 << 20  # bytes: more than a text may have


async def piped_lines() -> AsyncGenerator[str]:
    """Yield the lines of standard input to its end."""
    reader = StreamReader(limit=MAX_LINE)
    if _can_wait():
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    else:  # a file: there is nothing to wait for
        reader.feed_data(sys.stdin.buffer.read())
        reader.feed_eof()
    while line := await reader.readline():
        yield line.decode(errors="surrogateescape").rstrip("\r\n")


def _can_wait() -> bool:
    mode = os.fstat(sys.stdin.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or sys.stdin.isatty()
