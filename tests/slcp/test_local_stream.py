"""The client's end of the control socket; what of it is for Windows is tested as far as that can be elsewhere."""

import os
import socket
import tempfile
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest
from daemons import WAIT

from slcp.client import Connection, DaemonUnreachableError
from slcp.local_stream import PipeStream

NOBODY = 65534


@pytest.fixture
def path() -> Iterator[Path]:
    """A path short enough for a socket, which any user may reach."""
    with tempfile.TemporaryDirectory(prefix="slcp-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder, "control.sock")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can pass for another user")
def test_nothing_is_said_to_a_daemon_of_another_user(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o777)
        os.seteuid(NOBODY)
        try:
            listener.listen()  # whoever does this is the peer that clients see (unix(7))
        finally:
            os.seteuid(0)
        with pytest.raises(DaemonUnreachableError, match=r"another user's.*XDG_RUNTIME_DIR"):
            Connection(str(path))
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(WAIT)
            assert accepted.recv(1) == b""


@pytest.mark.parametrize(
    "messages",
    [[b"one\ntwo\nrest"], [b"one", b"\n", b"two\nre", b"st"], [bytes([byte]) for byte in b"one\ntwo\nrest"]],
    ids=["whole", "in pieces", "in bytes"],
)
def test_lines_come_out_of_a_pipe_however_its_messages_are_cut(messages: list[bytes]) -> None:
    ours, theirs = Pipe()
    for message in messages:
        theirs.send_bytes(message)
    theirs.close()
    stream = PipeStream(ours)
    assert [stream.read_line() for _ in range(4)] == [b"one\n", b"two\n", b"rest", b""]
    stream.close()


def test_what_is_sent_to_a_pipe_arrives() -> None:
    ours, theirs = Pipe()
    with theirs:
        stream = PipeStream(ours)
        stream.send(b'{"id":1}\n')
        assert theirs.recv_bytes() == b'{"id":1}\n'
        stream.close()


def test_the_silence_of_a_pipe_ends() -> None:
    ours, theirs = Pipe()
    with theirs:
        theirs.send_bytes(b"half a li")
        stream = PipeStream(ours)
        stream.set_timeout(0.01)
        with pytest.raises(TimeoutError):
            stream.read_line()
        theirs.send_bytes(b"ne\n")
        stream.set_timeout(None)
        assert stream.read_line() == b"half a line\n"
        stream.close()
