"""One message over one real connection, to peers that take it and to those that do not."""

import asyncio
import hashlib
import os
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from daemons import WAIT
from descriptors import no_descriptors
from plain import PlainPeer, read_all, reset

from slcp.messages import Address
from slcpd.sending import (
    STEP,
    ImageFile,
    PeerAwayError,
    PeerBrokeOffError,
    PeerRefusedError,
    UnsendableError,
    send_datagrams,
    send_file,
    send_stream,
)

MIB = 1 << 20
T = TypeVar("T")


def no_progress(done: int) -> None:
    pass


def as_queued(path: Path) -> ImageFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return ImageFile(path, path.name, path.stat().st_size, digest.hexdigest())


async def at_once(sending: Awaitable[None], peer: Callable[[], T]) -> T:
    """Send while the peer does its part in a thread. Returns what the peer has seen."""
    seen, _ = await asyncio.gather(asyncio.to_thread(peer), sending)
    return seen


@pytest.fixture
def luca(whoisport: int) -> Iterator[PlainPeer]:
    with PlainPeer("Luca", whoisport) as luca:
        yield luca


@pytest.fixture
def to(luca: PlainPeer) -> Address:
    return Address(luca.ip, luca.port)


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """A file of some MB: larger than all the buffers on the way."""
    path = tmp_path / "cat.jpg"
    path.write_bytes(os.urandom(8 * MIB))
    return path


async def test_lines_go_out_as_they_are(luca: PlainPeer, to: Address) -> None:
    assert await at_once(send_stream(to, b"".join([b"MSG Luca one\n", b"MSG Luca two\n"])), luca.take) == (
        b"MSG Luca one\nMSG Luca two\n"
    )


async def test_a_file_follows_its_header_whole(luca: PlainPeer, to: Address, cat: Path) -> None:
    told: list[int] = []
    header = b"IMG Luca %d\n" % (8 * MIB)
    taken = await at_once(send_file(to, header, as_queued(cat), told.append), luca.take)
    assert taken == header + cat.read_bytes()
    assert told == sorted(set(told))
    assert told[-1] == 8 * MIB


async def test_where_nobody_listens_it_is_refused(luca: PlainPeer, to: Address) -> None:
    luca.close()
    with pytest.raises(PeerRefusedError, match=str(to)):
        await send_stream(to, b"MSG Luca one\n")


async def test_an_address_without_a_way_there_is_away() -> None:
    with pytest.raises(PeerAwayError):
        await send_stream(Address("127.0.0.1", 0), b"MSG Luca one\n")


