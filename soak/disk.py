"""A file system on a disk that loses its write cache at a power cut (soak/volatile_disk.py). Linux and root only."""

import os
import subprocess
import sys
import time
from pathlib import Path

SIZE = 192 << 20  # bytes: slcpd takes no image that leaves less than 64 MiB free
UNMOUNT_TRIES = 100
UNMOUNT_PAUSE = 0.05  # seconds: somebody looks into it at this moment
ENDS_WITHIN = 10.0  # seconds

FORMAT = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0")


class Disk:
    """An ext4 in a folder of its own, `root`; it has power from the beginning."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where there can be none."""
        folder.mkdir(parents=True)
        self.root = folder / "root"
        self._image, self._file = folder / "image", folder / "disk"
        self.root.mkdir()
        self._file.touch()
        self._image.touch()
        os.truncate(self._image, SIZE)
        run(*FORMAT, str(self._image))
        self.power_on()

    def power_on(self) -> None:
        """Read what is on the disk, and mount it."""
        command = [sys.executable, "-m", "soak.volatile_disk", str(self._image), str(self._file)]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._hear()
        run("mount", "-o", "loop", str(self._file), str(self.root))

    def cut(self, seed: int) -> tuple[int, int]:
        """Cut the power. Whoever waits for the disk now waits until fail(): end it first.

        Returns how many blocks were written and not flushed, and how many of them are lost.
        """
        unflushed, lost = self._tell(f"cut {seed}").split()
        return int(unflushed), int(lost)

    def fail(self) -> None:
        """Let whoever waits for the disk get an error."""
        self._tell("off")

    def unmount(self) -> None:
        """Take the file system and the disk away."""
        for point in (self.root, self._file):
            unmount(point)
        self._server.communicate(timeout=ENDS_WITHIN)

    def _tell(self, command: str) -> str:
        assert self._server.stdin is not None
        self._server.stdin.write(command + "\n")
        self._server.stdin.flush()
        return self._hear()

    def _hear(self) -> str:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line:
            raise OSError("the server of the disk has ended")
        return line


def unmount(point: Path) -> None:
    """Raises OSError."""
    for _ in range(UNMOUNT_TRIES - 1):
        try:
            return run("umount", str(point))
        except OSError:
            time.sleep(UNMOUNT_PAUSE)
    return run("umount", str(point))


def run(*command: str) -> None:
    """Raises OSError with what the command says."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
