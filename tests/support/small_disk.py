"""A small disk of its own for a test: a tmpfs that can be filled, emptied and made read-only. Linux and root only."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SIZE = 96 << 20  # bytes: more than a daemon keeps free, so that it takes what strangers send while the disk is empty
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
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"no disk can be mounted here: {error}")
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
