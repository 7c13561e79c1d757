"""A key in the full-screen chat: how long until what was typed is on the screen, idle and under load.

A real pseudo-terminal of 120 x 36; the time is from the write of the key to the read of the bytes that show it,
so nothing that a terminal takes to draw is in it. Under load the conversation that is open gets 200 texts a second,
its history has 100,000, and 500 people are in the list.
"""

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from daemons import Daemon, free_port
from terminal import Terminal

from benchmarks.crowds import gather
from benchmarks.histories import write_histories
from benchmarks.loads.joiner import handle_of
from benchmarks.measuring import Effort, Row, Series, Unit, median_at_most, percentile, take_turns
from benchmarks.processes import expect, load, ready, tell
from benchmarks.stage import RECIPIENT, daemon, daemons_of, world

COLUMNS, ROWS = 120, 36
HISTORY = 100_000  # texts
PEOPLE = 500
TEXTS_A_SECOND = 200
PRESSES = 60  # of a turn
QUICK_PRESSES = 25
PAUSE = 0.07  # seconds between two presses: a fast typist
LETTERS = [chr(code) for code in range(0x100, 0x17F)]  # that nothing else on the screen has
SHOWN_WITHIN = 10.0  # seconds
FLUID = 50.0  # ms: people begin to notice a delay at twice that


class Keyboard(Terminal):
    """Types letters, and takes the time until each is on the screen."""

    def time_presses(self, number: int) -> list[float]:
        """Return the milliseconds of each."""
        taken = []
        for letter in LETTERS[:number]:
            self._read_for(PAUSE)
            taken.append(self._press(letter.encode()))
        os.write(self._ours, b"\x03")  # clears the line
        self._read_for(PAUSE)
        return taken

    def _press(self, letter: bytes) -> float:
        written, shown = time.perf_counter(), b""
        os.write(self._ours, letter)
        while letter not in shown:
            if not select.select([self._ours], [], [], SHOWN_WITHIN)[0]:
                raise TimeoutError(f"{letter!r} is not shown within {SHOWN_WITHIN:g} s")
            shown += os.read(self._ours, 1 << 16)
        return (time.perf_counter() - written) * 1000

    def _read_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._ours], [], [], left)[0]:
                os.read(self._ours, 1 << 16)


def benchmark(effort: Effort) -> Iterator[Row | str]:
    """A key press, in an idle chat and in one under load."""
    presses = QUICK_PRESSES if effort.is_quick else PRESSES
    with ExitStack() as stack:
        idle = _chat(stack, stack.enter_context(daemon(effort.folder / "idle", RECIPIENT)))
        busy_daemon = crowded(stack, effort)
        busy = _chat(stack, busy_daemon, handle_of(0))
        port = busy_daemon.request("status")["port"]
        flood = stack.enter_context(ready(load("flood", port, RECIPIENT, TEXTS_A_SECOND)))

        def under_load() -> list[float]:
            tell(flood, "begin")
            taken = busy.time_presses(presses)
            tell(flood, "end")
            expect(flood, "written")
            return taken

        taken = take_turns({"idle": lambda: idle.time_presses(presses), "busy": under_load}, effort.rounds)
        for percent, name in ((50, "median"), (99, "p99")):
            beside, ours = (Series(percentile(each, percent) for each in taken[which]) for which in ("idle", "busy"))
            goal = median_at_most(FLUID) if percent == 50 else None
            yield Row(f"key to screen under load, beside idle; {name}", Unit.MILLISECONDS, ours, beside, goal)


def crowded(stack: ExitStack, effort: Effort) -> Daemon:
    """Start a daemon with a long history and many people."""
    port = free_port()
    home = world(effort.folder / "busy", RECIPIENT, whoisport=port)
    home.database.parent.mkdir(parents=True)
    (history,) = write_histories(effort.folder, [HISTORY])
    history.rename(home.database)
    (started,) = stack.enter_context(daemons_of([home]))
    gather(port, 0, PEOPLE)
    return started


def _chat(stack: ExitStack, of: Daemon, *words: str) -> Keyboard:
    command = [sys.executable, "-m", "slcpctl", "chat", *words]
    environment = {**of.world.environment, "LANGUAGE": "en"}
    keyboard = stack.enter_context(Keyboard(command, environment, columns=COLUMNS, rows=ROWS))
    keyboard.wait_for("F1 help")
    return keyboard
