"""A disk whose write cache is lost at a power cut: python -m soak.volatile_disk IMAGE FILE

Serves the bytes of IMAGE as FILE, by the kernel's FUSE protocol (linux/fuse.h), no library needed. A loop
device on FILE with a file system in it is a real disk to that file system: its flushes come here as
FSYNC. What was written since the last flush is only in our memory, as it is in the cache of a disk.

Lines on stdin, each answered by a line on stdout:

    cut SEED   lose power some writes later, so that it falls between the writes of one sync as well: of each
               block written since the last flush one of its versions stays, the oldest of them being
               what is on the disk; then nothing is answered any more
    off        whoever used the disk is dead: fail what is asked from now on

It ends when FILE is unmounted.
"""

import ctypes
import errno
import os
import select
import stat
import struct
import sys
import time
from io import FileIO
from pathlib import Path
from random import Random
from typing import NamedTuple

BLOCK = 4096  # bytes that a disk writes whole or not at all
MAX_WRITE = 1 << 17  # bytes in one request
ROOT = 1  # the only node: FILE itself
MOST_WRITES_LATER = 40  # a cut: two or three commits of a busy daemon
LATER_AT_MOST = 0.5  # seconds: an idle one writes nothing
FRESH_FOR = 3600  # seconds that the kernel may keep what we say of FILE

IN_HEADER = struct.Struct("<4xIQQIIIHH")  # opcode, unique, nodeid, uid, gid, pid, total_extlen, padding
OUT_HEADER = struct.Struct("<IiQ")  # len, error, unique
TRANSFER = struct.Struct("<QQIIQII")  # fh, offset, size, flags, lock_owner, flags, padding: of READ and WRITE
ATTRIBUTES = struct.Struct("<QII" + "QQQQQQ" + "IIIIIIIIII")
INIT_OUT = struct.Struct("<IIIIHHIIHHII24x")
PROTOCOL = (7, 31)
BIG_WRITES = 1 << 5

# Opcodes
FORGET, GETATTR, SETATTR, OPEN, READ, WRITE = 2, 3, 4, 14, 15, 16
RELEASE, FSYNC, FLUSH, INIT, INTERRUPT, DESTROY, BATCH_FORGET = 18, 20, 25, 26, 36, 38, 42
UNANSWERED = {FORGET, INTERRUPT, BATCH_FORGET}


class Request(NamedTuple):
    """What the kernel asks."""

    opcode: int
    unique: int
    body: bytes


class Failure(Exception):  # noqa: N818  # it is what the kernel is told, not an error of ours
    """An error number for the kernel."""

    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.number = number


