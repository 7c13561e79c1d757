"""The chat without a screen: lines of standard input."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncGenerator

from slcp.errors import SlcpError
from slcpctl.translating import tr

MAX_LINE = 1 << 20  # bytes: more than a text may have
AT_ONCE = 1 << 16  # bytes that are read


class LineTooLongError(SlcpError):
    """A line has more than MAX_LINE bytes."""


async def piped_lines() -> AsyncGenerator[str]:
    """Yield the lines of standard input to its end. Raises LineTooLongError."""
    rest = b""
    while data := await _read(sys.stdin.fileno()):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield _text(line)
        _check(rest)
    if rest:
        yield _text(rest)


async def _read(descriptor: int) -> bytes:
    """Return what comes next, nothing at the end.

    The descriptor stays as it is: were it not to block, neither would those of standard output and of the shell, which
    a terminal has in common with it. They would lose what they write, or read.
    """
    if _can_wait(descriptor):
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(descriptor)
    return os.read(descriptor, AT_ONCE)


def _can_wait(descriptor: int) -> bool:
    """Tell whether there is something to wait for: not in a file."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


def _check(line: bytes) -> None:
    if len(line) > MAX_LINE:
        why = tr("a line of standard input has over {most} bytes; neither it nor what follows was done: cut it up")
        raise LineTooLongError(why.format(most=MAX_LINE))


def _text(line: bytes) -> str:
    _check(line)
    return line.decode(errors="surrogateescape").rstrip("\r")
