"""The client's end of the control socket: of a Unix socket, on Windows of a named pipe.

All above this module sees lines. One who could put a socket of his own in the daemon's place
would read whatever we say: so its owner is checked before the first word.
"""

import os
import sys
import time

from slcp.errors import SlcpError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `import multiprocessing` would cost every one-shot command 20 ms
    from multiprocessing.connection import Connection

    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        Pipe = Connection[bytes, bytes] | PipeConnection[bytes, bytes]
    else:
        Pipe = Connection[bytes, bytes]

MAX_LINE = 1 << 26  # bytes: several times the longest answer; it comes from our own daemon, so no stranger fills it
PAUSE = 0.02  # seconds between two tries to connect


class ForeignDaemonError(SlcpError):
    """The daemon at the other end is another user's."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the daemon at {path} is another user's, who could read what you write; nothing was sent: "
            "remove it, or set XDG_RUNTIME_DIR to a folder of yours"
        )


class PipeStream:
    """Lines over a connection of multiprocessing: it has what files lack on Windows, waiting with a limit."""

    peer_pid = 0  # unknown

    def __init__(self, pipe: "Pipe") -> None:
        self._pipe = pipe
        self._timeout: float | None = None
        self._buffer = bytearray()

    def set_timeout(self, timeout: float | None) -> None:
        """Limit each wait of read_line to so many seconds."""
        self._timeout = timeout

    def send(self, data: bytes) -> None:
        self._pipe.send_bytes(data)

    def read_line(self) -> bytes:
        """Return a line with its end, MAX_LINE bytes of a longer one, or what is left when the other side has closed.

        Raises TimeoutError, OSError.
        """
        while (size := self._buffer.find(b"\n", 0, MAX_LINE) + 1) == 0 and len(self._buffer) < MAX_LINE:
            if not self._pipe.poll(self._timeout):
                raise TimeoutError
            try:
                self._buffer += self._pipe.recv_bytes()
            except EOFError:
                break
        line = bytes(self._buffer[: size or MAX_LINE])
        del self._buffer[: len(line)]
        return line

    def close(self) -> None:
        self._pipe.close()


if sys.platform == "win32":
    from slcp.named_pipe import server_is_ours

    LocalStream = PipeStream

    def connect(path: str, timeout: float) -> LocalStream:
        """Connect within `timeout` seconds. Raises OSError, ForeignDaemonError."""
        from multiprocessing.connection import Client

        pipe = Client(path, "AF_PIPE")
        if not server_is_ours(pipe.fileno()):
            pipe.close()
            raise ForeignDaemonError(path)
        stream = PipeStream(pipe)
        stream.set_timeout(timeout)
        return stream

else:
    import socket
    import struct

    class UnixStream:
        """Lines over a Unix socket."""

        def __init__(self, connection: socket.socket) -> None:
            self._socket = connection
            self._lines = connection.makefile("rb")

        @property
        def peer_pid(self) -> int:
            """The process at the other end, 0 if unknown."""
            return peer_pid(self._socket)

        def set_timeout(self, timeout: float | None) -> None:
            """Limit each wait to so many seconds."""
            self._socket.settimeout(timeout)

        def send(self, data: bytes) -> None:
            self._socket.sendall(data)

        def read_line(self) -> bytes:
            """Return a line with its end, MAX_LINE bytes of a longer one, or what is left when the other has closed.

            Raises TimeoutError, OSError.
            """
            return self._lines.readline(MAX_LINE)

        def close(self) -> None:
            self._lines.close()
            self._socket.close()

    LocalStream = UnixStream

    def connect(path: str, timeout: float) -> LocalStream:
        """Connect within `timeout` seconds. Raises OSError, ForeignDaemonError."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            _connect(connection, path, time.monotonic() + timeout)
            if not is_same_user(connection):
                raise ForeignDaemonError(path)
        except BaseException:
            connection.close()
            raise
        return UnixStream(connection)

    def _connect(connection: socket.socket, path: str, until: float) -> None:
        """Connect, and while the daemon has too many to accept, try again: a socket with a timeout does not wait."""
        while True:
            try:
                return connection.connect(path)
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise TimeoutError from error
                time.sleep(PAUSE)

    def is_same_user(connection: socket.socket) -> bool:
        """Tell whether the process at the other end runs as we do, or as root, who may always."""
        return _peer_uid(connection) in (os.getuid(), 0)


if sys.platform == "darwin":

    def _peer_uid(connection: socket.socket) -> int:
        """Read struct xucred (sys/ucred.h): version, uid, ..."""
        local_peercred = 0x001
        return int(struct.unpack("2I", connection.getsockopt(0, local_peercred, 8))[1])

    def peer_pid(_: socket.socket) -> int:
        """Return 0: the process at the other end is unknown."""
        return 0

elif sys.platform != "win32":

    def _peer_uid(connection: socket.socket) -> int:
        """Read struct ucred (unix(7)): pid, uid, gid."""
        return int(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1])

    def peer_pid(connection: socket.socket) -> int:
        """Return the process at the other end."""
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED)
