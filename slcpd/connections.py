"""Connections from outside: bounded, owned, and each on its own when something goes wrong.

Their tasks belong to the TaskGroup of their listener. In a group of their own inside the
listener, SIGTERM with one idle peer hangs on Python 3.12.1 and 3.13.0 (cpython #123720).
"""

import logging
import socket
import struct
import sys
from asyncio import StreamReader, StreamWriter, TaskGroup
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine

Serve = Callable[[StreamReader, StreamWriter], Awaitable[None]]
Accept = Callable[[StreamReader, StreamWriter], None]

log = logging.getLogger(__name__)


class Connections:
    """Counts and owns connections, up to a limit in all and per host."""

    def __init__(self, group: TaskGroup, in_all: int, per_host: int, refused: Callable[[str], None]) -> None:
        self._group = group
        self._in_all = in_all
        self._per_host = per_host
        self._refused = refused  # is told the host of a connection over the limit
        self._open: Counter[str] = Counter()

    @property
    def number(self) -> int:
        """How many are open now."""
        return self._open.total()

    def accepting(self, serve: Serve) -> Accept:
        """Return the callback of asyncio.start_server and its like that runs `serve` for each connection."""

        def accept(reader: StreamReader, writer: StreamWriter) -> None:
            host = host_of(writer)
            if self._open.total() >= self._in_all or self._open[host] >= self._per_host:
                self._refused(host)
                writer.transport.abort()
                return
            self._own(self._run(serve, reader, writer, host), writer, host)

        return accept

    def _own(self, serving: Coroutine[None, None, None], writer: StreamWriter, host: str) -> None:
        try:
            self._group.create_task(serving)
        except RuntimeError:  # the group is ending
            serving.close()
            writer.transport.abort()
        else:
            self._open[host] += 1  # now: many may be accepted before the first of their tasks runs

    async def _run(self, serve: Serve, reader: StreamReader, writer: StreamWriter, host: str) -> None:
        try:
            await serve(reader, writer)
        except OSError as error:
            log.info("connection from %s broke: %s", host or "a client", error)
        except Exception:
            log.exception("a bug in the connection from %s; the others go on", host or "a client")
        finally:
            writer.close()
            self._open[host] -= 1
            self._open += Counter()  # drops what is zero


def host_of(writer: StreamWriter) -> str:
    """Return the IP address of the other side; "" on a Unix socket."""
    name = writer.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else ""


def reset_when_closed(writer: StreamWriter, reset: bool) -> None:
    """Let the system reset the connection when it is closed, by whomever, or end it in order."""
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", reset, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
