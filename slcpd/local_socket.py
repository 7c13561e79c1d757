"""The control socket's place in the system: who may reach it, and nobody else.

All above this module sees a pair of streams.
"""

import asyncio
import os
import socket
import stat
import struct
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from slcp.control import MAX_REQUEST
from slcp.errors import ConfigError

MAX_CLIENTS = 1000  # at once: descriptors; a desktop has a handful

Accept = Callable[[StreamReader, StreamWriter], None]


@contextmanager
def bound(path: Path) -> Iterator[socket.socket]:
    """Bind the socket, and remove it at the end. Raises ConfigError.

    Only the holder of the profile's lock may call this: a socket that is there is taken for stale.
    """
    _make_private(path.parent)
    path.unlink(missing_ok=True)
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
async def listening(control: socket.socket, accept: Accept) -> AsyncIterator[None]:
    """Accept connections while the context lasts."""
    server = await asyncio.start_unix_server(accept, sock=control, limit=MAX_REQUEST, backlog=128)
    try:
        yield
    finally:
        server.close()


def is_same_user(writer: StreamWriter) -> bool:
    """Tell whether the process at the other end runs as we do; root may always."""
    return _peer_uid(writer.get_extra_info("socket")) in (os.getuid(), 0)


def _make_private(folder: Path) -> None:
    """Make the folder, for us alone. Raises ConfigError when it belongs to somebody else or is a link."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
            raise ConfigError(f"{folder}: must be a folder of your own, not a link or someone else's; remove it")
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be made: {error.strerror}; set XDG_RUNTIME_DIR to a folder of yours"
        ) from error


if sys.platform == "darwin":

    def _peer_uid(connection: socket.socket) -> int:
        """Read struct xucred (sys/ucred.h): version, uid, ..."""
        local_peercred = 0x001
        return int(struct.unpack("2I", connection.getsockopt(0, local_peercred, 8))[1])
else:

    def _peer_uid(connection: socket.socket) -> int:
        """Read struct ucred (unix(7)): pid, uid, gid."""
        return int(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1])
