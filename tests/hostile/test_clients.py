"""What clients of the control socket cannot do to each other: a daemon neither stalls nor grows for any of them."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from daemons import WAIT, Daemon
from plain import PlainPeer, is_closed

from slcp.client import Connection
from slcp.control import MAX_REQUEST

Start = Callable[..., Daemon]

ANSWERS_WITHIN = 0.5  # seconds for a client beside the others; a full pipeline unchecked took 2.7
MAY_GROW = 32 << 20  # bytes
MAY_HOLD = 2 * MAX_REQUEST  # bytes of a client's lines that are not answered yet
HELLO = b'{"jsonrpc":"2.0","id":1,"method":"hello"}\n'
MANY = 1000  # clients: the limit


class Beside:
    """Another client, who asks and is answered all the while, and looks how large the daemon is."""

    def __init__(self, daemon: Daemon) -> None:
        self._path = str(daemon.world.socket)
        self._process = psutil.Process(daemon.pid)
        self._began_with = self._process.memory_info().rss
        self.slowest = 0.0  # seconds

    def ask(self) -> None:
        began = time.monotonic()
        with Connection(self._path, WAIT) as connection:
            assert connection.request("hello")["handle"] == "Ani"
        self.slowest = max(self.slowest, time.monotonic() - began)

    def check(self, held: int = 0) -> None:
        """Fail if the daemon was slow, or has grown by more than what it holds."""
        grown = self._process.memory_info().rss - self._began_with
        assert self.slowest < ANSWERS_WITHIN
        assert grown < MAY_GROW + held, f"{grown >> 20} MiB"


@contextlib.contextmanager
def client(daemon: Daemon) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(daemon.world.socket))  # before the limit of time: with one it does not wait for its turn
        connection.settimeout(WAIT)
        yield connection


def fill(connection: socket.socket, data: bytes) -> None:
    """Write until nothing more is taken."""
    connection.settimeout(0.2)
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(data)


def test_one_who_asks_without_a_pause_keeps_nobody_waiting(start: Start) -> None:
    ani = start("Ani")
    beside = Beside(ani)
    with client(ani) as busy:
        answers = 0

        def read() -> None:
            nonlocal answers
            while data := busy.recv(1 << 20):
                answers += data.count(b"\n")

        def write() -> None:
            for _ in range(4):
                busy.sendall(HELLO * 5000)
            busy.shutdown(socket.SHUT_WR)

        threads = [threading.Thread(target=each) for each in (read, write)]
        for thread in threads:
            thread.start()
        while threads[0].is_alive():
            beside.ask()
        for thread in threads:
            thread.join(WAIT)
    assert answers == 20_000
    beside.check()


def test_those_who_ask_thousands_of_things_and_read_no_answer_stall_nobody(start: Start) -> None:
    ani = start("Ani")
    beside = Beside(ani)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            fill(stack.enter_context(client(ani)), HELLO * 1000)
            beside.ask()
        beside.check(20 * MAY_HOLD)
    beside.ask()


def test_those_who_subscribe_and_never_read_stall_nobody(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    beside = Beside(ani)
    with PlainPeer("Luca", whoisport) as luca, contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(client(ani)).sendall(b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{}}\n')
        port = ani.request("status")["port"]
        for number in range(20):
            luca.send(port, b"".join(b"MSG Ani %d %s\n" % (number, b"x" * 400) for _ in range(50)))
            beside.ask()
        assert len(ani.messages(limit=500)) == 500
        beside.check()
    until = time.monotonic() + WAIT
    while ani.request("status")["subscribers"]:
        assert time.monotonic() < until


def test_a_thousand_clients_at_once_are_served_and_one_more_is_closed(start: Start) -> None:
    ani = start("Ani")
    beside = Beside(ani)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(client(ani)) for _ in range(MANY)]
        for each in clients:
            each.sendall(HELLO)
        for each in clients:
            assert json.loads(each.recv(1 << 16))["result"]["handle"] == "Ani"
        with client(ani) as refused:
            assert is_closed(refused)
        clients[0].sendall(HELLO)
        assert json.loads(clients[0].recv(1 << 16))["result"]["handle"] == "Ani"
    beside.ask()
    beside.check()


@pytest.mark.parametrize(
    "data", [b"x" * 4096, b'{"id":', b"["], ids=["no JSON", "half an object", "arrays without end"]
)
def test_lines_without_end_are_refused_and_their_memory_is_given_back(start: Start, data: bytes) -> None:
    ani = start("Ani")
    beside = Beside(ani)
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                fill(stack.enter_context(client(ani)), data * (1 << 16 >> len(data).bit_length()))
                beside.ask()
    beside.ask()
    beside.check()