async def test_a_peer_that_does_not_answer_is_away(
    luca: PlainPeer, to: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sending.CONNECT_WITHIN", 0.05)
    luca.tcp.listen(0)
    with luca.connected(luca.port), pytest.raises(PeerAwayError, match="not answer"):
        await send_stream(to, b"MSG Luca one\n")


async def test_a_peer_that_resets_has_broken_off(luca: PlainPeer, to: Address) -> None:
    with pytest.raises(PeerBrokeOffError, match=str(to)):
        await at_once(send_stream(to, b"MSG Luca one\n"), luca.take_and_reset)


async def test_a_peer_that_resets_in_the_middle_of_an_image_has_broken_off(
    luca: PlainPeer, to: Address, cat: Path
) -> None:
    def read_some_and_reset() -> None:
        connection = luca.accept()
        connection.recv(1000)
        reset(connection)

    with pytest.raises(PeerBrokeOffError):
        await at_once(send_file(to, b"IMG Luca 8388608\n", as_queued(cat), no_progress), read_some_and_reset)


@pytest.mark.parametrize("steps", range(8))
async def test_a_peer_may_reset_at_any_step_of_the_loop(luca: PlainPeer, to: Address, cat: Path, steps: int) -> None:
    loop = asyncio.get_running_loop()

    def accept_and_reset_later() -> None:
        loop.remove_reader(luca.tcp)
        reset_later(luca.accept(), steps)

    def reset_later(connection: socket.socket, steps: int) -> None:
        if steps:
            loop.call_soon(reset_later, connection, steps - 1)
        else:
            reset(connection)

    loop.add_reader(luca.tcp, accept_and_reset_later)
    with pytest.raises((PeerBrokeOffError, PeerAwayError)):
        await send_file(to, b"IMG Luca 8388608\n", as_queued(cat), no_progress)


async def test_a_peer_that_never_closes_counts_as_having_taken_all(
    luca: PlainPeer, to: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sending.CLOSE_WITHIN", 0.05)

    def read_without_closing() -> bytes:
        connection = luca.accept()
        kept_open.append(connection)
        return read_all(connection)

    kept_open: list[socket.socket] = []
    assert await at_once(send_stream(to, b"MSG Luca one\n"), read_without_closing) == b"MSG Luca one\n"
    kept_open[0].close()


@pytest.fixture
def slow(luca: PlainPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Luca so small a buffer that most of a text stays with the sender until it is read."""
    monkeypatch.setattr("slcpd.sending.CLOSE_WITHIN", 0.05)
    luca.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


@pytest.mark.usefixtures("slow")
async def test_a_peer_that_takes_nothing_more_has_not_taken_all(to: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slcpd.sending.STALL_AFTER", 0.2)
    with pytest.raises(PeerBrokeOffError, match="has taken nothing"):
        await send_stream(to, b"".join([b"MSG Luca one\n" * 4000]))


@pytest.mark.usefixtures("slow")
async def test_a_peer_that_reads_late_is_waited_for(luca: PlainPeer, to: Address) -> None:
    lines = [b"MSG Luca one\n" * 4000]
    enough = threading.Event()

    def read_late() -> bytes:
        with luca.accept() as connection:
            enough.wait(WAIT)
            return read_all(connection)

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(asyncio.to_thread(read_late))
        sending = group.create_task(send_stream(to, b"".join(lines)))
        done, _ = await asyncio.wait({sending}, timeout=0.5)  # ten times as long as a peer is waited for that has all
        enough.set()
    assert not done
    assert reading.result() == b"".join(lines)


async def test_what_a_peer_answers_is_passed_over(luca: PlainPeer, to: Address) -> None:
    def answer() -> bytes:
        with luca.accept() as connection:
            connection.sendall(b"READY" * 10_000)
            return read_all(connection)

    assert await at_once(send_stream(to, b"MSG Luca one\n"), answer) == b"MSG Luca one\n"


async def test_a_peer_that_takes_no_more_bytes_has_broken_off(
    luca: PlainPeer, to: Address, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slcpd.sending.STALL_AFTER", 0.05)
    accepted: list[socket.socket] = []
    with pytest.raises(PeerBrokeOffError, match="taken nothing"):
        await at_once(
            send_file(to, b"IMG Luca 8388608\n", as_queued(cat), no_progress),
            lambda: accepted.append(luca.accept()),
        )
    accepted[0].close()


# Files that are not what they were


async def test_a_file_that_has_vanished_cannot_be_sent(to: Address, tmp_path: Path) -> None:
    with pytest.raises(UnsendableError, match=r"cat\.jpg cannot be read: No such file.*; send it again"):
        await send_file(to, b"IMG Luca 5\n", ImageFile(tmp_path / "cat.jpg", "cat.jpg", 5, ""), no_progress)


@pytest.mark.parametrize("change", ["shorter", "longer", "other bytes"])
async def test_a_file_that_has_changed_is_not_sent(to: Address, cat: Path, change: str) -> None:
    source = as_queued(cat)
    state = cat.stat()
    match change:
        case "shorter":
            os.truncate(cat, MIB)
        case "longer":
            os.truncate(cat, 9 * MIB)
        case _:
            cat.write_bytes(os.urandom(8 * MIB))
            os.utime(cat, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(UnsendableError, match=r"cat\.jpg has changed since it was queued; send it again"):
        await send_file(to, b"IMG Luca 8388608\n", source, no_progress)


async def test_a_pipe_in_the_place_of_a_file_holds_up_nothing(to: Address, cat: Path) -> None:
    source = as_queued(cat)
    cat.unlink()
    os.mkfifo(cat)
    async with asyncio.timeout(WAIT):
        with pytest.raises(UnsendableError, match="no file"):
            await send_file(to, b"IMG Luca 8388608\n", source, no_progress)


async def test_the_loop_goes_on_while_a_large_file_is_looked_at(cat: Path) -> None:
    os.truncate(cat, 512 * MIB)
    source = as_queued(cat)
    began = before = time.monotonic()
    longest = 0.0
    async with asyncio.TaskGroup() as group:
        opening = group.create_task(open_and_close(source))
        while not opening.done():
            await asyncio.sleep(0)
            now = time.monotonic()
            longest, before = max(longest, now - before), now
    assert longest < (before - began) / 2


async def open_and_close(source: ImageFile) -> None:
    async with source.opened():
        pass


def take_what_comes(luca: PlainPeer) -> int:
    """Take a connection to its end. Returns the bytes, 0 when it is reset."""
    with luca.accept() as connection:
        try:
            return len(read_all(connection))
        except ConnectionResetError:
            return 0


async def test_a_file_that_shrinks_while_it_is_sent_is_given_up(luca: PlainPeer, to: Address, cat: Path) -> None:
    def shrink(done: int) -> None:
        os.truncate(cat, done)

    taking = asyncio.get_running_loop().run_in_executor(None, take_what_comes, luca)
    with pytest.raises(UnsendableError, match="become shorter"):
        await send_file(to, b"IMG Luca 8388608\n", as_queued(cat), shrink)
    assert await taking < 8 * MIB


async def test_a_file_that_changes_while_it_is_sent_is_given_up_before_its_end(
    luca: PlainPeer, to: Address, cat: Path
) -> None:
    state = cat.stat()

    def change(_: int) -> None:
        with cat.open("r+b") as file:
            file.write(bytes(MIB))
        os.utime(cat, ns=(state.st_atime_ns, state.st_mtime_ns))

    taking = asyncio.get_running_loop().run_in_executor(None, take_what_comes, luca)
    with pytest.raises(UnsendableError, match=r"cat\.jpg has changed while it was sent; send it again"):
        await send_file(to, b"IMG Luca 8388608\n", as_queued(cat), change)
    assert await taking < 8 * MIB


async def test_a_file_that_only_looks_changed_while_it_is_sent_is_sent(luca: PlainPeer, to: Address, cat: Path) -> None:
    source = as_queued(cat)
    taken = await at_once(
        send_file(to, b"IMG Luca 8388608\n", source, lambda done: cat.chmod(0o600 if done % (2 * STEP) else 0o644)),
        lambda: take_what_comes(luca),
    )
    assert taken == len(b"IMG Luca 8388608\n") + 8 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="where else is there a file that cannot be read?")
async def test_a_file_on_a_broken_disk_cannot_be_sent(to: Address) -> None:
    unreadable = ImageFile(Path("/proc/self/mem"), "cat.jpg", 0, "")
    with pytest.raises(UnsendableError, match="cannot be read: Input/output error; send it again"):
        await send_file(to, b"IMG Luca 5\n", unreadable, no_progress)


# No descriptors


async def test_without_descriptors_a_file_is_tried_again_later(to: Address, cat: Path) -> None:
    source = as_queued(cat)
    with no_descriptors(), pytest.raises(PeerAwayError, match="cannot be read now: Too many open files"):
        await send_file(to, b"IMG Luca 8388608\n", source, no_progress)


async def test_without_descriptors_a_text_is_tried_again_later(to: Address) -> None:
    with no_descriptors(), pytest.raises(PeerAwayError, match="Too many open files"):
        await send_stream(to, b"MSG Luca one\n")
    with no_descriptors(), pytest.raises(PeerAwayError, match="Too many open files"):
        await send_datagrams(to, [b"MSG Luca one\n"], 0, lambda _, __: None)
