"""Small disks of their own for tests. Linux and root only.

A tmpfs can be filled, emptied and made read-only; an ext4 can fail while files are open.
"""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

SIZE = 96 << 20  # bytes: more than a daemon keeps free, so that it takes what strangers send while the disk is empty
SIZE_OF_EXT4 = 192 << 20  # bytes, most of them never written
STEP = 1 << 20


class SmallDisk:
    """A file system at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Fill it to the last byte, or but for `leave` bytes."""
        with self._filler.open("ab", buffering=0) as filler:
            while (size := self._free() - leave) > 0:
                try:
                    filler.write(b"x" * min(size, STEP))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    return

    def empty(self) -> None:
        self._filler.unlink()

    def set_read_only(self) -> None:
        """For good; nothing on it may be open to be written."""
        _run("mount", "-o", "remount,ro", str(self.folder))

    def _free(self) -> int:
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount one at a folder. Skips where that cannot be done; with CI set, fails."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "slcp-test", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        _cannot(error)
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "-l", str(folder))


class FailingDisk:
    """An ext4 at `folder`, in the file `image`."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        self._image = image
        with image.open("xb") as file:
            file.truncate(SIZE_OF_EXT4)
        _run("mkfs.ext4", "-q", str(image))
        self._mount()

    def fail(self) -> None:
        """Take no more writes, as after an error of the device; what is open can still be read."""
        _run("mount", "-o", "remount,abort", str(self.folder))

    def mend(self) -> None:
        """Begin anew with what is on the disk; nothing on it may be open."""
        self.unmount()
        self._mount()

    def unmount(self) -> None:
        _run("umount", "-l", str(self.folder))

    def _mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.folder))


@contextlib.contextmanager
def failing_disk(folder: Path, image: Path) -> Iterator[FailingDisk]:
    """Mount one at a folder, whose bytes are a new file `image`. Skips as small_disk."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        disk = FailingDisk(folder, image)
    except (OSError, subprocess.CalledProcessError) as error:
        _cannot(error)
    try:
        yield disk
    finally:
        disk.unmount()


def _cannot(error: Exception) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(str(error))
    pytest.skip(f"no disk can be mounted here: {error}")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
