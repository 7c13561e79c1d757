"""Room on a disk, whose end belongs to its owner whatever strangers send; and what survives a power cut."""

import os
import shutil
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform == "darwin":
    import fcntl

KEEP_FREE = 64 << 20  # bytes that stay free: a system whose disk is full fails in other places first


def room(folder: Path) -> int:
    """Return how many bytes strangers may still fill on the disk of a folder, negative when none. Raises OSError."""
    return shutil.disk_usage(folder).free - KEEP_FREE


def sync_file(file: BinaryIO) -> None:
    """Return when the bytes of a file are on the disk."""
    file.flush()
    if sys.platform == "darwin":
        fcntl.fcntl(file.fileno(), fcntl.F_FULLFSYNC)  # fsync(2) there leaves them in the disk's own memory
    else:
        os.fsync(file.fileno())


def begin_sync(file: BinaryIO, start: int, length: int) -> None:
    """Let the system begin to write these bytes to the disk, where it can be asked to: sync_file() takes less then."""
    if sys.platform == "linux":  # writes what it is told is not needed soon, and goes on (mm/fadvise.c)
        os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_DONTNEED)


def sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where a folder can be synced."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
