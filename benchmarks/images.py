"""An image from A to B, disk to disk: how fast, plain and encrypted, and how much memory it takes."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from daemons import Daemon, free_port

from benchmarks.lines import LineClient
from benchmarks.machine import MIB, forget_peak, memory, peak_memory
from benchmarks.measuring import (
    FLOOR,
    SLCP,
    Effort,
    Row,
    Series,
    Unit,
    at_least,
    side_by_side,
    take_turns,
    worst_at_most,
)
from benchmarks.others import curl, scp
from benchmarks.others.installed import enter_if_installed
from benchmarks.pictures import write_tiff
from benchmarks.processes import expect, floor, ready, tell
from benchmarks.stage import RECIPIENT, pair, request
from slcpd.identity import load_identity

MEGABYTE = 1_000_000
LARGE = 1_000 * MEGABYTE
SIZES = (50 * MEGABYTE, LARGE)
WARM_UP = MEGABYTE  # an image before one whose memory counts: the parser of images is loaded by then
COPIES = 4  # of an image that are on the disk at once: what is sent, and one of each contender
MEMORY_LIMIT = 16  # MiB

Transfer = Callable[[Path], object]  # sends a file; when it returns the file is on the disk of the recipient


def speed(effort: Effort) -> Iterator[Row | str]:
    """50 MB and 1 GB, beside `sendfile` to a file, and beside scp and curl."""
    source = effort.folder / "source.tif"
    for size in SIZES[: 1 if effort.is_quick else None]:
        if not _has_room(effort.folder, size):
            yield _no_room(effort.folder, size)
            return
        write_tiff(source, size)
        for is_tls in (False, True):
            yield from _speed(effort, source, is_tls)


def _speed(effort: Effort, source: Path, is_tls: bool) -> Iterator[Row | str]:
    path = f"image of {source.stat().st_size / MEGABYTE:,.0f} MB, {'encrypted' if is_tls else 'plain'}"
    with ExitStack() as stack:
        turns: dict[str, Transfer] = {
            FLOOR: stack.enter_context(floor_transfer(effort.folder, is_tls)),
            SLCP: stack.enter_context(slcp_transfer(effort.folder, is_tls)).send,
        }
        other = scp if is_tls else curl
        copy = yield from enter_if_installed(stack, other.server(effort.folder))
        if copy:
            turns[other.NAME] = copy
        taken = take_turns({name: _speed_of(turn, source) for name, turn in turns.items()}, effort.rounds)
    speeds = {name: Series(values) for name, values in taken.items()}
    yield from side_by_side(path, Unit.MEGABYTES_A_SECOND, speeds, at_least(0.8))


def _speed_of(transfer: Transfer, source: Path) -> Callable[[], float]:
    """Return what sends a file and returns the megabytes a second."""

    def measure() -> float:
        os.sync()  # what others have left to write is theirs
        began = time.perf_counter()
        transfer(source)
        return source.stat().st_size / MEGABYTE / (time.perf_counter() - began)

    return measure


def memory_growth(effort: Effort) -> Iterator[Row | str]:
    """How much more memory sender and recipient have at most while 1 GB passes."""
    if not _has_room(effort.folder, LARGE):
        yield _no_room(effort.folder, LARGE)
        return
    small, source = effort.folder / "small.tif", effort.folder / "source.tif"
    write_tiff(small, WARM_UP)
    write_tiff(source, LARGE)
    for is_tls in (False, True):
        growths = [_growth(effort.folder / f"{is_tls}-{number}", small, source, is_tls) for number in range(2)]
        for side in Growth._fields:
            row = Series(getattr(growth, side) / MIB for growth in growths)
            how = "encrypted" if is_tls else "plain"
            yield Row(f"memory of the {side}, 1 GB {how}", Unit.MEBIBYTES, row, goal=worst_at_most(MEMORY_LIMIT))


def _has_room(folder: Path, size: int) -> bool:
    return shutil.disk_usage(folder).free > COPIES * size


def _no_room(folder: Path, size: int) -> str:
    return f"left out: images of {size // MEGABYTE:,} MB: the disk of {folder.parent} has no room; TMPDIR names another"


class Growth(NamedTuple):
    """Bytes."""

    sender: int
    recipient: int


def _growth(folder: Path, small: Path, source: Path, is_tls: bool) -> Growth:
    with slcp_transfer(folder, is_tls) as transfer:
        transfer.send(small)
        pids = [daemon.process.pid for daemon in (transfer.sender, transfer.recipient)]
        before = [memory(pid) for pid in pids]
        for pid in pids:
            forget_peak(pid)
        transfer.send(source)
        return Growth(*(peak_memory(pid) - was for pid, was in zip(pids, before, strict=True)))


class SlcpTransfer:
    """Two daemons that know each other."""

    def __init__(self, sender: Daemon, recipient: Daemon, ani: LineClient, luca: LineClient) -> None:
        self.sender = sender
        self.recipient = recipient
        self._ani = ani
        self._luca = luca
        self._luca.ask(request("subscribe"))

    def send(self, source: Path) -> None:
        """Send an image; remove it where it has come."""
        answer = self._ani.ask(request("send_image", to=RECIPIENT, path=str(source)))
        if b'"result"' not in answer:
            raise RuntimeError(answer.decode())
        event = json.loads(self._luca.read_until(b'"image_received"'))["params"]
        if event["size"] != source.stat().st_size:
            raise RuntimeError(f"another image has come: {event}")
        Path(event["path"]).unlink()


@contextmanager
def slcp_transfer(folder: Path, is_tls: bool) -> Iterator[SlcpTransfer]:
    """Start two daemons that know each other, encrypted or not."""
    name = "encrypted" if is_tls else "plain"
    with (
        pair(folder / name, security="prefer" if is_tls else "off") as (sender, recipient),
        LineClient(sender.world.socket) as ani,
        LineClient(recipient.world.socket) as luca,
    ):
        yield SlcpTransfer(sender, recipient, ani, luca)


@contextmanager
def floor_transfer(folder: Path, is_tls: bool) -> Iterator[Transfer]:
    """Run the sender and the receiver of the floor."""
    port = free_port()
    certificate = [load_identity(folder / "floor.pem").path] if is_tls else []
    with (
        ready(floor("receiver", port, folder, *certificate)),
        ready(floor("sender", port, *(["tls"] if is_tls else []))) as sender,
    ):
        yield lambda source: _send_with(sender, source)


def _send_with(sender: subprocess.Popen[str], source: Path) -> None:
    tell(sender, str(source))
    expect(sender, "done")
