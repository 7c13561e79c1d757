"""The tests' terminal, with real programs in it."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemons import WAIT
from emulated_screen import Cell, Mode
from terminal import Terminal

SHOWS_INPUT = str(Path(__file__).parent / "support/input_shown.py")
SOON = 0.2  # seconds in which something does not happen
KEYS = [
    *("a", "c-n", "c-c", "c-z", "c-\\", "s-tab", "escape"),
    *("up", "down", "s-up", "c-left", "c-s-right", "home", "end", "pageup", "pagedown", "c-pageup", "s-pageup"),
    *("insert", "delete", "s-delete", "f1", "f4", "f5", "f12", "c-f5"),
]
KEYS_BY_OTHER_NAMES = {  # of prompt_toolkit
    "m-up": ["escape", "up"],
    "m-x": ["escape", "x"],
    "m-enter": ["escape", "c-m"],
    "enter": ["c-m"],
    "tab": ["c-i"],
    "backspace": ["c-h"],
    "c-space": ["c-@"],
    "space": [" "],
}
RAW = "import os, sys, termios, tty; tty.setraw(0); print('ready', flush=True);"


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal whose program shows what reaches it."""
    with Terminal([sys.executable, SHOWS_INPUT], columns=60, rows=44) as terminal:
        yield terminal.wait_for("60x44")


def python(code: str, columns: int = 80, rows: int = 24, term: str = "xterm-256color") -> Terminal:
    return Terminal([sys.executable, "-c", code], columns=columns, rows=rows, term=term)


# What a user does


def test_keys(terminal: Terminal) -> None:
    expected = [*KEYS, *(name for names in KEYS_BY_OTHER_NAMES.values() for name in names)]
    terminal.press(*KEYS, *KEYS_BY_OTHER_NAMES, "!").wait_for("! '!'")
    assert [line.split(" '")[0] for line in terminal.lines[1:] if line] == [*expected, "!"]


def test_a_key_that_no_terminal_has(terminal: Terminal) -> None:
    with pytest.raises(KeyError, match="enterr"):
        terminal.press("enterr")


def test_arrows_follow_the_mode_that_the_program_has_set() -> None:
    with python(f"{RAW} print('\\x1b[?1hset', flush=True); print(repr(os.read(0, 6)))") as terminal:
        terminal.wait_for("set").press("up", "f1").wait_for(repr(b"\x1bOA\x1bOP"))


def test_typed_text(terminal: Terminal) -> None:
    terminal.type("日é\r").wait_for("c-m")
    assert terminal.lines[1:4] == ["日 '日'", "é 'é'", r"c-m '\r'"]


def test_pasted_text_is_marked(terminal: Terminal) -> None:
    terminal.paste("one\ntwo").wait_for(r"<bracketed-paste> 'one\rtwo'")


def test_more_text_than_the_system_keeps() -> None:
    """The program must read; and what it writes meanwhile must be read, too."""
    size = 1 << 18
    code = (
        f"{RAW} left = {size}\nwhile left: left -= len(os.read(0, 999)); os.write(1, b'x' * 999)\nprint('\\nall read')"
    )
    with python(code) as terminal:
        terminal.wait_for("ready").type("y" * size).wait_for("all read")


def test_a_click(terminal: Terminal) -> None:
    terminal.click(3, 2).wait_for("MOUSE_UP")
    assert terminal.lines[1:4] == ["MOUSE_MOVE NONE 3 2", "MOUSE_DOWN LEFT 3 2", "MOUSE_UP LEFT 3 2"]


def test_the_wheel(terminal: Terminal) -> None:
    terminal.wheel(50, 40, -2).wheel(0, 0, 1).wait_for("SCROLL_DOWN NONE 0 0")
    assert terminal.lines[1:3] == ["SCROLL_UP NONE 50 40"] * 2


def test_moves(terminal: Terminal) -> None:
    terminal.move(59, 43).wait_for("MOUSE_MOVE NONE 59 43")


