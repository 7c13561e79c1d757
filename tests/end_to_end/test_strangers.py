"""What strangers and mistakes cannot do to a running daemon."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import WAIT, Daemon, World, free_port
from plain import PlainPeer, reset

from slcp.client import Connection
from slcp.errors import RequestError

Start = Callable[..., Daemon]

STOPS_WITHIN = 2.0  # seconds
TEXTS = 40_000  # more than are stored in the time of this test


def test_one_that_never_stops_writing_keeps_neither_clients_nor_the_end_waiting(start: Start) -> None:
    ani = start("Ani")

    def write() -> None:
        with socket.create_connection(("127.0.0.1", ani.request("status")["port"]), WAIT) as stranger:
            try:
                stranger.sendall(b"MSG Ani b\n" * TEXTS)
                stranger.recv(1)
            except OSError:
                pass  # the daemon has ended

    writing = threading.Thread(target=write)
    writing.start()
    ani.wait_for("text_received", text="b")
    with Connection(str(ani.world.socket), timeout=STOPS_WITHIN) as client:
        assert client.request("hello")["handle"] == "Ani"
    assert len(ani.messages(limit=500)) < TEXTS
    began = time.monotonic()
    assert ani.stop() == 0
    assert time.monotonic() - began < STOPS_WITHIN
    writing.join(WAIT)


def test_a_low_limit_of_descriptors_keeps_nobody_out(tmp_path: Path, whoisport: int) -> None:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=whoisport)
    ani = Daemon(world, prefix=["sh", "-c", 'ulimit -Sn 128 && exec "$@"', "sh"])
    with contextlib.closing(ani.start()), contextlib.ExitStack() as clients:
        for _ in range(300):
            assert clients.enter_context(Connection(str(world.socket))).request("hello")["handle"] == "Ani"


def test_a_datagram_of_many_lines_is_read_to_a_bound(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport) as luca:
        luca.udp.sendto(
            b"".join(b"JOIN User%d %d\n" % (port, port) for port in range(5000, 8000)),
            ("127.0.0.1", ani.request("status")["port"]),
        )
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        assert len(ani.users()) == 17  # 16 lines and Luca


def test_hearsay_of_another_network_is_nobody(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport) as luca:
        luca.broadcast(b"KNOWNUSERS Eve 192.0.2.66 5001, Mia 127.0.0.3 5001\n")
        ani.wait_for("user_joined", handle="Mia", second_hand=True)
        assert ani.users().keys() == {"Mia"}


def test_a_peer_that_was_away_may_still_break_off_once(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2").speak_from_elsewhere() as luca:
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        luca.tcp.close()
        message_id = ani.request("send_text", to="Luca", text="Hallo")["id"]
        seq = ani.wait_for("user_left", handle="Luca")["seq"]
        for _ in range(5):  # each JOIN is a try that is refused
            luca.join()
            seq = ani.wait_for("user_left", seq, handle="Luca")["seq"]
        luca.listen()
        luca.join()
        connection = luca.accept()
        connection.recv(1)
        reset(connection)
        luca.join()
        assert luca.take() == b"MSG Luca Hallo\n"
        ani.wait_for("text_sent", id=message_id)


def test_one_known_from_the_history_alone_can_be_written_to_and_blocked_by_name(start: Start, whoisport: int) -> None:
    ani = start("Ani")
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        luca.join()
        ani.wait_for("user_joined", handle="Luca")
        ani.request("send_text", to="Luca", text="before")
        luca.take()
        ani.stop()
        ani.start()
        ani.request("send_text", to=luca.name, text="after")
        assert luca.take() == b"MSG Luca after\n"
        ani.request("block", handle=luca.name)
        luca.join()
        with PlainPeer("Mia", whoisport, "127.0.0.3") as mia:
            mia.join()
            ani.wait_for("user_joined", handle="Mia")
        assert "Luca" not in ani.users()


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("send_image", {"to": "Ani", "path": "/tmp/a\0b"}, "no_such_file"),
        ("history", {"limit": 0}, "invalid_params"),
        ("history", {"limit": -5}, "invalid_params"),
        ("set_config", {"key": "autoreply", "value": "x" * 401}, "invalid_value"),
        ("set_config", {"key": "imagepath", "value": "~nosuchuser/x"}, "invalid_value"),
        ("set_config", {"key": "imagepath", "value": "pictures"}, "invalid_value"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    start: Start, method: str, params: dict[str, object], code: str
) -> None:
    ani = start("Ani")
    before = ani.request("get_config")
    with pytest.raises(RequestError) as refused:
        ani.request(method, **params)
    assert refused.value.code == code
    assert ani.request("get_config") == before
