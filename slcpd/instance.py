"""One daemon per profile. The lock is the kernel's: it ends with the process, whatever ends that."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slcp.errors import SlcpError


class AlreadyRunningError(SlcpError):
    """Another daemon of this profile holds the lock."""


@contextmanager
def single_instance(lock: Path) -> Iterator[None]:
    """Hold the lock while the context lasts. Raises AlreadyRunningError.

    The file stays behind on purpose: to remove it could let two daemons hold two files.
    """
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.open("a+") as file:
        if not try_lock(file.fileno()):
            file.seek(0)
            pid = file.read(20).strip() or "unknown"
            raise AlreadyRunningError(
                f"slcpd is already running (process {pid} holds {lock}); "
                "`slcpctl stop` ends it, or choose another --profile"
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process, unless another has."""
        try:
            os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # behind the process id, which others read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file for this process, unless another has."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
