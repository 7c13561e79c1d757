"""A daemon to which nothing happens: its memory, and how often it wakes."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import MIB, memory, wake_ups
from benchmarks.measuring import (
    FLOOR,
    SLCP,
    Effort,
    Row,
    Series,
    Unit,
    at_most,
    side_by_side,
    take_turns,
    worst_at_most,
)
from benchmarks.processes import expect, running
from benchmarks.stage import SENDER, daemon
from slcp.membership import HEARTBEAT, JITTER
from slcpd.discovery import LINKS_EVERY

BARE = "import asyncio, sqlite3, ssl, time; print('ready', flush=True); time.sleep(3600)"
SETTLES_WITHIN = 1.0  # seconds from its start until a daemon has said and heard what it has to
WATCHED = 30.0  # seconds
SHORTLY = 10.0  # seconds


def benchmark(effort: Effort) -> Iterator[Row | str]:
    """Beside a Python that has imported what a daemon needs, and sleeps."""
    turns = {FLOOR: _floor, SLCP: lambda: _slcpd(effort.folder)}
    taken = take_turns(turns, effort.rounds)
    sizes = {name: Series(values) for name, values in taken.items()}
    yield from side_by_side("memory of an idle daemon", Unit.MEBIBYTES, sizes, at_most(1.5))
    yield _wake_ups(effort)


def _floor() -> float:
    with running([sys.executable, "-c", BARE]) as process:
        expect(process, "ready")
        return memory(process.pid) / MIB


def _slcpd(folder: Path) -> float:
    with daemon(folder, SENDER) as started:
        time.sleep(SETTLES_WITHIN)
        return memory(started.process.pid) / MIB


def _wake_ups(effort: Effort) -> Row:
    seconds = SHORTLY if effort.is_quick else WATCHED
    with daemon(effort.folder, SENDER) as started:
        time.sleep(SETTLES_WITHIN)
        before = wake_ups(started.process.pid)
        time.sleep(seconds)
        counted = wake_ups(started.process.pid) - before
    return Row(
        f"an idle daemon, in {seconds:.0f} s", Unit.WAKE_UPS, Series([counted]), goal=worst_at_most(timers(seconds))
    )


def timers(seconds: float) -> int:
    """Return how often its timers wake a daemon: two of 5 s, and the heartbeat, which it hears itself."""
    heartbeats = seconds // (HEARTBEAT * (1 - JITTER)) + 1
    return int(seconds // LINKS_EVERY + 1 + 2 * heartbeats)
