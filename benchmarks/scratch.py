"""Where the files of a measurement go: a folder of its own on a disk, gone after it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ON_A_DISK = "/var/tmp"  # noqa: S108  # /tmp may be memory, where a sync costs nothing; a folder of its own is made there


@contextmanager
def scratch() -> Iterator[Path]:
    """Make the folder, where TMPDIR says or on a disk."""
    with tempfile.TemporaryDirectory(prefix="slcp-bench-", dir=os.environ.get("TMPDIR") or ON_A_DISK) as folder:
        yield Path(folder)
