"""What other threads want to be done in the window's: a queue, and what wakes Tk for it."""

from __future__ import annotations

import os
import signal
import sys
import time
import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

POLL = 20  # ms between two looks, where Tk can wait for no file: on Windows
AT_ONCE = 0.012  # seconds of work before the user's keys have their turn

Do = Callable[[], object]


class Inbox:
    """A queue of things to do, filled by any thread and emptied in that of the window."""

    def __init__(self, root: tk.Tk) -> None:
        self._root = root
        self._queue: SimpleQueue[Do] = SimpleQueue()
        self._pipe: tuple[int, int] | None = None
        if sys.platform == "win32":
            self._poll()
        else:
            self._pipe = os.pipe()
            for end in self._pipe:
                os.set_blocking(end, False)
            root.tk.createfilehandler(self._pipe[0], tk.READABLE, self._woken)

    def put(self, do: Do) -> None:
        """Have something done in the window's thread; from any thread."""
        self._queue.put(do)
        if self._pipe:
            with suppress(OSError):  # it is full, so Tk will wake; or closed, as is the window
                os.write(self._pipe[1], b"\0")

    def wake_for_signals(self) -> None:
        """Let Python's handlers of signals be called at once, although Tk waits."""
        if self._pipe:
            signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)

    def close(self) -> None:
        """Do nothing any more."""
        if self._pipe and sys.platform != "win32":
            self._root.tk.deletefilehandler(self._pipe[0])
            reading, writing = self._pipe
            self._pipe = None
            signal.set_wakeup_fd(-1)
            os.close(writing)
            os.close(reading)

    def _woken(self, *_: object) -> None:
        if self._pipe is None:
            return
        with suppress(BlockingIOError):
            os.read(self._pipe[0], 1 << 12)
        if not self._do():
            os.write(self._pipe[1], b"\0")  # there is more: after the keys that wait

    def _do(self) -> bool:
        """Do what is to be done, for a while; return whether that was all."""
        until = time.monotonic() + AT_ONCE
        while time.monotonic() < until:
            try:
                do = self._queue.get_nowait()
            except Empty:
                return True
            try:
                do()
            except Exception:  # noqa: BLE001  # told as Tk tells all others; this one would end its loop
                self._root.report_callback_exception(*sys.exc_info())
            if self._pipe is None and sys.platform != "win32":
                return True  # it has closed the window
        return self._queue.empty()

    def _poll(self) -> None:
        self._do()
        self._root.after(POLL, self._poll)
