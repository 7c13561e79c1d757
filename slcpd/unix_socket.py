"""The control socket as a Unix socket."""

import asyncio
import os
import socket
import stat
import sys
from asyncio import StreamWriter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from slcp import local_stream
from slcp.control import MAX_REQUEST
from slcp.errors import ConfigError
from slcpd.connections import Accept
from slcpd.short_reads import short_reads

assert sys.platform != "win32"  # noqa: S101  # tells the type checker

OTHERS_WRITE = 0o022  # the group, everybody

Endpoint = socket.socket


@contextmanager
def bound(path: Path) -> Iterator[Endpoint]:
    """Bind the socket, and remove it at the end. Raises ConfigError.

    Only the holder of the profile's lock may call this: a socket that is there is taken for stale.
    """
    _make_private(path.parent)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: is in the way and cannot be removed: {error.strerror}; remove it") from error
    with socket.socket(socket.AF_UNIX) as control:
        try:
            control.bind(str(path))
            path.chmod(0o600)
        except OSError as error:  # too long for the system is the usual one
            why = f"the control socket cannot be made: {error}; set XDG_RUNTIME_DIR to a folder with a short path"
            raise ConfigError(f"{path}: {why}") from error
        try:
            yield control
        finally:
            path.unlink(missing_ok=True)


@asynccontextmanager
async def listening(control: Endpoint, accept: Accept) -> AsyncIterator[None]:
    """Accept connections while the context lasts."""
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(short_reads(accept, MAX_REQUEST), sock=control, backlog=128)
    try:
        yield
    finally:
        server.close()


def is_same_user(writer: StreamWriter) -> bool:
    """Tell whether the process at the other end runs as we do; root may always."""
    return local_stream.is_same_user(writer.get_extra_info("socket"))


def _make_private(folder: Path) -> None:
    """Make the folder, for us alone. Raises ConfigError when others could put a socket of theirs in its place."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_above(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        _check_own(folder)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be made: {error.strerror}; set XDG_RUNTIME_DIR to a folder of yours"
        ) from error


def _check_above(folder: Path) -> None:
    """Raises ConfigError when others may rename what is in the folder; in a sticky one such as /tmp they may not."""
    state = folder.stat()
    if state.st_uid not in (os.getuid(), 0):
        raise ConfigError(f"{folder}: is someone else's; set XDG_RUNTIME_DIR to a folder of yours")
    if state.st_mode & OTHERS_WRITE and not state.st_mode & stat.S_ISVTX:
        raise ConfigError(
            f"{folder}: others may write there; `chmod go-w {folder}`, or set XDG_RUNTIME_DIR to a folder of yours"
        )


def _check_own(folder: Path) -> None:
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise ConfigError(f"{folder}: must be a folder of your own, not a link or someone else's; remove it")
    if state.st_mode & OTHERS_WRITE:
        raise ConfigError(f"{folder}: others may write there; `chmod 700 {folder}` if all in it is yours")
