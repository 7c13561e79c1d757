"""A terminal with a program in it: a test types, points and looks, as a user does.

with Terminal([sys.executable, "-m", "slcpctl", "chat"], world.environment) as terminal:
    terminal.wait_for("5 here")
    terminal.type("Hallo\\r")
"""

import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from daemons import WAIT
from emulated_screen import Cell, EmulatedScreen, Mode
from keyboard import sent_for

REAPED_WITHIN = 1.0  # seconds from the end of the output to that of the program
NO_BUTTON_MOVES, WHEEL_UP, WHEEL_DOWN = 35, 64, 65  # as mice are reported by xterm; 0 is the left button


class Terminal:
    """Runs a program on a pseudo-terminal of its own, and shows what it writes. Columns and rows count from 0.

    Its output is read whenever something here waits. All waiting ends in an AssertionError with the screen.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        columns: int = 80,
        rows: int = 24,
        folder: Path | None = None,
        term: str = "xterm-256color",
    ) -> None:
        self.screen = EmulatedScreen(columns, rows, self._send)
        self._typed = bytearray()  # what the program has not taken yet
        self._hung_up = False  # by the program and all its children
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        termios.tcsetwinsize(self._ours, (rows, columns))
        surroundings = dict(os.environ if environment is None else environment)
        for of_another_terminal in ("LINES", "COLUMNS"):
            surroundings.pop(of_another_terminal, None)
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**surroundings, "TERM": term},
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=take_terminal,
            )
        except BaseException:
            os.close(self._ours)
            raise
        finally:
            os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __str__(self) -> str:
        """The whole screen, in a frame."""
        screen = self.screen
        edge = f"+{'-' * screen.columns}+"
        lines = ["".join(screen.cell(x, y).data for x in range(screen.columns)) for y in range(screen.lines)]
        return "\n".join([edge, *(f"|{line}|" for line in lines), edge])

    def close(self) -> None:
        """End what is left of the program."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session, and so a group
            self._process.wait(WAIT)
        os.close(self._ours)

    # What is to be seen

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without the blanks at the ends of lines."""
        return self.screen.text_lines

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row."""
        return self.screen.cursor.x, self.screen.cursor.y

    @property
    def rang(self) -> int:
        """How often the bell has rung."""
        return self.screen.rang

    def cell(self, column: int, row: int) -> Cell:
        return self.screen.cell(column, row)

    def find(self, text: str) -> tuple[int, int]:
        """Return the column and the row where a text begins."""
        found = self.screen.find(text)
        assert found is not None, f"{text!r} is not on the screen:\n{self}"
        return found

    # Waiting

    def wait_for(self, text: str, within: float = WAIT) -> Self:
        """Return when a line has this text."""
        return self.wait_until(lambda screen: screen.find(text) is not None, f"{text!r} on the screen", within)

    def wait_until(self, wanted: Callable[[EmulatedScreen], bool], what: str, within: float = WAIT) -> Self:
        """Return when the screen is as wanted. Looks when nothing more comes at the moment."""
        deadline = time.monotonic() + within
        going_on = True
        while True:
            while going_on and time.monotonic() < deadline and self._exchange(0):
                pass
            if wanted(self.screen):
                return self
            assert going_on, f"not seen: {what}{self._end()}\n{self}"
            going_on = self._exchange(max(deadline - time.monotonic(), 0))

    def wait_for_exit(self, within: float = WAIT) -> int:
        """Return the exit code when the program has ended."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0 and self._exchange(left):
            pass
        try:
            return self._process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the program has not ended\n{self}") from None

    def _end(self) -> str:
        if not self._hung_up:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return f"; the program has ended with {self._process.wait(REAPED_WITHIN)}"
        return "; the program has closed the terminal"

    def _exchange(self, within: float) -> bool:
        """Pass on what was typed, show what comes. False if nothing does in these seconds, or will ever."""
        typed = [self._ours] if self._typed else []
        readable, writable, _ = select.select([self._ours], typed, [], within)
        if writable:
            del self._typed[: os.write(self._ours, self._typed)]
        if readable:
            self.screen.feed(self._read())
        return bool(readable or writable) and not self._hung_up

    def _read(self) -> bytes:
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:  # EIO: nobody has the other side open
            data = b""
        self._hung_up = not data
        return data

    # What a user does

    def type(self, text: str) -> Self:
        """Type a text, "\\r" for Enter."""
        self._send(text)
        deadline = time.monotonic() + WAIT
        while self._typed:
            came = self._exchange(max(deadline - time.monotonic(), 0))
            assert came, f"the program does not read{self._end()}\n{self}"
        return self

    def press(self, *keys: str) -> Self:
        """Press keys, by the names of keyboard.sent_for."""
        application = self.screen.wants(Mode.APPLICATION_CURSOR_KEYS)
        return self.type("".join(sent_for(key, application) for key in keys))

    def paste(self, text: str) -> Self:
        """Paste a text, which a terminal marks for programs that asked for it."""
        text = text.replace("\n", "\r")
        return self.type(f"\x1b[200~{text}\x1b[201~" if self.screen.wants(Mode.BRACKETED_PASTE) else text)

    def move(self, column: int, row: int) -> Self:
        """Move the mouse."""
        self._wait_for_mode("the moves of the mouse", Mode.MOUSE_MOVES)
        return self._point(NO_BUTTON_MOVES, column, row)

    def click(self, column: int, row: int) -> Self:
        """Click with the left button."""
        self._wait_for_mode("the mouse", Mode.MOUSE_BUTTONS, Mode.MOUSE_DRAGS, Mode.MOUSE_MOVES)
        if self.screen.wants(Mode.MOUSE_MOVES):
            self._point(NO_BUTTON_MOVES, column, row)
        return self._point(0, column, row)._point(0, column, row, "m")

    def wheel(self, column: int, row: int, notches: int) -> Self:
        """Turn the wheel: down, or up where `notches` is negative."""
        self._wait_for_mode("the mouse", Mode.MOUSE_BUTTONS, Mode.MOUSE_DRAGS, Mode.MOUSE_MOVES)
        for _ in range(abs(notches)):
            self._point(WHEEL_DOWN if notches > 0 else WHEEL_UP, column, row)
        return self

    def focus(self, in_: bool) -> Self:
        """Bring the window to the front, or another one."""
        self._wait_for_mode("the focus", Mode.FOCUS)
        return self.type("\x1b[I" if in_ else "\x1b[O")

    def resize(self, columns: int, rows: int) -> Self:
        """Change the size; the system tells the program by SIGWINCH."""
        self.screen.resize(rows, columns)
        termios.tcsetwinsize(self._ours, (rows, columns))
        return self

    def _wait_for_mode(self, what: str, *modes: Mode) -> None:
        self.wait_until(lambda screen: screen.wants(*modes), f"that the program asks for {what} ({modes[0]})")

    def _point(self, button: int, column: int, row: int, end: str = "M") -> Self:
        """Report the mouse in SGR form, the only one that this terminal has."""
        self._wait_for_mode("coordinates of any size", Mode.MOUSE_SGR)
        return self.type(f"\x1b[<{button};{column + 1};{row + 1}{end}")

    def _send(self, text: str) -> None:
        self._typed += text.encode()


def take_terminal() -> None:
    """Make the standard input the terminal that controls this new session."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
