"""What tests wait for outside of the daemon: files that programs write, processes that end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from daemons import WAIT


async def until(holds: Callable[[], bool]) -> None:
    """Return when something holds, while the loop goes on."""
    async with asyncio.timeout(WAIT):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


def pids_in(file: Path, number: int) -> list[int]:
    """Return the process ids that a program has written, once all of them are there."""
    pids = list(map(int, file.read_text().split())) if file.exists() else []
    return pids if len(pids) == number else []


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has taken note of since its end does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False
