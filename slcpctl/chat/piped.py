"""The chat without a terminal: lines of standard input."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from asyncio import StreamReader
from collections.abc import AsyncGenerator

from slcp.errors import SlcpError

MAX_LINE = 1 << 20  # bytes: more than a text may have


class LineTooLongError(SlcpError):
    """A line has more than MAX_LINE bytes."""


async def piped_lines() -> AsyncGenerator[str]:
    """Yield the lines of standard input to its end. Raises LineTooLongError."""
    reader = StreamReader(limit=MAX_LINE)
    if _can_wait():
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    else:  # a file: there is nothing to wait for
        reader.feed_data(sys.stdin.buffer.read())
        reader.feed_eof()
    while line := await _next(reader):
        yield line.decode(errors="surrogateescape").rstrip("\r\n")


async def _next(reader: StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError as error:
        why = f"a line of standard input has over {MAX_LINE} bytes; neither it nor what follows was done: cut it up"
        raise LineTooLongError(why) from error


def _can_wait() -> bool:
    mode = os.fstat(sys.stdin.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or sys.stdin.isatty()