def test_the_focus(terminal: Terminal) -> None:
    terminal.press("c-o").focus(in_=False).focus(in_=True).wait_for("I 'I'")
    assert [line for line in terminal.lines[2:] if line] == [
        *(r"escape '\x1b'", "[ '['", "O 'O'"),
        *(r"escape '\x1b'", "[ '['", "I 'I'"),
    ]


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        (lambda terminal: terminal.click(0, 0), "the mouse"),
        (lambda terminal: terminal.wheel(0, 0, 1), "the mouse"),
        (lambda terminal: terminal.move(0, 0), "the moves of the mouse"),
        (lambda terminal: terminal.focus(in_=False), "the focus"),
    ],
    ids=["click", "wheel", "move", "focus"],
)
def test_what_the_program_has_not_asked_for(act: Callable[[Terminal], object], asked: str) -> None:
    with python("print('no modes')") as terminal, pytest.raises(AssertionError, match=f"asks for {asked} "):
        act(terminal)


def test_the_size_changes(terminal: Terminal) -> None:
    terminal.resize(31, 9).wait_for("31x9")
    assert (terminal.screen.columns, len(terminal.lines)) == (31, 9)


def test_the_terminal_controls_the_program() -> None:
    with python("import time; print('ready', flush=True); time.sleep(60)") as terminal:
        terminal.wait_for("ready").press("c-c").wait_for("KeyboardInterrupt")
        assert terminal.wait_for_exit() == -signal.SIGINT


# What is to be seen


def test_cells_and_the_cursor(terminal: Terminal) -> None:
    assert terminal.cell(0, 0) == Cell("6", fg="00ff00", bg="1c1c1c", bold=True)  # the nearest of 256
    assert terminal.cell(20, 0) == Cell()
    assert terminal.find("|") == (13, 0)
    assert terminal.cell(13, 0) == Cell("|", dim=True)
    assert terminal.cursor == (0, 0)
    with pytest.raises(AssertionError, match="'Luca' is not on the screen"):
        terminal.find("Luca")


def test_the_bell(terminal: Terminal) -> None:
    terminal.press("c-g", "!").wait_for("!")
    assert terminal.rang == 1


def test_the_program_knows_which_terminal_it_has() -> None:
    code = "import os; print(os.environ['TERM'], *os.get_terminal_size(), os.isatty(0), os.getsid(0) == os.getpid())"
    with python(code, 50, 12, "linux") as terminal:
        terminal.wait_for("linux 50 12 True True")


def test_the_screen_after_the_program_is_the_one_before_it(terminal: Terminal) -> None:
    assert terminal.screen.wants(Mode.ALTERNATE_SCREEN)
    assert terminal.press("c-q").wait_for_exit() == 7
    assert terminal.lines[:3] == ["before", "after", ""]
    left_on = [mode for mode in Mode if terminal.screen.wants(mode)]
    assert left_on == []


# Waiting


def test_waiting_ends_with_the_whole_screen() -> None:
    with (
        python("print('here'); input()", 12, 2) as terminal,
        pytest.raises(AssertionError, match=r"'there' on the screen\n\+-{12}\+\n\|here {8}\|\n\| {12}\|\n\+-{12}\+$"),
    ):
        terminal.wait_for("here").wait_for("there", within=SOON)


def test_waiting_ends_with_the_program() -> None:
    with (
        python("print('gone'); raise SystemExit(3)") as terminal,
        pytest.raises(AssertionError, match=r"(?s)has ended with 3\n.*gone"),
    ):
        terminal.wait_for("here")


def test_what_was_written_before_the_end_is_seen() -> None:
    with python("print('\\n' * 5000 + 'last')") as terminal:
        terminal.wait_for("last")
        assert terminal.wait_for_exit() == 0


def test_waiting_for_the_exit_of_a_program_that_stays() -> None:
    with python("input()") as terminal, pytest.raises(AssertionError, match="has not ended"):
        terminal.wait_for_exit(within=SOON)


def test_a_program_that_does_not_read() -> None:
    with (
        python(f"{RAW} os.close(0); os.close(1); os.close(2); os._exit(0)") as terminal,
        pytest.raises(AssertionError, match="the program does not read"),
    ):
        terminal.wait_for("ready").type("y" * (1 << 20))


def test_what_is_left_is_killed() -> None:
    ignores = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]; print('ready', flush=True)"
    with python(f"{ignores}; time.sleep({WAIT})") as terminal:
        terminal.wait_for("ready")
    with pytest.raises(ProcessLookupError):
        os.kill(terminal.pid, 0)
