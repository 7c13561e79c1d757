"""A daemon whose disk is full, whose file is damaged, that gets no descriptors or is put to sleep.

What it has acknowledged is there afterwards, it says what is wrong, and it needs no restart.
"""

import asyncio
import os
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from daemons import WAIT, Daemon, World, free_port, run_slcpd
from meeting import meet
from plain import PlainPeer
from small_disk import SmallDisk, failing_disk, small_disk

from slcp.async_client import Requests
from slcp.client import Connection, DaemonUnreachableError
from slcp.errors import ErrorCode, RequestError

Start = Callable[..., Daemon]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Where Ani's history and images will be."""
    with small_disk(tmp_path / "Ani/data") as disk:
        yield disk


def refusal(daemon: Daemon, text: str) -> RequestError:
    with pytest.raises(RequestError) as refused:
        daemon.request("send_text", to="Luca", text=text)
    return refused.value


def texts(daemon: Daemon) -> list[str]:
    return [message["text"] for message in daemon.messages()]


def until_it_waits(daemon: Daemon) -> None:
    """Return when the last message of a daemon has been tried in vain."""
    deadline = time.monotonic() + WAIT
    while not daemon.messages()[-1]["reason"]:
        assert time.monotonic() < deadline, daemon.messages()[-1]


def log_of(daemon: Daemon) -> str:
    return daemon.world.log.read_text()


# The disk


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(start: Start, disk: SmallDisk) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    sent = [ani.request("send_text", to="Luca", text=f"before {number}")["id"] for number in range(20)]
    ani.wait_for("text_delivered", id=sent[-1])
    disk.fill()
    refused = refusal(ani, "x" * 60_000)
    assert refused.code is ErrorCode.STORAGE_FAILED
    assert "full" in str(refused)
    assert str(ani.world.database) in str(refused)
    assert "full" in ani.request("status")["storage"]
    waiting = luca.request("send_text", to="Ani", text="while it was full")["id"]
    until_it_waits(luca)
    assert ani.process.poll() is None
    disk.empty()
    assert ani.request("send_text", to="Luca", text="after")["id"]
    ani.request("join")  # Luca tries at once who is heard
    luca.wait_for("text_delivered", id=waiting)
    luca.wait_for("text_received", text="after")
    assert ani.request("status")["storage"] == "ok"
    assert texts(ani) == [*(f"before {number}" for number in range(20)), "after", "while it was full"]
    assert "Traceback" not in log_of(ani)


def test_the_end_of_the_disk_is_for_its_owner_and_not_for_strangers(start: Start, disk: SmallDisk) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    disk.fill(leave=32 << 20)
    waiting = luca.request("send_text", to="Ani", text="from outside")["id"]
    until_it_waits(luca)
    sent = ani.request("send_text", to="Luca", text="our own")["id"]
    ani.wait_for("text_delivered", id=sent)
    assert texts(ani) == ["our own"]
    disk.empty()
    ani.request("join")
    luca.wait_for("text_delivered", id=waiting)
    assert texts(ani) == ["our own", "from outside"]


def test_what_arrived_while_the_disk_was_full_is_recorded_later_and_not_sent_again(
    start: Start, disk: SmallDisk
) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    ani.wait_for("text_delivered", id=ani.request("send_text", to="Luca", text="before")["id"])  # the key is known
    luca.process.send_signal(signal.SIGSTOP)
    sent = ani.request("send_text", to="Luca", text="once")["id"]
    disk.fill()
    luca.process.send_signal(signal.SIGCONT)
    luca.wait_for("text_received", text="once")
    deadline = time.monotonic() + WAIT
    while "full" not in ani.request("status")["storage"]:
        assert time.monotonic() < deadline
    disk.empty()
    ani.wait_for("text_delivered", id=sent)
    assert texts(luca) == ["before", "once"]


def test_a_disk_that_takes_no_byte_is_told_and_may_take_some_again(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    pid, (_, most) = ani.process.pid, resource.prlimit(ani.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))  # every write beyond fails, as on a broken disk
    assert refusal(ani, "in vain").code is ErrorCode.STORAGE_FAILED
    assert ani.request("hello")["handle"] == "Ani"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    sent = ani.request("send_text", to="Luca", text="again")["id"]
    ani.wait_for("text_delivered", id=sent)
    assert texts(ani) == ["again"]