class CachedDisk:
    """The bytes of an image, and the versions of each block that were written since the last flush."""

    def __init__(self, image: FileIO) -> None:
        self._image = image.fileno()
        self.size = os.fstat(self._image).st_size
        self.writes = 0  # how many there were
        self._unflushed: dict[int, list[bytes]] = {}  # by number of the block, oldest first

    def read(self, offset: int, size: int) -> bytes:
        end = min(offset + size, self.size)
        first, last = offset // BLOCK, -(-end // BLOCK)
        data = b"".join(map(self._block, range(first, last)))
        return data[offset - first * BLOCK : end - first * BLOCK]

    def write(self, offset: int, data: bytes) -> None:
        self.writes += 1
        end = offset + len(data)
        for number in range(offset // BLOCK, -(-end // BLOCK)):
            start = number * BLOCK
            block = self._block(number)
            begin, stop = max(offset - start, 0), min(end - start, BLOCK)
            piece = data[start + begin - offset : start + stop - offset]
            self._unflushed.setdefault(number, []).append(block[:begin] + piece + block[stop:])

    def flush(self) -> None:
        """Put on the disk what was written."""
        for number, versions in self._unflushed.items():
            os.pwrite(self._image, versions[-1], number * BLOCK)
        self._unflushed.clear()

    def lose_power(self, rng: Random) -> tuple[int, int]:
        """Keep of what was not flushed what chance wants.

        Returns how many blocks were not flushed, and how many of them are lost.
        A disk writes its cache in any order and may have written some of it, all of it or none.
        """
        share_written = rng.choice([0.0, 0.5, 0.9, 1.0])
        lost = 0
        for number, versions in self._unflushed.items():
            if rng.random() < share_written:
                os.pwrite(self._image, rng.choice(versions), number * BLOCK)
            else:
                lost += 1
        unflushed = len(self._unflushed)
        self._unflushed.clear()
        return unflushed, lost

    def _block(self, number: int) -> bytes:
        versions = self._unflushed.get(number)
        return versions[-1] if versions else os.pread(self._image, BLOCK, number * BLOCK)


class Server:
    """Answers the kernel, one request at a time."""

    def __init__(self, disk: CachedDisk, device: int) -> None:
        self._disk = disk
        self._device = device
        self.is_off = False

    def serve_one(self) -> bool:
        """Answer one request. Returns False when the file is unmounted."""
        try:
            data = os.read(self._device, MAX_WRITE + BLOCK)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return False
            if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):  # it has thought better of it
                return True
            raise
        header: tuple[int, ...] = IN_HEADER.unpack_from(data)
        opcode, unique = header[:2]
        if opcode not in UNANSWERED:
            self._answer(Request(opcode, unique, data[IN_HEADER.size :]))
        return opcode != DESTROY

    def _answer(self, request: Request) -> None:
        try:
            error, body = 0, self._result(request)
        except Failure as failure:
            error, body = -failure.number, b""
        try:
            os.write(self._device, OUT_HEADER.pack(OUT_HEADER.size + len(body), error, request.unique) + body)
        except OSError as lost:
            if lost.errno != errno.ENOENT:  # whoever asked was interrupted
                raise

    def _result(self, request: Request) -> bytes:
        """Return the body of an answer. Raises Failure."""
        match request.opcode:
            case opcode if opcode == INIT:
                return INIT_OUT.pack(*PROTOCOL, MAX_WRITE, BIG_WRITES, 16, 12, MAX_WRITE, 1, 0, 0, 0, 0)
            case opcode if opcode in (GETATTR, SETATTR):
                return self._attributes()
            case opcode if opcode == OPEN:
                return struct.pack("<QII", 0, 0, 0)
            case opcode if opcode in (RELEASE, FLUSH, DESTROY):
                return b""
            case opcode if opcode in (READ, WRITE, FSYNC):
                return self._transfer(request)
            case _:
                raise Failure(errno.ENOSYS)

    def _transfer(self, request: Request) -> bytes:
        if self.is_off:
            raise Failure(errno.EIO)
        if request.opcode == FSYNC:
            self._disk.flush()
            return b""
        _, offset, size, *_ = TRANSFER.unpack_from(request.body)
        if request.opcode == READ:
            return self._disk.read(offset, size)
        self._disk.write(offset, request.body[TRANSFER.size : TRANSFER.size + size])
        return struct.pack("<II", size, 0)

    def _attributes(self) -> bytes:
        size, mode = self._disk.size, stat.S_IFREG | 0o600
        times = (0,) * 6
        return ATTRIBUTES.pack(FRESH_FOR, 0, 0, ROOT, size, size // 512, *times, mode, 1, 0, 0, 0, BLOCK, 0)


def mount(point: Path) -> int:
    """Mount a file system whose root is one file on `point`. Returns the descriptor to serve it by."""
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode={stat.S_IFREG | 0o600:o},user_id=0,group_id=0"
    if libc.mount(b"slcp-volatile", os.fsencode(point), b"fuse", 0, options.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount {point}: {os.strerror(number)}")
    return device


def main() -> None:
    image, point = map(Path, sys.argv[1:])
    with image.open("r+b", buffering=0) as file:
        disk = CachedDisk(file)
        device = mount(point)
        tell("ready")
        serve(disk, Server(disk, device), device)


def serve(disk: CachedDisk, server: Server, device: int) -> None:
    """Serve the kernel and obey what is said on stdin, until there is nobody to serve or obey."""
    while True:
        ready, _, _ = select.select([sys.stdin, device], [], [])
        if sys.stdin not in ready:
            if not server.serve_one():
                return
            continue
        match sys.stdin.readline().split():
            case ["cut", seed]:
                rng = Random(int(seed))
                serve_writes(disk, server, device, rng.randrange(MOST_WRITES_LATER))
                tell("{} {}".format(*disk.lose_power(rng)))
                if not sys.stdin.readline():  # nothing is answered until it says "off"
                    return
                server.is_off = True
                tell("off")
            case _:
                return


def serve_writes(disk: CachedDisk, server: Server, device: int, number: int) -> None:
    """Serve until so many writes have come, or a moment has passed."""
    last, deadline = disk.writes + number, time.monotonic() + LATER_AT_MOST
    while disk.writes < last and (left := deadline - time.monotonic()) > 0:
        if select.select([device], [], [], left)[0]:
            server.serve_one()


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
