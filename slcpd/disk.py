"""Room on a disk: its end belongs to its owner, whatever strangers send."""

import shutil
from pathlib import Path

KEEP_FREE = 64 << 20  # bytes that stay free: a system whose disk is full fails in other places first


def room(folder: Path) -> int:
    """Return how many bytes strangers may still fill on the disk of a folder, negative when none. Raises OSError."""
    return shutil.disk_usage(folder).free - KEEP_FREE