def test_texts_of_plain_peers_are_refused_while_the_disk_is_full_and_taken_afterwards(
    start: Start, disk: SmallDisk, whoisport: int
) -> None:
    ani = start("Ani")
    port = ani.request("status")["port"]
    with PlainPeer("Luca", whoisport, "127.0.0.2") as luca:
        luca.send(port, b"MSG Ani before\n")
        disk.fill()
        with luca.connected(port) as connection:
            connection.sendall(b"MSG Ani refused\n")
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        status = ani.request("status")
        assert status["dropped"] == {"not_stored": 1}
        assert "full" in status["storage"]
        luca.join()
        deadline = time.monotonic() + WAIT
        while "Luca" not in ani.users():  # who is here needs no disk
            assert time.monotonic() < deadline
        disk.empty()
        luca.send(port, b"MSG Ani refused\n")
        assert texts(ani) == ["before", "refused"]
        ani.wait_for("user_joined", handle="Luca")  # told later
        assert ani.request("status")["storage"] == "ok"


def test_a_disk_that_becomes_read_only_is_told_and_nothing_acknowledged_is_lost(start: Start, tmp_path: Path) -> None:
    with failing_disk(tmp_path / "Ani/data", tmp_path / "disk") as disk:
        ani, luca = start("Ani"), start("Luca")
        meet(ani, luca)
        sent = [luca.request("send_text", to="Ani", text=str(number))["id"] for number in range(20)]
        luca.wait_for("text_delivered", id=sent[-1])
        disk.fail()
        refused = refusal(ani, "in vain")
        assert refused.code is ErrorCode.STORAGE_FAILED
        assert str(ani.world.database) in str(refused)
        waiting = luca.request("send_text", to="Ani", text="while it was read-only")["id"]
        until_it_waits(luca)
        assert ani.request("status")["storage"] == str(refused)
        assert ani.stop() == 0
        disk.mend()
        ani.start()
        luca.wait_for("text_delivered", id=waiting)
        assert texts(ani) == [*map(str, range(20)), "while it was read-only"]
        assert "Traceback" not in log_of(ani)
        ani.stop()


@pytest.mark.parametrize("is_first_start", [True, False], ids=["first start", "with a history"])
def test_a_daemon_does_not_start_where_it_can_keep_nothing(
    start: Start, disk: SmallDisk, tmp_path: Path, is_first_start: bool
) -> None:
    world = World(tmp_path / "Ani")
    world.configure(handle="Ani", port=free_port(), whoisport=free_port())
    if not is_first_start:
        start("Ani").stop()
    disk.set_read_only()
    ran = run_slcpd(world)
    assert ran.returncode == 2
    assert f"{disk.folder}/slcp: the folder of the history cannot be" in ran.stderr
    assert "mounted for writing" in ran.stderr
    assert "Traceback" not in ran.stderr


# The file


