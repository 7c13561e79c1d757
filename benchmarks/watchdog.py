"""slcpd with a watch on its loop: what keeps it from others, and for how long.

    python -m benchmarks.watchdog REPORT COMMAND ...

COMMAND is how slcpd is started: it stands in front of that like `ip netns exec`. The watch measures each
callback of the loop, and a thread looks where one is that takes long. The longest until now is in the file
REPORT, as JSON: `ms`, without those in which other programs had the processor; `cpu_ms`, those of them in which it had
the processor itself, so that for the rest it waited for the disk; and `at`, the functions of ours that it was in.
SIGUSR1 lets it forget that.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from slcpd.__main__ import main as run_slcpd

LOOK_EVERY = 0.002  # seconds
LONG = 0.005  # seconds after which a look is worth its time
COLLECTION = "garbage collection"
OURS = ("slcp", "slcpd")
SHOWN = 3  # functions
SCHEDSTAT_SIZE = 128  # bytes: three numbers
ROOT = Path(__file__).parents[1]


class Processor(NamedTuple):
    """Seconds of a thread."""

    computed: float  # on a processor
    waited: float  # ready, but without one

    def __sub__(self, other: "Processor") -> "Processor":
        return Processor(self.computed - other.computed, self.waited - other.waited)


class Watch:
    """Measures callbacks; the loop's thread and that of the watch share it."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._began = 0.0  # of the callback that runs; 0 while none does
        self._seen: list[str] = []  # where it was when it was looked at
        self._collecting_since = self._collected = 0.0  # the latter: seconds of the callback that runs
        self._loop_thread = threading.get_ident()
        self._schedule = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        self.forget()

    def forget(self, *_: object) -> None:
        self._worst = 0.0
        self._write(0.0)

    @contextmanager
    def measuring_callbacks(self) -> Iterator[None]:
        """Let every callback of every loop pass through here, while the context lasts."""
        run = asyncio.Handle._run  # noqa: SLF001  # where all of them pass

        def run_measured(handle: asyncio.Handle) -> None:
            before = self._processor()
            self._began = time.perf_counter()
            try:
                run(handle)
            finally:
                lasted = time.perf_counter() - self._began
                self._began = 0.0
                if lasted > max(self._worst, LONG):
                    self._note(lasted, self._processor() - before)
                self._seen = []
                self._collected = 0.0

        asyncio.Handle._run = run_measured  # type: ignore[method-assign, assignment]  # noqa: SLF001
        gc.callbacks.append(self._notice_collection)
        try:
            yield
        finally:
            asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
            gc.callbacks.remove(self._notice_collection)

    def look(self) -> None:
        """Without end, see where a callback is that takes long; the place where it was first seen counts."""
        while True:
            time.sleep(LOOK_EVERY)
            began = self._began
            if began and not self._seen and time.perf_counter() - began > LONG:
                self._seen = _places(sys._current_frames().get(self._loop_thread))  # noqa: SLF001

    def _processor(self) -> "Processor":
        computed, waited, _ = os.pread(self._schedule, SCHEDSTAT_SIZE, 0).split()
        return Processor(int(computed) / 1e9, int(waited) / 1e9)

    def _note(self, lasted: float, processor: "Processor") -> None:
        """Keep a callback if it is the longest without the time in which it had no processor."""
        blocked = max(lasted - processor.waited, processor.computed)
        if self._collected > blocked / 2:
            self._seen.insert(0, COLLECTION)
        if blocked > self._worst:
            self._worst = blocked
            self._write(processor.computed)

    def _notice_collection(self, phase: str, _: dict[str, int]) -> None:
        """Add up what garbage collections take: one strikes whatever makes the next object."""
        if phase == "start":
            self._collecting_since = time.perf_counter()
        else:
            self._collected += time.perf_counter() - self._collecting_since

    def _write(self, computed: float) -> None:
        found = {"ms": self._worst * 1000, "cpu_ms": computed * 1000, "at": " < ".join(self._seen)}
        self._report.write_text(json.dumps(found), encoding="utf-8")


def _places(frame: FrameType | None) -> list[str]:
    """Name the functions of ours on a stack, the innermost first."""
    found: list[str] = []
    while frame is not None and len(found) < SHOWN:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and path.parent.name in OURS:
            found.append(f"{path.stem}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return found


def main(arguments: list[str]) -> int:
    report, *command = arguments
    watch = Watch(Path(report))
    signal.signal(signal.SIGUSR1, watch.forget)
    threading.Thread(target=watch.look, daemon=True).start()
    with watch.measuring_callbacks():
        return run_slcpd(command[command.index("slcpd") + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