def history_of(world: World, start: Start) -> bytes:
    """Make a history that is larger than what SQLite keeps in memory. Returns its bytes."""
    ani = start("Ani")
    luca = start("Luca")
    meet(ani, luca)
    for number in range(60):
        last = ani.request("send_text", to="Luca", text=f"{number} " + "x" * 60_000)["id"]
    ani.wait_for("text_delivered", id=last)
    ani.stop()
    luca.stop()
    with closing(sqlite3.connect(world.database)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return world.database.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"\xff" * 100 + data[100:], id="header overwritten"),
        pytest.param(lambda data: data[:4096] + os.urandom(4096) * 3 + data[4 * 4096 :], id="schema pages overwritten"),
        pytest.param(
            lambda data: data[: len(data) // 2] + os.urandom(1 << 16) + data[len(data) // 2 + (1 << 16) :],
            id="random bytes in the middle",
        ),
        pytest.param(lambda data: data[: len(data) // 2], id="half of it"),
        pytest.param(lambda data: data[:1000], id="cut short"),
        pytest.param(lambda _: b"this is a text\n" * 1000, id="no database"),
    ],
)
def test_a_damaged_history_is_refused_by_name_or_reads_as_damaged_and_is_left_alone(
    start: Start, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    world = World(tmp_path / "Ani")
    damaged = damage(history_of(world, start))
    world.database.write_bytes(damaged)
    ran = run_slcpd(world)
    assert ran.returncode == 2
    assert str(world.database) in ran.stderr
    assert "move it away" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert world.database.read_bytes() == damaged


@pytest.mark.parametrize("damaged", ["log", "file"])
def test_a_killed_daemons_latest_messages_are_not_written_over_when_part_of_them_is_damaged(
    start: Start, damaged: str
) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    ani.wait_for("text_delivered", id=ani.request("send_text", to="Luca", text="the latest")["id"])
    ani.kill()
    log = Path(f"{ani.world.database}-wal")
    if damaged == "log":
        log.write_bytes(os.urandom(50_000))
    else:
        ani.world.database.write_bytes(b"")
    before = [path.read_bytes() for path in (ani.world.database, log)]
    ran = run_slcpd(ani.world)
    assert ran.returncode == 2
    assert str(ani.world.database) in ran.stderr
    assert "away" in ran.stderr
    assert [path.read_bytes() for path in (ani.world.database, log)] == before


def test_damage_that_is_met_later_refuses_the_request_and_not_the_daemon(start: Start, tmp_path: Path) -> None:
    world = World(tmp_path / "Ani")
    data = history_of(world, start)
    ani = Daemon(world).start()
    try:
        with world.database.open("r+b") as file:
            file.seek(len(data) // 4)
            file.write(b"\xaa" * (len(data) // 2))
        with pytest.raises(RequestError) as refused:
            ani.request("history", limit=500)
        assert refused.value.code is ErrorCode.STORAGE_FAILED
        assert ani.request("hello")["handle"] == "Ani"
    finally:
        ani.close()


# The system


def test_without_descriptors_it_says_so_once_and_takes_what_waits_when_there_are_some(
    start: Start, whoisport: int
) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    pid, port = ani.process.pid, ani.request("status")["port"]
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    sent = ani.request("send_text", to="Luca", text="first")["id"]
    ani.wait_for("text_delivered", id=sent)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, before[1]))
    waiting = luca.request("send_text", to="Ani", text="over the stream that is open")["id"]
    luca.wait_for("text_delivered", id=waiting)
    with PlainPeer("Mia", whoisport, "127.0.0.2") as mia, mia.connected(port) as connection:
        connection.sendall(b"MSG Ani from one who waits\n")
        connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + WAIT
        while "connections wait: Too many open files" not in log_of(ani):
            assert time.monotonic() < deadline
        assert ani.process.poll() is None
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        assert connection.recv(1) == b""  # taken
    assert texts(ani) == ["first", "over the stream that is open", "from one who waits"]
    assert log_of(ani).count("Too many open files") < 10
    assert "Traceback" not in log_of(ani)


def test_a_daemon_that_was_asleep_takes_what_came_meanwhile(start: Start) -> None:
    ani, luca = start("Ani"), start("Luca")
    meet(ani, luca)
    luca.process.send_signal(signal.SIGSTOP)
    sent = [ani.request("send_text", to="Luca", text=str(number))["id"] for number in range(10)]
    assert ani.request("hello")["handle"] == "Ani"
    luca.process.send_signal(signal.SIGCONT)
    ani.wait_for("text_delivered", id=sent[-1])
    assert texts(luca) == [str(number) for number in range(10)]


async def test_the_clients_of_a_daemon_that_stands_still_are_told(start: Start) -> None:
    ani = start("Ani")
    path, why = str(ani.world.socket), rf"does not answer within 0\.5 s; .*`kill -9 {ani.pid}` does"
    with Requests(path, timeout=0.5) as requests, Connection(path, timeout=0.5) as connection:
        assert (await requests.request("hello"))["handle"] == "Ani"
        ani.process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(WAIT):
            with pytest.raises(DaemonUnreachableError, match=why):
                await requests.request("status")
            with pytest.raises(DaemonUnreachableError, match=why):
                connection.request("status")
        ani.process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(WAIT):
            assert (await requests.request("users")) == {"users": []}
